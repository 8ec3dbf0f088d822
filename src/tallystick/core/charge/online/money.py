"""Taking and holding what a session costs, as `core.charge.balance` says who pays."""

from collections.abc import Iterable, Sequence
from datetime import date

from tallystick.core.charge.balance import Bucket, Mode, available, pay
from tallystick.core.charge.online.books import charged_less, charged_more
from tallystick.core.charge.online.price import Priced
from tallystick.core.charge.online.state import AccountState, Session, Taken


def spendable(state: AccountState, *, buckets: Sequence[Bucket], month: date) -> int | None:
    """What may be spent of these money buckets and on credit; None = without limit."""
    owed = sum(state.tab_of(month))
    return available(buckets, mode=state.mode, limit=state.credit_limit, owed=owed)


def release(session: Session, *, state: AccountState, month: date) -> None:
    """Frees all that is held for the session."""
    _hold(session, state=state, month=month, sign=-1)
    session.held = Taken()


def hold(
    session: Session, *, priced: Priced, state: AccountState, buckets: Sequence[Bucket], month: date
) -> None:
    """Holds what the priced usage takes beyond what the session was charged so far."""
    more = max(priced.amount - session.amount, 0)
    money, owed = pay(more, mode=state.mode, buckets=buckets, credit=state.credit)
    taken = session.taken
    for number, amount in priced.buckets.items():
        more = amount - taken.buckets.get(number, 0)
        if more > 0:
            money[number] = money.get(number, 0) + more
    counters = {
        key: more
        for key, amount in priced.counters.items()
        if (more := amount - taken.counters.get(key, 0)) > 0
    }
    session.held = Taken(counters, money, owed)
    _hold(session, state=state, month=month, sign=1)


def hold_again(session: Session, *, held: Taken, state: AccountState, month: date) -> None:
    """Holds what was released before: the report could not be charged."""
    session.held = held
    _hold(session, state=state, month=month, sign=1)


def _hold(session: Session, *, state: AccountState, month: date, sign: int) -> None:
    held = session.held
    for number, amount in held.buckets.items():
        state.buckets[number].reserved += sign * amount
    for key, amount in held.counters.items():
        state.hold(key, sign * amount)
    if held.owed:
        state.tab_of(month)[1] += sign * held.owed


def take(
    session: Session, *, priced: Priced, state: AccountState, buckets: Sequence[Bucket], month: date
) -> dict[int, int]:
    """Charges the session with the priced usage as a whole: what it was charged before counts.

    Gives what each bucket gave more than before; less than 0 is what it got back.
    """
    taken = session.taken
    more = priced.amount - session.amount
    if more >= 0:
        money, owed = pay(more, mode=state.mode, buckets=buckets, credit=state.credit)
    else:
        money, owed = give_back(-more, session=session, order=[b.id for b in buckets], state=state)
    for number in {*priced.buckets, *_quantity_buckets(session, state=state)}:
        money[number] = priced.buckets.get(number, 0) - taken.buckets.get(number, 0)
    given = {number: amount for number, amount in money.items() if amount}
    for number, amount in given.items():
        _move(number, amount, session=session, state=state)
    if priced.counters or taken.counters:
        for key in {*priced.counters, *taken.counters}:
            change = priced.counters.get(key, 0) - taken.counters.get(key, 0)
            if change:
                used = state.counters(key).used
                used[key] = used.get(key, 0) + change
        taken.counters = dict(priced.counters)
    if owed:
        taken.owed += owed
        state.tab_of(month)[0] += owed
    state.charged, state.charged_owed = charged_more(priced.lines, before=session.lines), owed
    session.amount, session.lines = priced.amount, priced.lines
    return given


def give_back(
    amount: int, *, session: Session, order: Iterable[int], state: AccountState
) -> tuple[dict[int, int], int]:
    """The amount (as changes below zero) on what is owed first, then on the buckets it came from.

    The bucket drawn last gets its part back first. What was never taken is a price below zero, and
    is paid as one.
    """
    owed = min(amount, max(session.taken.owed, 0))
    amount -= owed
    parts: dict[int, int] = {}
    ordered = list(order)
    rest = [number for number in session.taken.buckets if number not in ordered]
    for number in reversed([*rest, *ordered]):
        if state.buckets[number].unit == state.currency:
            part = min(amount, session.taken.buckets.get(number, 0))
            if part > 0:
                parts[number] = -part
                amount -= part
    if amount and state.mode is Mode.PREPAID:
        assert state.credit is not None
        parts[state.credit.id] = parts.get(state.credit.id, 0) - amount
        amount = 0
    return parts, -owed - amount


def _quantity_buckets(session: Session, *, state: AccountState) -> list[int]:
    return [n for n in session.taken.buckets if state.buckets[n].unit != state.currency]


def _move(number: int, amount: int, *, session: Session, state: AccountState) -> None:
    state.buckets[number].remaining -= amount
    state.moved[number] = state.moved.get(number, 0) - amount
    session.taken.buckets[number] = session.taken.buckets.get(number, 0) + amount


def refund(session: Session, *, amount: int, state: AccountState, month: date) -> None:
    """Gives back that much of what the session was charged, to where it was taken from."""
    if session.settled:
        # The invoice asks for what was owed already; only the buckets can have theirs back.
        billed, session.taken.owed = session.taken.owed, 0
        parts, _ = give_back(amount, session=session, order=[], state=state)
        session.taken.owed, owed = billed, 0
    else:
        parts, owed = give_back(amount, session=session, order=[], state=state)
    for number, part in parts.items():
        _move(number, part, session=session, state=state)
    session.taken.owed += owed
    state.charged_owed = owed
    state.charged = charged_less(session.lines, refunded=session.refunded, amount=amount)
    session.refunded += amount
    if owed:
        state.tab_of(month)[0] += owed
