"""Prices by the period: both executors measure and price alike, and the parts add up."""

from decimal import Decimal
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.core.charge.frames import COUNTERS, LEVELS, MEASURED, RATED, RatedPeriods
from tallystick.core.tariff.plan import Plan
from tests.core.charge.random_cases import make_usage, rate_both
from tests.core.charge.random_periods import make_past, make_period_plan, make_periods
from tests.core.charge.worked import periods_both

SEEDS = st.integers(0, 2**48)


def rate_random_periods(seed: int, *, events: int, accounts: int) -> tuple[Plan, RatedPeriods]:
    rng = Random(seed)
    plan = make_period_plan(rng)
    usage = make_usage(rng, plan=plan, events=events, accounts=accounts)
    lines = rate_both(usage, plan=plan, counters=COUNTERS.to_frame()).lines
    past, levels = make_past(rng, plan=plan, accounts=accounts)
    periods = make_periods(rng, plan=plan, accounts=accounts)
    rated = periods_both(
        lines.sample(fraction=1, shuffle=True, seed=seed % 1000),
        periods=periods, plan=plan, past=past, levels=levels,
    )  # fmt: skip
    return plan, rated


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, events=st.integers(0, 80))
def test_batch_equals_exact(seed: int, events: int) -> None:
    rate_random_periods(seed, events=events, accounts=3)


def test_large_frames() -> None:
    for seed in range(12):
        rate_random_periods(seed, events=2_500, accounts=30)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_lines_bill_what_was_measured(seed: int) -> None:
    """Tiers and bands cut the value, they do not change it; only a ratchet lifts it."""
    plan, rated = rate_random_periods(seed, events=120, accounts=2)
    keys = ["account_id", "contract_id", "component_id", "cycle_start"]
    sums = rated.lines.group_by(keys).agg(pl.col("measured", "billed").sum())
    values = rated.measured.group_by(keys).agg(pl.col("value").sum())
    for row in values.join(sums, on=keys, how="left").iter_rows(named=True):
        period = plan.usages[row["component_id"]].period
        assert period is not None
        if period.terms.ratchet is None:
            assert (row["billed"] or Decimal(0)) == (row["measured"] or Decimal(0)) == row["value"]
        else:
            assert (row["billed"] or 0) >= row["value"]


def test_nothing_to_price_is_nothing() -> None:
    plan = make_period_plan(Random(1))
    empty = make_periods(Random(1), plan=plan, accounts=0)
    rated = periods_both(
        RATED.to_frame(), periods=empty, plan=plan, past=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    )  # fmt: skip
    assert rated.lines.is_empty()
