"""The least and the most that a cycle costs, after everything else."""

from tallystick.base.money import divide_half_up
from tallystick.core.charge.whole_bill.amounts import (
    Adjusts,
    Bill,
    BillAmount,
    BillCycle,
    days_in,
    owed_minus_billed,
    sums_of,
)
from tallystick.core.charge.whole_bill.spread import spread


def keep_within_limits(bill: Bill) -> Bill:
    """The bill with cycles lifted to their least once they are over, and held at their most.

    The least is for the days served of all days of the cycle; the most is whole.
    """
    cycles = tuple(cycle.plus(_limits(cycle, bill.coin)) for cycle in bill.cycles)
    return Bill(cycles, bill.coupons, bill.coin)


def _limits(cycle: BillCycle, coin: int) -> list[BillAmount]:
    limit = cycle.limit
    if limit is None:
        return []
    own = [one for one in cycle.amounts if one.term not in (Adjusts.MINIMUM, Adjusts.CAP)]
    costs = sums_of(own)
    total = sum(costs.values())
    lines: list[BillAmount] = []
    if limit.at_least is not None and cycle.over:
        full = (cycle.end - cycle.start).days
        least = divide_half_up(limit.at_least * days_in(cycle.served), full)
        key = (0, limit.tax_category, limit.revenue_account)
        owed = {key: max(least - total, 0)}
        told = {key: "Minimum of the month"}
        lines += owed_minus_billed(cycle, owed=owed, term=Adjusts.MINIMUM, labels=told)
        costs[key] = costs.get(key, 0) + owed[key]
        total += owed[key]
    if limit.at_most is not None:
        over = max(total - limit.at_most, 0)
        off = spread(over, over=costs, coin=1) if over else {}
        names = {one.key: f": {one.label}" for one in own if not one.adjusts}
        told = {key: f"Above the most of the month{names.get(key, '')}" for key in off}
        owed = {key: -amount for key, amount in off.items()}
        lines += owed_minus_billed(cycle, owed=owed, term=Adjusts.CAP, labels=told)
    return lines
