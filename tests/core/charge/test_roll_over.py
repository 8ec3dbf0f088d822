"""What a cycle leaves is granted to the next, within its bounds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.base.period import month_after
from tallystick.core.charge.frames import CHARGE_IN, COUNTERS, GRANTS, PERIODS
from tallystick.core.charge.roll_over import roll_over
from tallystick.core.tariff.plan import Plan, compile_plan
from tallystick.core.tariff.read import read_catalogue
from tests.core.charge.random_cases import rate_both

CATALOGUE = """
currency: EUR
zone: UTC
offers:
  demo:
    components:
      minutes: {include: 300 s, of: voice, roll over: %s}
      calls: {of: voice, price: 0.06 per min}
"""


def run_cycle(
    plan: Plan, cycle: date, used: Decimal, grants: pl.DataFrame
) -> tuple[Decimal, pl.DataFrame]:
    """One month of one contract: what was allowed, and what the next month is granted."""
    at = datetime(cycle.year, cycle.month, 2, tzinfo=UTC)
    event = (1, 1, 10, 1, cycle, "voice", at, used, "s", None, None, None)
    usage = pl.DataFrame([event], schema=CHARGE_IN, orient="row")
    rated = rate_both(usage, plan=plan, counters=COUNTERS.to_frame(), grants=grants)
    end = date(*month_after(cycle.year, cycle.month, 1), 1)
    period = (1, 10, 1, cycle, end, cycle, end)
    periods = pl.DataFrame([period], schema=PERIODS, orient="row")
    left = roll_over(periods, plan=plan, counters=rated.draws, grants=grants)
    return rated.lines["allowed"].sum(), left


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_nothing_is_made_and_nothing_outlives_its_cycles(seed: int) -> None:
    """What was allowed and what is left is never more than what was included so far."""
    rng = Random(seed)
    cycles = rng.randint(1, 3)
    cap = f" up to {rng.randint(1, 20)} min" if rng.randrange(2) else ""
    last = ", used last" if rng.randrange(2) else ""
    text = CATALOGUE % f"'{cycles} cycle{'s' if cycles > 1 else ''}{cap}{last}'"
    plan = compile_plan(read_catalogue(text, name="demo.yaml", files={}))
    grants, given_so_far, allowed_so_far = GRANTS.to_frame(), Decimal(0), Decimal(0)
    for month in range(1, 9):
        used = Decimal(rng.choice((0, 60, 300, 500, 2_000)))
        allowed, grants = run_cycle(plan, date(2026, month, 1), used, grants)
        given_so_far, allowed_so_far = given_so_far + 300, allowed_so_far + allowed
        left = grants["quantity"].sum()
        assert allowed_so_far + left <= given_so_far
        assert left <= 300 * cycles
        assert grants["lives"].is_between(1, cycles).all()
        assert grants.height == grants["lives"].n_unique()
