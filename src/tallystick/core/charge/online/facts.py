"""What is told of an account when a session is charged: what it went past."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from tallystick.core.charge.balance import SHARES
from tallystick.core.charge.facts import Fact, bucket_facts, limit_facts, money_facts
from tallystick.core.charge.online.state import AccountState, Session, SharedCounters
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanOffer


class Limit(NamedTuple):
    """Something that has a limit and is no bucket, and how much of it is used."""

    account_id: int
    of: str
    limit: int
    used: int
    shared: str = ""  # by whom, in which cycle


def limited_by(
    state: AccountState, *, session: Session, offer: PlanOffer | None, month: date
) -> list[Limit]:
    """Where the account and those it shares with stand for the offer of the session."""
    limited = []
    if state.credit_limit:
        owed = state.tab_of(month)[0]
        limited.append(Limit(state.account_id, "credit limit", state.credit_limit, owed))
    for part in offer.allowances if offer else ():
        owner = session.owner_of(part.scope)
        key = (*owner, part.id, session.cycle_start)
        home, shared = state.counters(key), ""
        if isinstance(home, SharedCounters) and part.scope in (Scope.POOL, Scope.ORGANISATION):
            shared = f"{home.name}, cycle of {session.cycle_start}"
        quantity = part.quantity + home.granted.get(key, 0)
        used = home.used.get(key, 0)
        limited.append(Limit(owner[0], f"allowance {part.code}", quantity, used, shared))
    return limited


def crossed(
    state: AccountState, *, before: list[Limit], after: list[Limit], taken: Mapping[int, int]
) -> Iterator[Fact]:
    """The lines between where it stood and where it stands now, given what buckets gave."""
    account, paid = state.account_id, 0
    for number, amount in taken.items():
        bucket = state.buckets[number]
        if bucket.remaining * 100 <= bucket.quantity * (100 - SHARES[0]):
            yield from bucket_facts(account, bucket=bucket, before=bucket.remaining + amount)
        paid += amount if bucket.unit == state.currency else 0
    for was, now in zip(before, after, strict=True):
        if was.used != now.used:
            yield from limit_facts(
                was.account_id, of=was.of, limit=was.limit, before=was.used, after=now.used,
                shared=was.shared,
            )  # fmt: skip
    if paid:
        left = state.money_left()
        if left <= 0 or state.low_balance is not None:
            yield from money_facts(account, low=state.low_balance, before=left + paid, after=left)
