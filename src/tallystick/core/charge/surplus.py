"""What becomes of a surplus that is carried for so many cycles: settled at a price, or lost.

How many cycles it was carried stands beside it in LEVELS, in a series of its own, so that a cycle
that is priced again counts as it did. Both executors of periods share this file; the worked tables
of docs/algorithms/net-metering.md hold it.
"""

from collections.abc import Mapping
from typing import Final

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.period_price import Target, keeps_surplus

CYCLES_CARRIED: Final = "#cycles"
"""The series of LEVELS that counts cycles since the last settlement; no band has that name."""


def settle_surplus(
    target: Target, *, before: Mapping[str, int], surplus: Mapping[str, int]
) -> tuple[int, dict[str, int]]:
    """What is settled of the surplus by band, and the LEVELS that go over to the next period.

    `before` are the levels as the period begins. Only the part of a period that ends it counts.
    """
    terms = target.period.terms.settlement
    left = {band: level for band, level in surplus.items() if level}
    if terms is None or not keeps_surplus(target.period):
        return 0, left
    count = before.get(CYCLES_CARRIED, 0) + (QUANTITY_SCALE if target.ends else 0)
    if count < terms.cycles * QUANTITY_SCALE:
        return 0, left | ({CYCLES_CARRIED: count} if count else {})
    return sum(left.values()), {}
