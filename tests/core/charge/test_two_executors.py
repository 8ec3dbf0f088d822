"""The two executors are one rating: on random price lists, usage and counters."""

from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tallystick.core.charge.frames import COUNTERS, FIRST_USES, RATED, Rated
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.charge.rate_exact import billed_of
from tallystick.core.tariff.components import ALLOWANCE_WORDS
from tallystick.core.tariff.periods import TERM_WORDS
from tallystick.core.tariff.plan import Plan, PlanUsage
from tallystick.core.tariff.usages import USAGE_WORDS
from tests.core.charge.random_cases import (
    assert_same,
    make_case,
    make_counters,
    make_grants,
    make_usage,
    rate_both,
    words_of,
)

SEEDS = st.integers(0, 2**48)
ACCOUNTS = 4
BY_THE_PERIOD = TERM_WORDS
"""Words of prices that are made when a cycle is over: compared in test_periods."""

AFTER_RATING = ("proration", "roll over", "then", "tax", "revenue", "late")
"""Words that no executor reads: sizes and rests of buckets are granted, the others are told."""


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, events=st.integers(0, 60))
def test_batch_equals_exact(seed: int, events: int) -> None:
    rng = Random(seed)
    plan = make_case(rng, sized=True).plan
    usage = make_usage(rng, plan=plan, events=events, accounts=ACCOUNTS)
    counters = make_counters(rng, plan=plan, accounts=ACCOUNTS)
    grants = make_grants(rng, plan=plan, accounts=ACCOUNTS)
    rated = rate_both(usage, plan=plan, counters=counters, grants=grants)
    assert rated.lines.schema == RATED
    assert_conserved(usage, rated)


def test_a_hundred_thousand_random_cases() -> None:
    """Events rated twice under a hundred price lists of all words; few of them have no price."""
    texts, drawn = set(), set[str]()
    compared = priced = sized = 0
    for seed in range(100):
        rng = Random(seed)
        case = make_case(rng, sized=True)
        usage = make_usage(rng, plan=case.plan, events=1_000, accounts=40)
        counters = make_counters(rng, plan=case.plan, accounts=40)
        rated = rate_both(usage, plan=case.plan, counters=counters)
        assert_conserved(usage, rated)
        compared += usage.height
        priced += rated.lines["usage_id"].n_unique()
        texts.add(case.text)
        sized += any(part.per_member for offer in case.plan.offers.values()
                     for part in offer.allowances)  # fmt: skip
        drawn |= words_of(case.text)
    assert compared >= 100_000
    assert priced >= 60_000
    assert len(texts) == 100
    assert sized >= 10
    asked = {*ALLOWANCE_WORDS, *USAGE_WORDS, "reset", "allocate"}
    assert asked - drawn == {*BY_THE_PERIOD, *AFTER_RATING}


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    rng = Random(seed)
    plan = make_case(rng).plan
    usage = make_usage(rng, plan=plan, events=80, accounts=ACCOUNTS)
    rated = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame())
    again = usage.sample(fraction=1, shuffle=True, seed=seed % 2**32)
    assert_same(rated, rate_batch(again, plan=plan, counters=COUNTERS.to_frame()))


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, share=st.integers(0, 100))
def test_two_batches_that_carry_counters_are_one(seed: int, share: int) -> None:
    rng = Random(seed)
    plan = make_case(rng).plan
    counters = make_counters(rng, plan=plan, accounts=ACCOUNTS)
    usage = make_usage(rng, plan=plan, events=100, accounts=ACCOUNTS).sort("started_at", "usage_id")
    first, second = usage.head(share), usage.tail(100 - share)
    whole = rate_batch(usage, plan=plan, counters=counters)
    one = rate_batch(first, plan=plan, counters=counters)
    other = rate_batch(second, plan=plan, counters=pl.concat([counters, one.draws]))
    order = ["account_id", "started_at", "usage_id"]
    assert_frame_equal(
        pl.concat([one.lines, other.lines]).sort(order, maintain_order=True),
        whole.lines.sort(order, maintain_order=True),
    )
    keys = COUNTERS.names()[:-1]
    draws = pl.concat([one.draws, other.draws]).group_by(keys).agg(pl.col("used").sum())
    assert_frame_equal(draws.sort(keys), whole.draws)


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_parts_of_an_event_are_the_whole(seed: int) -> None:
    """Whatever is cut, measured adds up to the event and billed to what steps make of it."""
    rng = Random(seed)
    plan = make_case(rng).plan
    usage = make_usage(rng, plan=plan, events=80, accounts=ACCOUNTS)
    rated = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame())
    sums = rated.lines.group_by("usage_id", "component_id").agg(
        pl.col("measured", "billed").sum(), pl.col("allowed").sum(), pl.col("rate_key").first()
    )
    for row in sums.join(usage, on="usage_id").iter_rows(named=True):
        part = plan.components[row["component_id"]]
        assert isinstance(part, PlanUsage)
        if part.counts is not None:
            continue
        if None in part.base_rates and part.split:
            assert row["measured"] <= row["quantity"]
            continue
        assert row["measured"] == row["quantity"]
        if row["rate_key"] is None:
            steps = plan.steps[part.steps]
            assert int(row["billed"].scaleb(9)) == billed_of(
                int(row["quantity"].scaleb(9)), steps=steps
            )
        assert 0 <= row["allowed"] <= row["billed"]


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_no_bucket_gives_more_than_it_holds(seed: int) -> None:
    rng = Random(seed)
    plan = make_case(rng).plan
    usage = make_usage(rng, plan=plan, events=150, accounts=2)
    rated = rate_batch(usage, plan=plan, counters=COUNTERS.to_frame())
    draws = rated.draws.filter(pl.col("cycle_start") != FIRST_USES)
    for component, used in draws.select("component_id", "used").iter_rows():
        part = plan.components[component]
        if not isinstance(part, PlanUsage):
            assert used <= _held(plan, component)
    parts = [part for offer in plan.offers.values() for part in offer.allowances]
    if all(part.block == 0 and {*part.covers.values()} == {(1, 1)} for part in parts):
        drawn = draws.filter(~pl.col("component_id").is_in(_tiered(plan)))["used"].sum()
        assert drawn == rated.lines["allowed"].sum()


def _held(plan: Plan, component: int) -> object:
    parts = [part for offer in plan.offers.values() for part in offer.allowances]
    held = next(part.quantity for part in parts if part.id == component)
    return pl.Series([held], dtype=pl.Int128).cast(pl.Decimal(38, 0)).item() / 10**9


def _tiered(plan: Plan) -> list[int]:
    return [part.id for part in plan.components.values() if isinstance(part, PlanUsage)]


def assert_conserved(usage: pl.DataFrame, rated: Rated) -> None:
    """Every event is rated or suspended, none is both, none is lost."""
    lines, suspended = set(rated.lines["usage_id"]), set(rated.suspense["usage_id"])
    assert not lines & suspended
    assert lines | suspended == set(usage["usage_id"])
