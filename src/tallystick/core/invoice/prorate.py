"""Proration: which part of a period is charged, and what comes back when it is not served.

Parts are exact fractions; a line's amount is rounded once, at 12 decimals, like any rated line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

from tallystick.base.money import AMOUNT_DECIMALS, AMOUNT_SCALE, EXACT, divide_half_up
from tallystick.base.period import Period
from tallystick.base.refusal import Refusal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Basis(StrEnum):
    """How a part of a period is measured."""

    ACTUAL_DAYS = "actual_days"  # calendar days; a daylight-saving day is one day
    FIXED_30 = "fixed_30"  # every month has 30 days (30E/360); weeks and days keep actual days
    SECONDS = "seconds"  # real elapsed seconds in the account's zone


class Change(StrEnum):
    """What happened to a contract inside a period."""

    START = "start"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"
    QUANTITY = "quantity"
    PAUSE = "pause"
    END = "end"
    TRIAL = "trial"  # the price of a trial gives way to the regular one


class Policy(StrEnum):
    """What a change inside a period does to that period's charge."""

    PRORATE = "prorate"
    FULL = "full"
    NONE = "none"
    NEXT_PERIOD = "next_period"


@dataclass
class PartOutsidePeriod(Refusal):
    code = "part_outside_period"
    served: str = ""
    full: str = ""

    def sentence(self) -> str:
        return f"the days served ({self.served}) must lie within their period ({self.full})"


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of an offer for each kind of change; what is not named is prorated."""

    named: Mapping[Change, Policy] = field(default_factory=dict)

    def of(self, change: Change) -> Policy:
        return self.named.get(change, Policy.PRORATE)


PRORATE_ALL: Final = Policies()


def served_part(
    *, served: Period, full: Period, basis: Basis, zone: ZoneInfo | None = None
) -> Fraction:
    """The part of the full period that its served days are, exactly; the parts of a split add to 1.

    `zone` is needed for `seconds` only.

    :raises PartOutsidePeriod: when a served day is not in the period
    """
    if served == full:
        return Fraction(1)
    if served.start < full.start or served.end > full.end:
        raise PartOutsidePeriod(served=_written(served), full=_written(full))
    if basis is Basis.SECONDS:
        assert zone is not None, "seconds are counted in a zone"
        return part_of_instants(served=served.instants(zone), full=full.instants(zone))
    if basis is Basis.FIXED_30 and full.days >= 28:
        return Fraction(
            _day_360(served.end) - _day_360(served.start), _day_360(full.end) - _day_360(full.start)
        )
    return Fraction(served.days, full.days)


def part_of_instants(
    *, served: tuple[datetime, datetime], full: tuple[datetime, datetime]
) -> Fraction:
    """The part of the full period's elapsed time that lies between the served instants.

    :raises PartOutsidePeriod: when they do not lie within the period
    """
    start, end = (_microseconds(instant) for instant in full)
    served_from, served_until = (_microseconds(instant) for instant in served)
    if not start <= served_from <= served_until <= end:
        raise PartOutsidePeriod(
            served=f"{served[0].isoformat()} to {served[1].isoformat()}",
            full=f"{full[0].isoformat()} to {full[1].isoformat()}",
        )
    return Fraction(served_until - served_from, end - start)


def effective_day(*, change: Change, day: date, policy: Policy, cycle: Period) -> date:
    """The day from which a change inside the cycle counts for its charge.

    A change on the first day of a cycle splits nothing, so its policy has nothing to say. For an
    end, `day` is the first day that is no longer served.
    """
    if day == cycle.start or policy is Policy.PRORATE:
        return day
    if change is Change.END:
        return cycle.start if policy is Policy.NONE else cycle.end
    return cycle.start if policy is Policy.FULL else cycle.end


def effective_pause(*, pause: Period, policy: Policy, cycle: Period) -> Period | None:
    """The days of the cycle that a pause frees from charge, or None.

    `full` charges paused days all the same, `none` charges nothing for a cycle with a paused day,
    `next_period` lets a pause free days from the first cycle that begins after it.
    """
    days = pause.overlap(cycle)
    if days is None or policy is Policy.FULL:
        return None
    if policy is Policy.NONE:
        return cycle
    if policy is Policy.NEXT_PERIOD and pause.start > cycle.start:
        return None
    return days


def prorate_amount(amount: Decimal, *, part: Fraction) -> Decimal:
    """That part of the amount, rounded half-up once at 12 decimals."""
    top, bottom = amount.as_integer_ratio()
    scaled = divide_half_up(top * part.numerator * AMOUNT_SCALE, bottom * part.denominator)
    return EXACT.scaleb(Decimal(scaled), -AMOUNT_DECIMALS)


def credit_unserved(
    *, billed: Decimal, part: Fraction, paid: Decimal, consumed: Decimal = Decimal(0)
) -> Decimal:
    """What comes back of a charge billed in advance, at 12 decimals, of the opposite sign.

    `part` of what was `billed` is not served. Never more comes back than was `paid` for it (after
    discounts and earlier credits) less the worth of what was `consumed` of it up front. A negative
    charge, such as a recurring discount, is taken back in the same way.
    """
    owed_back = prorate_amount(billed, part=part).copy_abs()
    ceiling = max(EXACT.subtract(paid.copy_abs(), consumed), Decimal(0))
    back = min(owed_back, ceiling)
    return back if billed < 0 else EXACT.minus(back)


def _day_360(day: date) -> int:
    return day.year * 360 + day.month * 30 + min(day.day, 30)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _written(period: Period) -> str:
    return f"{period.start} until {period.end}"
