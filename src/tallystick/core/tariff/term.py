"""For how long a contract is agreed: trials, minimum terms, and what leaving early costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tallystick.base.period import day_in_month, month_after


@dataclass(frozen=True, slots=True)
class Span:
    """So many months, or so many days."""

    months: int = 0
    days: int = 0

    def after(self, day: date, *, times: int = 1) -> date:
        """The day that comes so many spans after that day; a short month's last day stands in."""
        year, month = month_after(day.year, day.month, self.months * times)
        return day_in_month(year, month, day.day) + timedelta(days=self.days * times)


@dataclass(frozen=True, slots=True)
class Trial:
    """A recurring price at first: this `price` for a span from the contract's first day."""

    price: Decimal
    span: Span


@dataclass(frozen=True, slots=True)
class LeavingStep:
    """Leaving before that much of the term is over costs `amount`."""

    before: Span
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaving before the end of the term costs.

    `percent` of what recurs in the rest of it, or a sum that may decline in steps; both zero and
    empty where it costs nothing.
    """

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    steps: tuple[LeavingStep, ...] = ()


@dataclass(frozen=True, slots=True)
class MinimumTerm:
    """An offer's term: how long at least, with what notice, renewed for how long.

    It begins on the day from which the contract holds offers with a term without a break.
    """

    line: int
    span: Span
    leaving: Leaving = Leaving()
    notice: Span = Span()
    renewal: Span | None = None  # None = it goes on without a term
    tax: str = "standard"
    revenue: str = ""  # the offer's, where it says none

    def ends(self, start: date) -> Iterator[date]:
        """The ends of the term that began on that day, and of its renewals, without end."""
        first = self.span.after(start)
        yield first
        times = 1
        while self.renewal is not None:
            # From the first end, so that a term of the 31st does not drift to the 28th.
            yield self.renewal.after(first, times=times)
            times += 1

    def end_at(self, start: date, *, on: date) -> date | None:
        """The end of the term that runs on that day; None once it goes on without one."""
        for end in self.ends(start):
            if end > on:
                return end
        return None

    def next_leave(self, start: date, *, on: date) -> date:
        """The first day it can be left without a charge, when notice is given on that day."""
        earliest = self.notice.after(on)
        for end in self.ends(start):
            if end >= earliest:
                return end
        return earliest
