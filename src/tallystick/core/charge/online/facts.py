"""What is told of an account when a session is charged: what it went past."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tallystick.core.charge.balance import SHARES
from tallystick.core.charge.facts import Allowed, Fact, bucket_facts, limit_facts, money_facts
from tallystick.core.charge.online.state import AccountState, Session, SharedCounters
from tallystick.core.charge.validity import bucket_cycle
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanOffer


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is used of what has a limit and is no bucket."""

    owed: int  # on the invoice of the session's month
    allowed: tuple[Allowed, ...]


def limited_by(
    state: AccountState, *, session: Session, offer: PlanOffer | None, month: date
) -> Limits:
    """Where the account and those it shares with stand for the offer of the session."""
    allowed = []
    for part in offer.allowances if offer else ():
        owner = session.owner_of(part.scope)
        cycle = bucket_cycle(part, cycle_start=session.cycle_start)
        key = (*owner, part.id, cycle)
        home, shared = state.counters(key), ""
        if part.scope is Scope.ORGANISATION:
            shared = "organisation"
        elif owner[1] < 0 and isinstance(home, SharedCounters):
            shared = home.name
        quantity = part.quantity + home.granted.get(key, 0)
        used = home.used.get(key, 0)
        allowed.append(Allowed(owner, part.code, cycle, quantity, used, shared))
    return Limits(state.tab_of(month)[0] if state.credit_limit else 0, tuple(allowed))


def crossed(
    state: AccountState, *, before: Limits, after: Limits, taken: Mapping[int, int]
) -> Iterator[Fact]:
    """The lines between where it stood and where it stands now, given what buckets gave."""
    account, paid = state.account_id, 0
    for number, amount in taken.items():
        bucket = state.buckets[number]
        if bucket.remaining * 100 <= bucket.quantity * (100 - SHARES[0]):
            yield from bucket_facts(account, bucket=bucket, before=bucket.remaining + amount)
        paid += amount if bucket.unit == state.currency else 0
    if state.credit_limit and before.owed != after.owed:
        yield from limit_facts(
            account, of="credit limit", limit=state.credit_limit, before=before.owed,
            after=after.owed,
        )  # fmt: skip
    for was, now in zip(before.allowed, after.allowed, strict=True):
        if was.used != now.used:
            yield from now.facts(before=was.used)
    if paid:
        left = state.money_left()
        if left <= 0 or state.low_balance is not None:
            yield from money_facts(account, low=state.low_balance, before=left + paid, after=left)
