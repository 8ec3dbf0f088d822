"""Billing cycles: the periods that a recurring price is charged for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from tallystick.base.period import Period, day_in_month
from tallystick.base.refusal import Refusal


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}
_DAYS = {Every.DAY: 1, Every.WEEK: 7}


@dataclass
class InvalidCycle(Refusal):
    code = "invalid_cycle"
    reason: str = ""

    def sentence(self) -> str:
        return f"this is not a billing cycle: {self.reason}"


@dataclass(frozen=True, slots=True)
class Turned:
    """Cycles began on `bill_day` before; from the first of them that begins on `since`, or after
    it, they do no more.
    """

    since: date
    bill_day: int


@dataclass(frozen=True, slots=True)
class CycleRule:
    """How often a price recurs and where its cycles begin.

    With an `anchor` the cycles are counted from that day (anniversary). Without one they lie on the
    calendar: months, quarters and years are counted from January and begin on the `bill_day`,
    weeks begin on Monday. A bill day that a month does not have falls on that month's last day.
    After the bill day was `turned` a first, shorter cycle leads to the new one.
    """

    every: Every
    count: int = 1
    bill_day: int = 1
    anchor: date | None = None
    turned: Turned | None = None

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InvalidCycle(reason=f"it recurs every {self.count}; write 1 or more")
        if not 1 <= self.bill_day <= 31:
            raise InvalidCycle(reason=f"bill day {self.bill_day} is not within 1 to 31")

    def start(self, number: int) -> date:
        """The first day of that cycle; cycle 0 holds the anchor, or the year 0's January."""
        if self.every in _DAYS:
            first = self.anchor or date(1, 1, 1)  # a Monday
            return first + timedelta(days=number * _DAYS[self.every] * self.count)
        origin = 0 if self.anchor is None else _month_index(self.anchor)
        index = origin + number * _MONTHS[self.every] * self.count
        day = self.bill_day if self.anchor is None else self.anchor.day
        return day_in_month(index // 12, index % 12 + 1, day)

    def number_of(self, day: date) -> int:
        """The number of the cycle which that day belongs to; negative before the anchor."""
        if self.every in _DAYS:
            first = self.anchor or date(1, 1, 1)
            return (day - first).days // (_DAYS[self.every] * self.count)
        origin = 0 if self.anchor is None else _month_index(self.anchor)
        number = (_month_index(day) - origin) // (_MONTHS[self.every] * self.count)
        return number if self.start(number) <= day else number - 1


def turned_of(*, since: date | None, bill_day: int | None) -> Turned | None:
    """How a bill day was turned, as it is kept: both or neither are known."""
    if since is None or bill_day is None:
        return None
    return Turned(since, bill_day)


def monthly(bill_day: int, *, turned: Turned | None = None) -> CycleRule:
    """The monthly cycles of a contract, in which usage is counted."""
    return CycleRule(Every.MONTH, bill_day=bill_day, turned=turned)


def _month_index(day: date) -> int:
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=65_536)
def cycle_of(day: date, *, rule: CycleRule) -> Period:
    """The cycle which that day belongs to."""
    if rule.turned is not None:
        turns_on = _turns_on(rule)
        if day < turns_on:
            return cycle_of(day, rule=_before(rule))
        whole = cycle_of(day, rule=replace(rule, turned=None))
        return Period(max(whole.start, turns_on), whole.end)
    number = rule.number_of(day)
    return Period(rule.start(number), rule.start(number + 1))


def whole_cycle(cycle: Period, *, rule: CycleRule) -> Period:
    """The cycle with the days it lacks when the bill day was turned: what its price is for."""
    if rule.turned is None or cycle.start < _turns_on(rule):
        return cycle
    return cycle_of(cycle.start, rule=replace(rule, turned=None))


def _before(rule: CycleRule) -> CycleRule:
    assert rule.turned is not None
    return replace(rule, bill_day=rule.turned.bill_day, turned=None)


def _turns_on(rule: CycleRule) -> date:
    """The first day of the first cycle by the new bill day: an old cycle ends there."""
    assert rule.turned is not None
    last = cycle_of(rule.turned.since, rule=_before(rule))
    return last.start if last.start == rule.turned.since else last.end


def walk_cycles(*, rule: CycleRule, start: date) -> Iterator[Period]:
    """The cycle that holds the day `start` and all that follow it, without end."""
    cycle = cycle_of(start, rule=rule)
    while True:
        yield cycle
        cycle = cycle_of(cycle.end, rule=rule)


def cycles_between(*, rule: CycleRule, start: date, end: date) -> tuple[Period, ...]:
    """Every whole cycle that has a day in `[start, end)`, in order."""
    found = []
    if start < end:
        for cycle in walk_cycles(rule=rule, start=start):
            if cycle.start >= end:
                break
            found.append(cycle)
    return tuple(found)
