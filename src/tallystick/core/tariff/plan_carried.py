"""What usage counts and carries, and what a series says, compiled to whole numbers."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tallystick.base.money import AMOUNT_SCALE
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.tariff import nodes
from tallystick.core.tariff.plan_terms import PlanCarried, PlanCounts, PlanSeries, scaled
from tallystick.core.tariff.ratio import price_ratio

COUNTS_SCALE: Final = 10**36
"""Room for the decimals of the constants in `counts`."""


def series_steps(
    part: nodes.UsagePrice, *, series: Mapping[str, nodes.Series]
) -> tuple[int, int] | None:
    """First instant and step of the series that a component which splits is cut by."""
    names = {tier.price.carried for band in part.prices for tier in band.tiers}
    followed = [series[name] for name in names if name is not None and name in series]
    if not part.split or not followed:
        return None
    return followed[0].points[0].at_us, followed[0].step_s * 1_000_000


def compile_counts(counts: nodes.Counts) -> PlanCounts:
    """The product that a component counts, as one ratio."""
    numerator, denominator = price_ratio(
        scaled(counts.times, scale=COUNTS_SCALE), per=scaled(counts.over, scale=COUNTS_SCALE)
    )
    denominator *= QUANTITY_SCALE ** len(counts.fields)
    return PlanCounts(counts.source is not None, counts.fields, numerator, denominator)


def compile_carried(
    part: nodes.UsagePrice, *, series: Mapping[str, nodes.Series]
) -> PlanCarried | None:
    """The price that its usage carries or that a series says; None where it has its own."""
    prices = [tier.price for band in part.prices for tier in band.tiers]
    first = prices[0] if prices else None
    if first is None or first.carried is None:
        return None
    factor, at = Fraction(first.factor), None
    if followed := series.get(first.carried):
        at = list(series).index(followed.code)
        factor *= Fraction(first.per) / Fraction(followed.per or first.per)
    steps = [*(step.increment for step in part.steps.steps), part.steps.minimum]
    return PlanCarried(
        first.carried,
        factor.numerator,
        factor.denominator,
        slack=scaled(sum(steps, Decimal(0)), scale=QUANTITY_SCALE),
        margin=max(abs(scaled(price.amount, scale=AMOUNT_SCALE)) for price in prices),
        series=at,
    )


def compile_series(series: nodes.Series) -> PlanSeries:
    """The prices of a series, each from its instant for a step."""
    return PlanSeries(
        series.code,
        series.points[0].at_us,
        series.step_s * 1_000_000,
        tuple(scaled(point.price, scale=AMOUNT_SCALE) for point in series.points),
    )
