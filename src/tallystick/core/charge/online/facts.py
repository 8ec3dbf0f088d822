"""Where an account stands before and after a session is charged, and what is told of it."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from tallystick.core.charge.facts import Fact, bucket_facts, limit_facts, money_facts
from tallystick.core.charge.online.state import AccountState, Session
from tallystick.core.charge.validity import bucket_cycle
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanOffer


class Levels(NamedTuple):
    """(name, limit, used) of what has a limit, what remains in each bucket, and the money."""

    limited: tuple[tuple[str, int, int], ...]
    remaining: dict[int, int]
    money: int


def levels_of(
    state: AccountState, *, session: Session, offer: PlanOffer | None, month: date
) -> Levels:
    """Where the account stands for the offer of the session."""
    limited = []
    if state.credit_limit:
        limited.append(("credit limit", state.credit_limit, state.tab_of(month)[0]))
    for part in offer.allowances if offer else ():
        contract = 0 if part.scope is Scope.ACCOUNT else session.contract_id
        cycle = bucket_cycle(part, cycle_start=session.cycle_start)
        key = (session.account_id, contract, part.id, cycle)
        quantity = part.quantity + state.granted.get(key, 0)
        limited.append((f"allowance {part.code}", quantity, state.used.get(key, 0)))
    remaining = {number: bucket.remaining for number, bucket in state.buckets.items()}
    return Levels(tuple(limited), remaining, state.money_left())


def crossed(state: AccountState, *, before: Levels, after: Levels) -> Iterator[Fact]:
    """The lines between where it stood and where it stands now."""
    account = state.account_id
    for number, stood in before.remaining.items():
        if stood != after.remaining[number]:
            yield from bucket_facts(account, bucket=state.buckets[number], before=stood)
    for (name, limit, was), (_, _, now) in zip(before.limited, after.limited, strict=True):
        yield from limit_facts(account, of=name, limit=limit, before=was, after=now)
    yield from money_facts(account, low=state.low_balance, before=before.money, after=after.money)
