"""The terms of a price in whole numbers: its rate, what it counts, what its period makes of that.

Quantities are integers in 1e-9 of the canonical unit, prices and amounts in 1e-12 of the currency.
"""

from dataclasses import dataclass
from decimal import Decimal

from tallystick.core.tariff.nodes import PeriodTerms


@dataclass(frozen=True, slots=True)
class Rate:
    """One price: amount = quantity x numerator / denominator, rounded half-up once."""

    unit_price: int
    per: int
    numerator: int
    denominator: int
    connect: int | None = None  # replaces the component's
    steps: int | None = None  # replaces the component's
    key: str | None = None  # of a deck row, e.g. 4420 or 44/premium
    started: bool = False  # each started `per`, not each unit
    flat: int = 0  # once for the tier; only prices by the period have it


@dataclass(frozen=True, slots=True)
class PlanLadder:
    """The tiers of one band, or of all when `band` is None; one rate more than limits."""

    band: str | None
    limits: tuple[int, ...]
    rates: tuple[Rate, ...]


@dataclass(frozen=True, slots=True)
class PlanPeriod:
    """A price by the period: the value is raw measure x `gain`, which is numerator, denominator."""

    terms: PeriodTerms
    unit: str | None  # of the value
    gain: tuple[int, int]
    averaged: bool  # the gain's denominator is the period's length besides
    cap: int | None
    ladders: tuple[PlanLadder, ...]
    demand: int | None  # the component whose billed value multiplies the limits
    less: int | None  # the component whose usage is set against this one's
    reactive: int | None  # the component whose kvarh make apparent power of this one's kWh
    settled: Rate | None  # of a surplus that is settled; what is paid for it is below zero

    @property
    def partner(self) -> int | None:
        """The component whose lines are measured together with this one's."""
        return self.reactive if self.less is None else self.less


@dataclass(frozen=True, slots=True)
class PlanCounts:
    """Quantity (if `from_usage`, else 1) x carried fields x numerator / denominator."""

    from_usage: bool
    fields: tuple[str, ...]
    numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class PlanCarried:
    """A price that usage carries, or that a series says, x numerator / denominator.

    Rates then hold the margin on it. `slack` is what rounding may add to a quantity, `margin` the
    largest margin.
    """

    field: str
    numerator: int
    denominator: int
    slack: int
    margin: int
    series: int | None = None  # position in the plan


@dataclass(frozen=True, slots=True)
class PlanSeries:
    """Prices in 1e-12, each from its instant in microseconds for a step."""

    code: str
    first_us: int
    step_us: int
    prices: tuple[int, ...]

    def position(self, at_us: int) -> int | None:
        """The price that holds at the instant."""
        at = (at_us - self.first_us) // self.step_us
        return at if 0 <= at < len(self.prices) else None


def scaled(number: Decimal, *, scale: int) -> int:
    """The number times the scale, which must be whole."""
    product = number * scale
    whole = int(product)
    assert whole == product, f"{number} has more decimals than the scale {scale}"
    return whole
