"""Buckets that grow with their members or shrink with the days served."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tallystick.core.charge.buckets import size_buckets
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, MEMBERS, PERIODS
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import rate_both

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
POOL = 7


def plan_of(words: str, included: str = "100 MB per member") -> Plan:
    text = f"""
currency: EUR
zone: UTC
offers:
  sim:
    components:
      pool: {{include: {included}, of: data, share: pool{words}}}
      data: {{of: data, price: 0.10 per MB}}
"""
    return compile_plan(read_catalogue(text, name="sims.yaml", files={}))


def periods_of(served: list[tuple[int, date, date]]) -> pl.DataFrame:
    """Contracts under account 1, two to an account, all in one pool."""
    rows = [
        (1 + n // 2, contract, 1, APRIL, MAY, first, last, 1, POOL)
        for n, (contract, first, last) in enumerate(served)
    ]
    return pl.DataFrame(rows, schema={**PERIODS, **MEMBERS}, orient="row")


def size_of(served: list[tuple[int, date, date]], plan: Plan) -> Decimal:
    own = Decimal(plan.offers[1].allowances[0].quantity).scaleb(-9)
    return own + sum(size_buckets(periods_of(served), plan=plan)["quantity"], Decimal(0))


def test_338_sims_pool_33800_megabytes() -> None:
    """One that ended, one that began and one that came back count once each."""
    served = [(n, APRIL, MAY) for n in range(335)]
    served += [(335, APRIL, date(2026, 4, 2)), (336, date(2026, 4, 30), MAY)]
    served += [(337, APRIL, date(2026, 4, 5)), (337, date(2026, 4, 20), MAY)]
    assert size_of(served, plan_of("")) == 33_800_000_000
    assert size_of(served, plan_of("", "500 MB")) == 500_000_000


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**48))
def test_a_pool_of_fifty_gives_what_it_holds_in_any_order_of_arrival(seed: int) -> None:
    rng = Random(seed)
    plan, first = plan_of("", "2 MB per member"), datetime(2026, 4, 1, tzinfo=UTC)
    served = [(n, APRIL, MAY) for n in range(50)]
    rows = []
    for number in range(1, 301):
        n = rng.randrange(50)
        at = first + timedelta(minutes=rng.randrange(43_200))
        size = Decimal(rng.randint(0, 900_000))
        rows.append(
            (number, 1 + n // 2, n, 1, APRIL, "data", at, size, "B", None, None, None, 1, POOL)
        )
    usage = pl.DataFrame(rows, schema={**CHARGE_IN, **MEMBERS}, orient="row")
    grants = size_buckets(periods_of(served), plan=plan)
    rated = rate_both(usage, plan=plan, counters=COUNTERS.to_frame(), periods=periods_of(served))
    assert rated.lines["allowed"].sum() == min(Decimal(100_000_000), usage["quantity"].sum())
    assert rated.draws.select("account_id", "contract_id").rows() == [(1, -POOL)]
    again = usage.sample(fraction=1, shuffle=True, seed=seed % 2**32)
    other = rate_batch(again, plan=plan, counters=COUNTERS.to_frame(), grants=grants)
    assert_frame_equal(other.lines, rated.lines)
