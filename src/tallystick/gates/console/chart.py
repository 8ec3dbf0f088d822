"""A small chart of what was billed in each month, in whole pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tallystick.base.money import EXACT
from tallystick.base.period import month_after
from tallystick.domain.invoices.queries import Billed

MONTHS: Final = 12
BAR_STEP: Final = 56
BAR_WIDTH: Final = 36
HEIGHT: Final = 120


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: where its bar stands in the drawing, and the amount it stands for."""

    month: date
    total: Decimal
    invoices: int
    x: int
    y: int
    height: int
    short: str

    @property
    def middle(self) -> int:
        return self.x + BAR_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    width: int
    height: int = HEIGHT
    bar_width: int = BAR_WIDTH


def draw_months(months: Sequence[Billed], *, currency: str, until: date) -> Chart | None:
    """Up to a year of months from the first billed one through `until`; None: nothing billed."""
    billed = {one.month: one for one in months if one.currency == currency}
    if not billed:
        return None
    last = max(until.replace(day=1), max(billed))
    first = max(min(billed), date(*month_after(last.year, last.month, 1 - MONTHS), 1))
    shown = [first]
    while shown[-1] < last:
        shown.append(date(*month_after(shown[-1].year, shown[-1].month, 1), 1))
    highest = max(billed[month].total if month in billed else Decimal(0) for month in shown)
    bars = []
    for place, month in enumerate(shown):
        one = billed.get(month) or Billed(month, currency, 0, Decimal(0))
        height = int(one.total * HEIGHT / highest) if highest > 0 and one.total > 0 else 0
        x = place * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2
        bars.append(
            Bar(month, one.total, one.invoices, x, HEIGHT - height, height, _short(one.total))
        )
    return Chart(bars, width=max(len(bars), 4) * BAR_STEP)


def _short(amount: Decimal) -> str:
    """The amount with three digits that count: 1.23M, 45.6k, 789."""
    for sign, power in (("M", 6), ("k", 3)):
        if abs(amount) >= 10**power:
            scaled = amount.scaleb(-power, EXACT)
            decimals = max(2 - scaled.adjusted(), 0)
            return f"{scaled:.{decimals}f}{sign}"
    return f"{amount:.0f}"
