"""Interest on arrears, by the day: on what was overdue and undisputed as each day ended.

A day's interest is amount x yearly rate / days of its year. The day of payment bears none, the day
after the due date is the first that does. Nothing is compounded.
"""

from calendar import isleap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tallystick.base.money import AMOUNT_DECIMALS, EXACT

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class YearlyRate:
    """Percent a year from that day on, until the next rate begins."""

    valid_from: date
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Dispute:
    """A part that was in dispute on [opened_on, decided_on); None while it is."""

    opened_on: date
    decided_on: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Arrears:
    """An invoice's amount, and what became of it by day: settled (below zero: owed again)."""

    total: Decimal
    settled: tuple[tuple[date, Decimal], ...] = ()
    disputes: tuple[Dispute, ...] = ()

    def overdue(self, day: date) -> Decimal:
        """What bears interest on that day."""
        amount = self.total
        for on, part in self.settled:
            if on <= day:
                amount = EXACT.subtract(amount, part)
        for one in self.disputes:
            if one.opened_on <= day and (one.decided_on is None or day < one.decided_on):
                amount = EXACT.subtract(amount, one.amount)
        return max(amount, ZERO)


def interest_of(
    arrears: Arrears, *, rates: Sequence[YearlyRate], first: date, end: date
) -> Decimal:
    """The interest of the days [first, end), exact and rounded once to 12 decimals, half-up."""
    total = Fraction(0)
    for start, until in pairwise(_cuts(arrears, rates, first, end)):
        percent = _rate(rates, start)
        if percent:
            year = 366 if isleap(start.year) else 365
            amount = Fraction(arrears.overdue(start)) * (until - start).days
            total += amount * Fraction(percent) / 100 / year
    exact = EXACT.divide(Decimal(total.numerator), Decimal(total.denominator))
    return exact.quantize(Decimal(1).scaleb(-AMOUNT_DECIMALS), context=EXACT)


def _cuts(arrears: Arrears, rates: Sequence[YearlyRate], first: date, end: date) -> list[date]:
    """The days between which nothing changes: neither the amount, nor the rate, nor the year."""
    days = {first, end, *(date(year, 1, 1) for year in range(first.year + 1, end.year + 1))}
    days |= {on for on, _ in arrears.settled} | {rate.valid_from for rate in rates}
    for one in arrears.disputes:
        days |= {one.opened_on, one.decided_on or end}
    return sorted(day for day in days if first <= day <= end)


def _rate(rates: Sequence[YearlyRate], day: date) -> Decimal:
    """The rate in force on that day; nothing before the first."""
    found = [rate for rate in rates if rate.valid_from <= day]
    return max(found, key=lambda rate: rate.valid_from).percent if found else ZERO


def first_day(due_on: date) -> date:
    """The first day that bears interest."""
    return due_on + timedelta(days=1)
