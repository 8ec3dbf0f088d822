"""What is told of an account when a session is charged: what it went past."""

from collections.abc import Iterator, Mapping
from datetime import date

from tallystick.core.charge.balance import SHARES
from tallystick.core.charge.facts import Fact, bucket_facts, limit_facts, money_facts
from tallystick.core.charge.online.state import AccountState, Session
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanOffer

Limited = list[tuple[str, int, int]]
"""(name, limit, used) of what has a limit and is no bucket."""


def limited_by(
    state: AccountState, *, session: Session, offer: PlanOffer | None, month: date
) -> Limited:
    """Where the account stands for the offer of the session."""
    limited = []
    if state.credit_limit:
        limited.append(("credit limit", state.credit_limit, state.tab_of(month)[0]))
    for part in offer.allowances if offer else ():
        contract = 0 if part.scope is Scope.ACCOUNT else session.contract_id
        key = (session.account_id, contract, part.id, session.cycle_start)
        quantity = part.quantity + state.granted.get(key, 0)
        limited.append((f"allowance {part.code}", quantity, state.used.get(key, 0)))
    return limited


def crossed(
    state: AccountState, *, before: Limited, after: Limited, taken: Mapping[int, int]
) -> Iterator[Fact]:
    """The lines between where it stood and where it stands now, given what buckets gave."""
    account, paid = state.account_id, 0
    for number, amount in taken.items():
        bucket = state.buckets[number]
        if bucket.remaining * 100 <= bucket.quantity * (100 - SHARES[0]):
            yield from bucket_facts(account, bucket=bucket, before=bucket.remaining + amount)
        paid += amount if bucket.unit == state.currency else 0
    for (name, limit, was), (_, _, now) in zip(before, after, strict=True):
        if was != now:
            yield from limit_facts(account, of=name, limit=limit, before=was, after=now)
    if paid:
        left = state.money_left()
        if left <= 0 or state.low_balance is not None:
            yield from money_facts(account, low=state.low_balance, before=left + paid, after=left)
