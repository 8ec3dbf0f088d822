"""What tests share of the worked tables of docs/algorithms, which `tallystick price` runs."""

from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from tallystick.core.charge.frames import RatedPeriods
from tallystick.core.charge.period_batch import rate_periods_batch
from tallystick.core.charge.period_exact import rate_periods_exact
from tallystick.core.charge.period_versions import (
    rate_period_versions,
    rate_period_versions_exact,
)
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.plan import Plan

ALGORITHMS = Path(__file__).parents[3] / "docs" / "algorithms"


def periods_both(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plan: Plan,
    past: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What both executors say, having checked that they say the same to the last digit."""
    exact = rate_periods_exact(
        lines.iter_rows(named=True), periods=periods, plan=plan, measured=past, levels=levels
    )
    batch = rate_periods_batch(lines, periods=periods, plan=plan, measured=past, levels=levels)
    for name in ("measured", "lines", "levels"):
        assert_frame_equal(getattr(exact, name), getattr(batch, name))
    return batch


def period_versions_both(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plans: tuple[DatedPlan, ...],
    past: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What both executors say over versions, having checked that they say the same."""
    how: dict[str, Any] = {"periods": periods, "plans": plans, "measured": past, "levels": levels}
    exact = rate_period_versions_exact(lines, **how)
    batch = rate_period_versions(lines, **how)
    for name in ("measured", "lines", "levels"):
        assert_frame_equal(getattr(exact, name), getattr(batch, name))
    return batch
