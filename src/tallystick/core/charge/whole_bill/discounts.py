"""Line discounts: what each leaves is what the next is taken off."""

from tallystick.base.money import divide_half_up
from tallystick.core.charge.whole_bill.amounts import (
    Adjusts,
    Bill,
    BillAmount,
    BillCycle,
    DueDiscount,
    Key,
    owed_minus_billed,
    sums_of,
)
from tallystick.core.charge.whole_bill.spread import spread


def apply_discounts(bill: Bill) -> Bill:
    """The bill with its discounts, in their order, a line for each component.

    A percentage is of what a component costs in the cycle, charges and credits together, so that
    what is given back carries its discount back. A sum goes over what is above zero.
    """
    cycles = tuple(cycle.plus(_discounts(cycle, bill.coin)) for cycle in bill.cycles)
    return Bill(cycles, bill.coupons, bill.coin)


def _discounts(cycle: BillCycle, coin: int) -> list[BillAmount]:
    regular = [one for one in cycle.amounts if one.component and not one.adjusts]
    left = sums_of(regular)
    names = {one.key: one.label for one in regular}
    lines: list[BillAmount] = []
    for discount in cycle.discounts:
        off = _off(discount, left, coin)
        for key, amount in off.items():
            left[key] -= amount
        lines += owed_minus_billed(
            cycle,
            owed={key: -amount for key, amount in off.items()},
            term=f"{Adjusts.DISCOUNT}:{discount.ref}",
            labels={key: f"{discount.label}: {names[key]}" for key in off},
        )
    return lines


def _off(discount: DueDiscount, left: dict[Key, int], coin: int) -> dict[Key, int]:
    scope = {
        key: amount
        for key, amount in left.items()
        if discount.covers is None or key[0] in discount.covers
    }
    if discount.part is None:
        assert discount.amount is not None
        return spread(discount.amount, over=scope, coin=coin)
    numerator, denominator = discount.part
    return {key: divide_half_up(amount * numerator, denominator) for key, amount in scope.items()}
