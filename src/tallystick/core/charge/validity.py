"""How long a bucket may be drawn from: its cycle, or so long from its first use.

The first use is known by a counter of its own, in the cycle `FIRST_USES`: the seconds since 1970.
What was drawn of such a bucket stands in the cycle `NEVER_RESETS`, for it belongs to no cycle.
"""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from tallystick.base.period import day_in_month, day_start, month_after
from tallystick.core.charge.frames import NEVER_RESETS
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import PlanAllowance

QUANTITY_US = 1_000
"""A microsecond in the counter of first uses."""


def bucket_cycle(allowance: PlanAllowance, *, cycle_start: date) -> date:
    """The cycle that the bucket's counter stands in."""
    return cycle_start if allowance.valid_us is None else NEVER_RESETS


@lru_cache(maxsize=4_096)
def cycle_end_us(start: date, *, zone: ZoneInfo) -> int:
    """When the cycle that begins on that day ends, in microseconds: a month later."""
    following = day_in_month(*month_after(start.year, start.month, 1), start.day)
    return microseconds(day_start(following, zone))
