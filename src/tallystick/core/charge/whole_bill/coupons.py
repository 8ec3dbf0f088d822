"""Coupons: off what one bill adds, after its discounts, spread over the lines they apply to."""

from collections.abc import Sequence

from tallystick.base.money import divide_half_up
from tallystick.core.charge.whole_bill.amounts import (
    Adjusts,
    Bill,
    BillAmount,
    Coupon,
    Key,
    sums_of,
)
from tallystick.core.charge.whole_bill.spread import spread

Place = tuple[int, Key]
"""A cycle's position in the bill, and what its amounts are added up by."""


def apply_coupons(bill: Bill) -> Bill:
    """The bill with each coupon taken off what the coupons before it left.

    A percentage is rounded once, to whole coins; what was billed before is not touched.
    """
    new = [
        [one for one in cycle.amounts if one.component and not one.billed] for cycle in bill.cycles
    ]
    left = {(at, key): amount for at, own in enumerate(new) for key, amount in sums_of(own).items()}
    names = {
        (at, one.key): one.label for at, own in enumerate(new) for one in own if not one.adjusts
    }
    added: list[list[BillAmount]] = [[] for _ in bill.cycles]
    for coupon in bill.coupons:
        scope = {place: amount for place, amount in left.items() if _fits(coupon, place, bill)}
        parts = spread(_value(coupon, scope, bill.coin), over=scope, coin=bill.coin)
        for (at, key), amount in parts.items():
            if not amount:
                continue
            left[at, key] -= amount
            label = f"{coupon.label}: {names.get((at, key), '')}".removesuffix(": ")
            purpose = _purpose(coupon, bill.cycles[at].amounts, component=key[0])
            added[at].append(BillAmount(key[0], label, purpose, -amount, key[1], key[2]))
    cycles = tuple(cycle.plus(own) for cycle, own in zip(bill.cycles, added, strict=True))
    return Bill(cycles, bill.coupons, bill.coin)


def _purpose(coupon: Coupon, amounts: Sequence[BillAmount], *, component: int) -> str:
    term = f"{Adjusts.COUPON}:{coupon.ref}"
    before = sum(one.term == term and one.component == component for one in amounts)
    return f"{term}/{before + 1}" if before else term


def _fits(coupon: Coupon, place: Place, bill: Bill) -> bool:
    at, (component, _, _) = place
    own = coupon.contract is None or coupon.contract == bill.cycles[at].contract
    return own and (coupon.covers is None or component in coupon.covers)


def _value(coupon: Coupon, scope: dict[Place, int], coin: int) -> int:
    if coupon.part is None:
        assert coupon.amount is not None
        return coupon.amount
    numerator, denominator = coupon.part
    there = sum(amount for amount in scope.values() if amount > 0)
    if numerator == denominator:
        return there
    return divide_half_up(there * numerator, denominator * coin) * coin
