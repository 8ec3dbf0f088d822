"""Rating over published versions: each event by the version in force when it starts.

A version is in force from the first instant of its first day, by the clock of its own zone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tallystick.base.frames import INSTANT
from tallystick.base.period import day_start
from tallystick.core.charge.frames import COUNTERS, KEYS, RATED, SUSPENSE, Rated, SuspenseCode
from tallystick.core.charge.rate_batch import rate_batch
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan


@dataclass(frozen=True, slots=True)
class DatedPlan:
    """A published version ready to rate; it prices what starts in [valid_from, valid_to)."""

    version_id: int
    valid_from: date
    valid_to: date | None
    plan: Plan


VERSION_RATED: Final = pl.Schema({**RATED, "version_id": pl.Int64()})
"""RATED with the version that priced the line."""


def rate_versions(
    usage: pl.DataFrame,
    *,
    plans: Sequence[DatedPlan],
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
) -> Rated:
    """The lines (VERSION_RATED), draws and suspense of CHARGE_IN over versions, oldest first.

    What starts before the first version is suspended as `no_catalogue`. The lines of a version
    stand together, and draw before those of the next.
    """
    lines, draws = [VERSION_RATED.to_frame()], [COUNTERS.to_frame()]
    started = pl.col("started_at").cast(INSTANT).to_physical()
    opens = [first_instant(dated) for dated in plans]
    suspense = [_too_early(usage.filter(started < opens[0]) if opens else usage)]
    for dated, first, after in zip(plans, opens, [*opens[1:], None], strict=True):
        ends = pl.lit(True) if after is None else started < after
        part = usage.filter((started >= first) & ends)
        if part.is_empty():
            continue
        rated = rate_batch(part, plan=dated.plan, counters=counters, grants=grants)
        lines.append(rated.lines.with_columns(version_id=pl.lit(dated.version_id, pl.Int64())))
        draws.append(rated.draws)
        suspense.append(rated.suspense)
        counters = add_draws([counters, rated.draws])
    return Rated(pl.concat(lines), add_draws(draws), pl.concat(suspense))


def first_instant(dated: DatedPlan) -> int:
    """When the version comes into force, in microseconds."""
    return microseconds(day_start(dated.valid_from, dated.plan.zone))


def _too_early(usage: pl.DataFrame) -> pl.DataFrame:
    return usage.select(
        "usage_id",
        component_id=pl.lit(0, pl.Int64()),
        code=pl.lit(SuspenseCode.NO_CATALOGUE.value),
        detail=pl.lit("no published catalogue covers the day of this event"),
    ).cast(SUSPENSE)


def add_draws(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """COUNTERS with all these amounts added up."""
    return pl.concat(frames).group_by(KEYS, maintain_order=True).agg(pl.col("used").sum())
