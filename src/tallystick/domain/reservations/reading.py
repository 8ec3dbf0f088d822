"""What a gathered batch of requests reads, in a few statements over sets, on psycopg alone."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from psycopg import AsyncConnection

from tallystick.base.charging import Answer, ChargeRequest
from tallystick.base.money import AMOUNT_DECIMALS
from tallystick.base.quantity import QUANTITY_DECIMALS
from tallystick.core.charge.lines import RatedLine
from tallystick.core.charge.online.state import (
    AccountState,
    Bucket,
    Mode,
    Served,
    Session,
    SessionState,
    Taken,
)
from tallystick.core.invoice.cycle import CycleRule, Every, cycle_of
from tallystick.core.tariff.nodes import ALWAYS, Filter, Scope
from tallystick.core.tariff.words import read_filter

_SERVED: Final = """
    SELECT w.n, a.account_id, s.contract_id, s.id, s.state, c.cycle_day, p.bill_day,
        o.offer_id, (w.at AT TIME ZONE p.zone)::date, c.pool_id IS NOT NULL,
        p.organisation_id IS NOT NULL OR EXISTS (
            SELECT FROM parties_account u
            WHERE u.tenant_id = p.tenant_id AND u.organisation_id = p.id)
    FROM (
        SELECT n, kind, value, coalesce(at,
            (SELECT rehearsal_at FROM tenants_tenant WHERE id = %s AND clock = 'rehearsal'), %s
        ) AS at
        FROM json_to_recordset(%s) AS g (n integer, kind text, value text, at timestamptz)
    ) w
    JOIN inventory_identifier i
        ON i.tenant_id = %s AND i.kind = w.kind AND i.value = w.value
    JOIN inventory_assignment a ON a.tenant_id = i.tenant_id AND a.identifier_id = i.id
        AND a.valid_from <= w.at AND (a.valid_to IS NULL OR w.at < a.valid_to)
    JOIN contracts_service s ON s.tenant_id = a.tenant_id AND s.id = a.service_id
    JOIN contracts_contract c ON c.tenant_id = s.tenant_id AND c.id = s.contract_id
    JOIN parties_account p ON p.tenant_id = a.tenant_id AND p.id = a.account_id
    LEFT JOIN contracts_contractoffer o ON o.tenant_id = c.tenant_id AND o.contract_id = c.id
        AND o.valid_from <= (w.at AT TIME ZONE p.zone)::date
        AND (o.valid_to IS NULL OR (w.at AT TIME ZONE p.zone)::date < o.valid_to)
"""
_SESSION_ACCOUNTS: Final = """
    SELECT session, account_id FROM reservations_reservation
    WHERE tenant_id = %s AND session = ANY(%s)
"""
_PRESENT: Final = "SELECT clock, rehearsal_at FROM tenants_tenant WHERE id = %s"

_LOCK: Final = """
    SELECT pg_advisory_xact_lock((%s::bigint << 40) | k) FROM unnest(%s::bigint[]) AS k
"""
_TERMS: Final = """
    SELECT account_id, mode, credit_limit, low_balance FROM balances_terms
    WHERE tenant_id = %s AND account_id = ANY(%s::bigint[]) ORDER BY account_id FOR NO KEY UPDATE
"""
_BUCKETS: Final = """
    SELECT account_id, id, contract_id, unit, priority, quantity, remaining, reserved, kinds,
        condition, valid_from, valid_to
    FROM balances_bucket WHERE tenant_id = %s AND account_id = ANY(%s::bigint[])
        AND (remaining <> 0 OR reserved <> 0 OR valid_to IS NULL OR valid_to > %s
            OR id = ANY(%s::bigint[]))
    ORDER BY account_id, id FOR NO KEY UPDATE
"""
_CURRENCIES: Final = """
    SELECT id, currency FROM parties_account WHERE tenant_id = %s AND id = ANY(%s::bigint[])
"""
_COUNTERS: Final = """
    SELECT account_id, contract_id, component_id, cycle_start, used FROM balances_counter
    WHERE tenant_id = %s AND account_id = ANY(%s::bigint[]) AND cycle_start = ANY(%s)
    ORDER BY account_id, contract_id, component_id, cycle_start FOR NO KEY UPDATE
"""
_GRANTS: Final = """
    SELECT account_id, contract_id, component_id, cycle_start, sum(quantity)
    FROM balances_rolledover
    WHERE tenant_id = %s AND account_id = ANY(%s::bigint[]) AND cycle_start = ANY(%s)
    GROUP BY 1, 2, 3, 4
"""
_TABS: Final = """
    SELECT account_id, month, charged, held FROM reservations_tab
    WHERE tenant_id = %s AND account_id = ANY(%s::bigint[])
"""
_SESSIONS: Final = """
    SELECT session, account_id, contract_id, service_id, offer_id, cycle_start, tab_start, kind,
        unit, started_at, called, zone, attributes, opened_at, expires_at, valid_s, state, used,
        granted, amount, refunded, charge_run_id IS NOT NULL, detail, held
    FROM reservations_reservation WHERE tenant_id = %s AND session = ANY(%s)
"""
_HELD: Final = """
    SELECT account_id, held FROM reservations_reservation
    WHERE tenant_id = %s AND account_id = ANY(%s::bigint[]) AND state = 'open'
        AND held NOT LIKE '{"counters": []%%'
"""
_ANSWERS: Final = """
    SELECT key, digest, code, answer FROM reservations_request
    WHERE tenant_id = %s AND key = ANY(%s)
"""
EXPIRED: Final = """
    SELECT session FROM reservations_reservation
    WHERE tenant_id = %s AND state = 'open' AND expires_at <= %s ORDER BY expires_at LIMIT %s
"""


@dataclass(slots=True)
class Loaded:
    """All that the requests of a batch are decided on."""

    now: datetime
    served: dict[int, Served]  # by position in the batch
    accounts: dict[int, AccountState] = field(default_factory=dict)
    homes: dict[str, int] = field(default_factory=dict)  # the account of each session
    answers: dict[str, tuple[str, Answer]] = field(default_factory=dict)


OfferOf = Callable[[int, int, date], int]
"""(contract, offer, day) -> the offer with the contract's own prices."""


async def load_batch(
    connection: AsyncConnection[Any],
    requests: Sequence[ChargeRequest],
    *,
    tenant_id: int,
    at: datetime,
    offer_of: OfferOf,
) -> Loaded:
    """Begins a transaction, locks the accounts that the requests are about, and reads them.

    `at` is the present unless the operator lives by a rehearsal clock.
    """
    named = sorted({r.session or r.key for r in requests if r.session or r.key})
    subjects = [
        {
            "n": n,
            "kind": r.subject_kind,
            "value": r.subject,
            "at": r.at.isoformat() if r.at else None,
        }
        for n, r in enumerate(requests)
        if r.subject
    ]
    async with connection.pipeline() as pipeline:
        await connection.execute("BEGIN")
        await connection.execute(
            "SELECT set_config('tallystick.tenant', %s, true)", [str(tenant_id)], prepare=True
        )
        present = await connection.execute(_PRESENT, [tenant_id], prepare=True)
        who = await connection.execute(
            _SERVED, [tenant_id, at, json.dumps(subjects), tenant_id], prepare=True
        )
        homes = await connection.execute(_SESSION_ACCOUNTS, [tenant_id, named], prepare=True)
        await pipeline.sync()
        clock = await present.fetchone()
        now = clock[1] if clock and clock[0] == "rehearsal" else at
        served = {row[0]: _served(row, offer_of) for row in await who.fetchall()}
        loaded = Loaded(now, served, homes=dict(await homes.fetchall()))
    ids = sorted({one.account_id for one in served.values()} | set(loaded.homes.values()))
    await _load_accounts(connection, loaded, ids=ids, tenant_id=tenant_id, requests=requests)
    return loaded


def _served(row: Sequence[Any], offer_of: OfferOf) -> Served:
    _, account, contract, service, state, cycle_day, bill_day, offer, day, pooled, grouped = row
    shares = {Scope.POOL: pooled, Scope.ORGANISATION: grouped}
    return Served(
        account_id=account,
        contract_id=contract,
        service_id=service,
        service_state=state,
        offer_id=offer_of(contract, offer, day) if offer else 0,
        cycle_start=cycle_of(day, rule=CycleRule(Every.MONTH, bill_day=cycle_day)).start,
        tab_start=cycle_of(day, rule=CycleRule(Every.MONTH, bill_day=bill_day)).start,
        shares=frozenset(scope for scope, does in shares.items() if does),
    )


def _array(ids: Iterable[int]) -> str:
    """The ids as PostgreSQL writes an array; a list would be adapted element by element."""
    return "{" + ",".join(map(str, ids)) + "}"


async def _load_accounts(
    connection: AsyncConnection[Any],
    loaded: Loaded,
    *,
    ids: list[int],
    tenant_id: int,
    requests: Sequence[ChargeRequest],
) -> None:
    of = [tenant_id, _array(ids)]
    cycles = [date(1970, 1, 1), *{one.cycle_start for one in loaded.served.values()}]
    names = sorted(loaded.homes)
    async with connection.pipeline() as pipeline:
        await connection.execute(_LOCK, of, prepare=True)
        sessions: list[Session] = []
        if names:
            rows = await (await connection.execute(_SESSIONS, [tenant_id, names])).fetchall()
            sessions = [_session(row) for row in rows]
            cycles += {session.cycle_start for session in sessions}
        touched = [number for one in sessions for number in one.taken.buckets]
        terms = await connection.execute(_TERMS, of, prepare=True)
        buckets = await connection.execute(
            _BUCKETS, [*of, loaded.now, _array(touched)], prepare=True
        )
        currencies = await connection.execute(_CURRENCIES, of, prepare=True)
        counters = await connection.execute(_COUNTERS, [*of, cycles], prepare=True)
        grants = await connection.execute(_GRANTS, [*of, cycles], prepare=True)
        tabs = await connection.execute(_TABS, of, prepare=True)
        held = await connection.execute(_HELD, of, prepare=True)
        keys = [request.key for request in requests if request.key]
        answers = await connection.execute(_ANSWERS, [tenant_id, keys], prepare=True)
        await pipeline.sync()
        told = {row[0]: row[1:] for row in await terms.fetchall()}
        for account_id, currency in await currencies.fetchall():
            loaded.accounts[account_id] = _account(account_id, currency, told.get(account_id))
        _fill(loaded.accounts, await buckets.fetchall(), await counters.fetchall())
        for account_id, contract, component, cycle, quantity in await grants.fetchall():
            key = (account_id, contract, component, cycle)
            loaded.accounts[account_id].granted[key] = quantity_of(quantity)
        for account_id, month, charged, reserved in await tabs.fetchall():
            loaded.accounts[account_id].tab[month] = [money_of(charged), money_of(reserved)]
        for account_id, text in await held.fetchall():
            state = loaded.accounts[account_id]
            for key, amount in taken_of(text).counters.items():
                state.held[key] = state.held.get(key, 0) + amount
        loaded.answers = {
            key: (digest, Answer(code, text))
            for key, digest, code, text in await answers.fetchall()
        }
    for session in sessions:
        loaded.accounts[session.account_id].sessions[session.key] = session


def _account(account_id: int, currency: str, terms: Sequence[Any] | None) -> AccountState:
    mode, limit, low = terms or (Mode.POSTPAID, None, None)
    credit = None if limit is None else money_of(limit)
    if mode != Mode.PREPAID and not credit:
        credit = None  # an invoice without a limit
    return AccountState(
        account_id, currency, Mode(mode), credit, None if low is None else money_of(low)
    )


def _fill(
    accounts: dict[int, AccountState], buckets: Iterable[Any], counters: Iterable[Any]
) -> None:
    for row in buckets:
        account, number, contract, unit, priority, quantity, remaining, reserved = row[:8]
        kinds, condition, valid_from, valid_to = row[8:]
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
        )
    for account, contract, component, cycle, used in counters:
        accounts[account].used[account, contract, component, cycle] = quantity_of(used)


@lru_cache(maxsize=4_096)
def _filter(condition: str) -> Filter:
    return read_filter(condition)


_HEAD: Final = (
    "key", "account_id", "contract_id", "service_id", "offer_id", "cycle_start", "tab_start",
    "kind", "unit", "started_at", "called", "zone", "attributes", "opened_at", "expires_at",
    "valid_s",
)  # fmt: skip


def _session(row: Sequence[Any]) -> Session:
    head: dict[str, Any] = dict(zip(_HEAD, row, strict=False))
    state, used, granted, amount, refunded, settled, detail, held = row[len(_HEAD) :]
    record = json.loads(detail)
    return Session(
        **head,
        state=SessionState(state),
        used=quantity_of(used),
        granted=quantity_of(granted),
        amount=money_of(amount),
        refunded=money_of(refunded),
        settled=settled,
        stored=True,
        lines=[(version, _line(values)) for version, *values in record["lines"]],
        taken=_taken(record),
        held=taken_of(held),
    )


def _line(values: list[Any]) -> RatedLine:
    values[5] = date.fromisoformat(values[5])
    return RatedLine(*values)


def taken_of(text: str | None) -> Taken:
    """What is held, as it was stored."""
    return _taken(json.loads(text)) if text else Taken()


def _taken(stored: dict[str, Any]) -> Taken:
    return Taken(
        {
            (account, contract, component, date.fromisoformat(cycle)): amount
            for account, contract, component, cycle, amount in stored["counters"]
        },
        {int(number): amount for number, amount in stored["buckets"].items()},
        stored["owed"],
    )


def money_of(amount: Decimal) -> int:
    return int(amount.scaleb(AMOUNT_DECIMALS))


def quantity_of(quantity: Decimal) -> int:
    return int(quantity.scaleb(QUANTITY_DECIMALS))
