"""Facts that others act on: a balance that ran low, an allowance that is used up."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tallystick.core.charge.online.state import AccountState, Session
from tallystick.core.tariff.nodes import Scope
from tallystick.core.tariff.plan import PlanOffer

PERCENTS = (80, 100)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line that was crossed; `of` names what, `percent` is None for the low balance."""

    account_id: int
    action: str  # threshold, low_balance, balance_used_up
    of: str
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """Where an account stands: (name, limit, used) of what has a limit, and its money."""

    limited: tuple[tuple[str, int, int], ...]
    money: int | None


def levels_of(
    state: AccountState, *, session: Session, offer: PlanOffer | None, month: date
) -> Levels:
    """Where the account stands for the offer of the session."""
    limited = [
        (f"bucket {bucket.id}", bucket.quantity, bucket.quantity - bucket.remaining)
        for bucket in state.buckets.values()
        if bucket.unit != state.currency
    ]
    if state.credit_limit:
        limited.append(("credit limit", state.credit_limit, state.tab_of(month)[0]))
    for part in offer.allowances if offer else ():
        contract = 0 if part.scope is Scope.ACCOUNT else session.contract_id
        key = (session.account_id, contract, part.id, session.cycle_start)
        quantity = part.quantity + state.granted.get(key, 0)
        limited.append((f"allowance {part.code}", quantity, state.used.get(key, 0)))
    money = [b.remaining for b in state.buckets.values() if b.unit == state.currency]
    return Levels(tuple(limited), sum(money) if money else None)


def crossed(state: AccountState, *, before: Levels, after: Levels) -> Iterator[Fact]:
    """The lines between where it stood and where it stands now."""
    for (name, limit, was), (_, _, now) in zip(before.limited, after.limited, strict=True):
        for percent in PERCENTS:
            if was * 100 < limit * percent <= now * 100:
                yield Fact(state.account_id, "threshold", name, percent)
    if before.money is None or after.money is None:
        return
    low = state.low_balance
    if low is not None and after.money < low <= before.money:
        yield Fact(state.account_id, "low_balance", "balance")
    if after.money <= 0 < before.money:
        yield Fact(state.account_id, "balance_used_up", "balance")
