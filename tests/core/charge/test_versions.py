"""Prices that change: both executors cut alike, and nothing is charged twice or lost."""

from datetime import date
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tallystick.core.charge.frames import COUNTERS, RATED
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.charge.versions import DatedPlan, rate_versions
from tests.core.charge.random_cases import make_case, make_counters, make_grants, make_usage
from tests.core.charge.random_versions import make_calls, make_versions, rate_versions_both
from tests.core.charge.test_two_executors import assert_conserved

SEEDS = st.integers(0, 2**48)
ACCOUNTS = 4


@settings(max_examples=80, deadline=None)
@given(seed=SEEDS, events=st.integers(0, 60))
def test_batch_equals_exact(seed: int, events: int) -> None:
    rng = Random(seed)
    plans = make_versions(rng)
    usage = make_calls(rng, plans=plans, events=events)
    plan = plans[0].plan
    counters = make_counters(rng, plan=plan, accounts=ACCOUNTS)
    grants = make_grants(rng, plan=plan, accounts=ACCOUNTS)
    assert_conserved(
        usage, rate_versions_both(usage, plans=plans, counters=counters, grants=grants)
    )


def test_large_frames() -> None:
    for seed in range(16):
        rng = Random(seed)
        plans = make_versions(rng)
        usage = make_calls(rng, plans=plans, events=2_000)
        rated = rate_versions_both(usage, plans=plans, counters=COUNTERS.to_frame())
        assert_conserved(usage, rated)


@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_the_same_prices_published_again_change_nothing(seed: int) -> None:
    """Where nothing is drawn: a version of the same prices cuts where midnight cuts anyway."""
    rng = Random(seed)
    plan = make_case(rng).plan
    usage = make_usage(rng, plan=plan, events=100, accounts=ACCOUNTS)
    usage = usage.with_columns(account_id="usage_id", contract_id=pl.col("usage_id") * 10)
    days = (date(2026, 1, 1), date(2026, 3, 29), date(2026, 3, 30), date(2026, 12, 25))
    plans = [DatedPlan(n, day, None, plan) for n, day in enumerate(days)]
    one = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame())
    many = rate_versions(usage, plans=plans, counters=COUNTERS.to_frame())
    order = ["usage_id", "component_id", "seq"]
    early = many.suspense.filter(pl.col("code") == "no_catalogue")["usage_id"]
    kept = ~pl.col("usage_id").is_in(early.implode())
    assert_frame_equal(
        many.lines.select(RATED.names()).sort(order), one.lines.filter(kept).sort(order)
    )
    assert_frame_equal(many.draws, one.draws)
