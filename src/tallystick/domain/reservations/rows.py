"""Rows as PostgreSQL gives them -> what decisions look at: buckets, sessions, what they took."""

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Final

from tallystick.base.money import AMOUNT_DECIMALS
from tallystick.base.quantity import QUANTITY_DECIMALS
from tallystick.core.charge.balance import Bucket
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.online.state import AccountState, Session, SessionState, Taken
from tallystick.core.tariff.nodes import ALWAYS, Filter
from tallystick.core.tariff.words import read_filter
from tallystick.domain.reservations.link import Row


def fill_buckets(accounts: dict[int, AccountState], buckets: Iterable[Row]) -> None:
    """Puts buckets where they belong; of an account that was guessed in vain none is kept."""
    for row in buckets:
        account, number, contract, unit, priority, quantity, remaining, reserved = row[:8]
        kinds, condition, valid_from, valid_to, on_credit = row[8:]
        if account in accounts:
            accounts[account].buckets[number] = Bucket(
                number,
                contract,
                unit,
                priority,
                money_of(quantity),
                money_of(remaining),
                money_of(reserved),
                None if kinds is None else frozenset(kinds),
                _filter(condition) if condition else ALWAYS,
                valid_from,
                valid_to,
                on_credit,
            )


@lru_cache(maxsize=4_096)
def _filter(condition: str) -> Filter:
    return read_filter(condition)


_HEAD: Final = (
    "key", "account_id", "contract_id", "service_id", "offer_id", "cycle_start", "tab_start",
    "kind", "unit", "started_at", "called", "zone", "attributes", "opened_at", "expires_at",
    "valid_s", "organisation_id", "pool_id",
)  # fmt: skip


def session_of(row: Row) -> Session:
    """A session as it was stored."""
    head: dict[str, Any] = dict(zip(_HEAD, row, strict=False))
    state, used, granted, amount, refunded, settled, digest, *texts, _ = row[len(_HEAD) :]
    detail, held = texts
    record = json.loads(detail)
    return Session(
        **head,
        state=SessionState(state),
        used=quantity_of(used),
        granted=quantity_of(granted),
        amount=money_of(amount),
        refunded=money_of(refunded),
        settled=settled,
        digest=digest,
        stored=True,
        lines=[(version, _line(values)) for version, *values in record["lines"]],
        taken=taken_of(record),
        held=taken_of(json.loads(held)) if held else Taken(),
    )


def _line(values: list[Any]) -> RatedLine:
    values[5] = date.fromisoformat(values[5])
    return RatedLine(*values)


def taken_of(stored: dict[str, Any]) -> Taken:
    """What is taken or held, as it was stored."""
    return Taken(
        {
            (account, contract, component, date.fromisoformat(cycle)): amount
            for account, contract, component, cycle, amount in stored["counters"]
        },
        {int(number): amount for number, amount in stored["buckets"].items()},
        stored["owed"],
    )


def money_of(amount: str) -> int:
    """A numeric of twelve decimals, as PostgreSQL writes it, in 1e-12."""
    assert amount[-1 - AMOUNT_DECIMALS] == "."
    return int(amount.replace(".", ""))


def quantity_of(quantity: str) -> int:
    """A numeric of nine decimals, as PostgreSQL writes it, in 1e-9."""
    assert quantity[-1 - QUANTITY_DECIMALS] == "."
    return int(quantity.replace(".", ""))
