"""Commitments: what was promised is paid, used or not; what they cover is paid by them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tallystick.base.money import divide_half_up
from tallystick.base.period import day_start
from tallystick.core.charge.whole_bill.amounts import (
    Adjusts,
    Bill,
    BillAmount,
    BillCycle,
    DueCommitment,
    Key,
    Use,
    days_in,
    owed_minus_billed,
    sums_of,
)
from tallystick.core.charge.whole_bill.spread import spread
from tallystick.core.tariff.bill_terms import Window
from tallystick.core.tariff.calendars import EPOCH, microseconds

HOUR_US: Final = 3_600_000_000
SECOND: Final = 1_000  # a microsecond of a quantity in 1e-9 s


@dataclass(slots=True)
class Piece:
    """What is left, after earlier commitments, of a component's usage in one hour.

    Without commitments by the hour or the day the whole cycle is one piece, of hour 0.
    """

    key: Key
    hour: int  # its first instant in microseconds
    day: int  # the first instant of its local day
    quantity: int
    amount: int


def settle_commitments(bill: Bill) -> Bill:
    """The bill with the commitments of the cycles that are over, in their order.

    What one commitment covers is not there for the next.
    """
    cycles = tuple(cycle.plus(_settle(cycle)) for cycle in bill.cycles)
    return Bill(cycles, bill.coupons, bill.coin)


def _settle(cycle: BillCycle) -> list[BillAmount]:
    if not cycle.over or not cycle.commitments:
        return []
    pieces = list(_pieces(cycle))
    names = {one.key: one.label for one in cycle.amounts if not one.adjusts}
    lines: list[BillAmount] = []
    for commitment in cycle.commitments:
        pay, count = _pay(commitment, cycle)
        own = [piece for piece in pieces if count and _fits(piece, commitment, cycle)]
        covered: dict[Key, int] = {}
        left_to_pay = pay * (count - len({_window(p, commitment) for p in own}))
        for window in _by_window(own, commitment):
            if commitment.quantity is None:
                off, unpaid = _spend(pay, window, commitment)
            else:
                off, unpaid = _draw(_bought(commitment, cycle), window), pay
            left_to_pay += unpaid
            for key, amount in off.items():
                covered[key] = covered.get(key, 0) + amount
        lines += owed_minus_billed(
            cycle,
            owed={key: -amount for key, amount in covered.items()},
            term=f"{Adjusts.COVERED}:{commitment.ref}",
            labels={key: f"{commitment.label}: {names[key]}" for key in covered},
        )
        key = (0, commitment.tax_category, commitment.revenue_account)
        kind = Adjusts.TRUE_UP if commitment.quantity is None else Adjusts.COMMITMENT
        lines += owed_minus_billed(
            cycle,
            owed={key: left_to_pay},
            term=f"{kind}:{commitment.ref}",
            labels={key: commitment.label},
        )
    return lines


def _fits(piece: Piece, commitment: DueCommitment, cycle: BillCycle) -> bool:
    """Whether the commitment covers the component, and runs in that hour if it is by the hour."""
    if piece.key[0] not in commitment.covers:
        return False
    return commitment.window is Window.CYCLE or any(
        first <= piece.hour < last for first, last in _instants(commitment, cycle)
    )


def _instants(commitment: DueCommitment, cycle: BillCycle) -> list[tuple[int, int]]:
    return [
        (microseconds(day_start(first, cycle.zone)), microseconds(day_start(last, cycle.zone)))
        for first, last in commitment.served
    ]


def _pieces(cycle: BillCycle) -> Iterator[Piece]:
    """What each component costs after discounts and coupons, by hour where hours are asked for."""
    priced = [one for one in cycle.amounts if one.component and _is_cost(one)]
    quantities: dict[Key, int] = {}
    for one in priced:
        quantities[one.key] = quantities.get(one.key, 0) + one.quantity
    hourly = {
        component
        for commitment in cycle.commitments
        if commitment.window is not Window.CYCLE
        for component in commitment.covers
    }
    for key, amount in sums_of(priced).items():
        if key[0] not in hourly:
            yield Piece(key, 0, 0, quantities[key], amount)
            continue
        uses = [use for use in cycle.uses if use.component == key[0]]
        yield from _share(key, amount, [part for use in uses for part in _by_hour(use, cycle)])


def _is_cost(one: BillAmount) -> bool:
    kind = one.term.partition(":")[0]
    return not one.adjusts or kind in (Adjusts.DISCOUNT, Adjusts.COUPON)


def _share(key: Key, amount: int, parts: Sequence[tuple[int, int, int, int]]) -> Iterator[Piece]:
    """The component's amount over its hours as its usage cost there; rounded along the sum."""
    whole = sum(cost for *_, cost in parts)
    before = cost_before = 0
    for hour, day, quantity, cost in sorted(parts):
        cost_before += cost
        after = divide_half_up(amount * cost_before, whole) if whole > 0 else 0
        yield Piece(key, hour, day, quantity, after - before)
        before = after


def _by_hour(use: Use, cycle: BillCycle) -> Iterator[tuple[int, int, int, int]]:
    """(hour, day, quantity, cost) of a usage: seconds lie in the clock hours they last."""
    end_us = use.started_us + (use.quantity // SECOND if use.duration else 0)
    at, quantity, cost = use.started_us, 0, 0
    while True:
        local = (EPOCH + timedelta(microseconds=at)).astimezone(cycle.zone)
        offset = local.utcoffset()
        assert offset is not None
        hour = at - (at + offset // timedelta(microseconds=1)) % HOUR_US
        day = microseconds(day_start(local.date(), cycle.zone))
        next_at = min(hour + HOUR_US, end_us)
        last = next_at >= end_us
        done = use.quantity if last else (next_at - use.started_us) * SECOND
        spent = divide_half_up(use.amount * done, use.quantity) if use.quantity else use.amount
        yield hour, day, done - quantity, spent - cost
        if last:
            return
        at, quantity, cost = next_at, done, spent


def _pay(commitment: DueCommitment, cycle: BillCycle) -> tuple[int, int]:
    """What is due for one window, and how many windows of the cycle there are."""
    days = days_in(commitment.served)
    match commitment.window:
        case Window.DAY:
            return commitment.pay, days
        case Window.HOUR:
            spans = _instants(commitment, cycle)
            return commitment.pay, sum(last - first for first, last in spans) // HOUR_US
    if commitment.whole or not days:
        return commitment.pay, 1 if days else 0
    return divide_half_up(commitment.pay * days, (cycle.end - cycle.start).days), 1


def _bought(commitment: DueCommitment, cycle: BillCycle) -> int:
    """What one window buys: of a month served in part, that part."""
    assert commitment.quantity is not None
    if commitment.window is not Window.CYCLE or commitment.whole:
        return commitment.quantity
    days = days_in(commitment.served)
    return divide_half_up(commitment.quantity * days, (cycle.end - cycle.start).days)


def _window(piece: Piece, commitment: DueCommitment) -> int:
    match commitment.window:
        case Window.DAY:
            return piece.day
        case Window.HOUR:
            return piece.hour
    return 0


def _by_window(pieces: Sequence[Piece], commitment: DueCommitment) -> list[list[Piece]]:
    windows: dict[int, list[Piece]] = {}
    for piece in pieces:
        windows.setdefault(_window(piece, commitment), []).append(piece)
    return [windows[at] for at in sorted(windows)]


def _spend(
    pay: int, window: Sequence[Piece], commitment: DueCommitment
) -> tuple[dict[Key, int], int]:
    """(what comes off by key, what is left to pay): at the discount until the money is spent."""
    there = {at: piece.amount for at, piece in enumerate(window) if piece.amount > 0}
    cost = sum(there.values())
    numerator, denominator = commitment.part
    discounted = cost - divide_half_up(cost * numerator, denominator)
    if discounted <= pay:
        taken, off, unpaid = cost, cost - discounted, pay - discounted
    else:
        taken = divide_half_up(pay * denominator, denominator - numerator)
        off, unpaid = taken - pay, 0
    for at, amount in spread(taken, over=there, coin=1).items():
        window[at].amount -= amount
    by_key: dict[Key, int] = {}
    for at, amount in spread(off, over=there, coin=1).items():
        by_key[window[at].key] = by_key.get(window[at].key, 0) + amount
    return by_key, unpaid


def _draw(bought: int, window: Sequence[Piece]) -> dict[Key, int]:
    """What comes off for the quantity bought, from the first usage on."""
    off: dict[Key, int] = {}
    for piece in window:
        quantity = min(bought, piece.quantity)
        if quantity <= 0:
            continue
        amount = divide_half_up(piece.amount * quantity, piece.quantity)
        off[piece.key] = off.get(piece.key, 0) + amount
        piece.quantity -= quantity
        piece.amount -= amount
        bought -= quantity
    return off
