"""Prices by the period: both executors measure and price alike, and the parts add up."""

from datetime import date
from decimal import Decimal
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tallystick.core.charge.frames import COUNTERS, KEYS, LEVELS, MEASURED, RATED, RatedPeriods
from tallystick.core.charge.lines import SURPLUS
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tallystick.core.tariff.nodes import Allocation, NewPrices
from tallystick.core.tariff.periods import TIER_WORDS
from tallystick.core.tariff.plan import Plan
from tallystick.core.tariff.usages import USAGE_WORDS
from tests.core.charge.random_cases import make_usage, rate_both, words_of
from tests.core.charge.random_periods import (
    make_past,
    make_period_plan,
    make_period_versions,
    make_periods,
    period_text,
)
from tests.core.charge.worked import period_versions_both, periods_both

SEEDS = st.integers(0, 2**48)
ONE_LADDER_OR_MORE = {Allocation.PRO_RATA, Allocation.BY_BAND}


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


def test_every_word_of_prices_by_the_period_is_drawn() -> None:
    drawn = {word for seed in range(150) for word in words_of(period_text(Random(seed)))}
    elsewhere = {"deck", "no rate", "by", "per", "reset", "late", "tax", "revenue", "new prices"}
    assert {*USAGE_WORDS, *TIER_WORDS} - drawn == elsewhere
    versions = [make_period_versions(Random(seed)) for seed in range(40)]
    plans = [dated.plan for dated_plans in versions for dated in dated_plans]
    periods = [usage.period for plan in plans for usage in plan.usages.values() if usage.period]
    assert {period.terms.new_prices for period in periods} == set(NewPrices)
    assert {period.terms.allocation for period in periods} == ONE_LADDER_OR_MORE


def test_large_frames() -> None:
    for seed in range(12):
        rate_random_periods(seed, events=2_500, accounts=30)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_lines_bill_what_was_measured(seed: int) -> None:
    """Tiers and bands cut the value, they do not change it; only a ratchet lifts it."""
    plan, rated = rate_random_periods(seed, events=120, accounts=2)
    keys = ["account_id", "contract_id", "component_id", "cycle_start"]
    used = rated.lines.filter(pl.col("band").ne_missing(SURPLUS))
    sums = used.group_by(keys).agg(pl.col("measured", "billed").sum())
    values = rated.measured.group_by(keys).agg(pl.col("value").sum())
    for row in values.join(sums, on=keys, how="left").iter_rows(named=True):
        period = plan.usages[row["component_id"]].period
        assert period is not None
        if period.terms.ratchet is None:
            assert (row["billed"] or Decimal(0)) == (row["measured"] or Decimal(0)) == row["value"]
        else:
            assert (row["billed"] or 0) >= row["value"]


def rate_random_versions(
    seed: int, *, alike: bool, events: int
) -> tuple[tuple[DatedPlan, ...], RatedPeriods, RatedPeriods]:
    """The periods over versions, and as the first version alone would have them."""
    rng = Random(seed)
    plans = make_period_versions(rng, alike=alike)
    first = plans[0].plan
    usage = make_usage(rng, plan=first, events=events, accounts=3)
    lines = rate_versions(usage, plans=plans, counters=COUNTERS.to_frame()).lines
    past, levels = make_past(rng, plan=first, accounts=3)
    march = pl.col("cycle_start") == date(2026, 3, 1)
    periods = make_periods(rng, plan=first, accounts=3).filter(march)
    rated = period_versions_both(lines, periods=periods, plans=plans, past=past, levels=levels)
    alone = periods_both(
        lines.drop("version_id"), periods=periods, plan=first, past=past, levels=levels
    )
    return plans, rated, alone


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS, events=st.integers(0, 60))
def test_batch_equals_exact_over_versions(seed: int, events: int) -> None:
    rate_random_versions(seed, alike=False, events=events)


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_a_version_that_changes_nothing_changes_nothing(seed: int) -> None:
    _, rated, alone = rate_random_versions(seed, alike=True, events=80)
    order = [*KEYS, "seq"]
    assert_frame_equal(rated.lines.drop("version_id").sort(order), alone.lines.sort(order))
    assert_frame_equal(rated.measured, alone.measured, check_row_order=False)
    assert_frame_equal(rated.levels, alone.levels, check_row_order=False)


def test_nothing_to_price_is_nothing() -> None:
    plan = make_period_plan(Random(1))
    empty = make_periods(Random(1), plan=plan, accounts=0)
    rated = periods_both(
        RATED.to_frame(), periods=empty, plan=plan, past=MEASURED.to_frame(),
        levels=LEVELS.to_frame(),
    )  # fmt: skip
    assert rated.lines.is_empty()
