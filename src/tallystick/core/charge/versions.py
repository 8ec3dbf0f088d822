"""Rating over published versions, in columns.

A version is in force from the first instant of its first day, by the clock of its own zone. What a
component rates by an event's start is rated by the version of the start. What it splits is cut at
the next version's first instant too; docs/algorithms/versions.md says who rates what follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from tallystick.base.period import day_start
from tallystick.core.charge.batch.draw import Draws, read_counters
from tallystick.core.charge.batch.in_turn import COST, MAY, has_money, include_money
from tallystick.core.charge.batch.match import suspend_unmatched
from tallystick.core.charge.batch.own import own_frames
from tallystick.core.charge.batch.tables import WHOLE, in_order, tables_of
from tallystick.core.charge.buckets import add_sizes
from tallystick.core.charge.frames import (
    CHARGE_IN,
    COUNTERS,
    KEYS,
    RATED,
    SUSPENSE,
    Rated,
    SuspenseCode,
    descale,
    rescale,
    with_members,
)
from tallystick.core.charge.hand_over import CROSSING, QUANTITY_US, hand_over, reaching_into
from tallystick.core.charge.own_buckets import NO_BUCKETS, OwnBuckets
from tallystick.core.charge.rate_batch import (
    Stage,
    charge_lines,
    limit_charges,
    limit_sums,
    match_usage,
    place_lines,
)
from tallystick.core.tariff.calendars import microseconds
from tallystick.core.tariff.plan import Plan

TOO_EARLY: Final = "no published catalogue covers the day of this event"


@dataclass(frozen=True, slots=True)
class DatedPlan:
    """A published version ready to rate; it prices what starts in [valid_from, valid_to)."""

    version_id: int
    valid_from: date
    valid_to: date | None
    plan: Plan


VERSION_RATED: Final = pl.Schema({**RATED, "version_id": pl.Int64()})
"""RATED with the version that priced the line."""


def first_instant(dated: DatedPlan) -> int:
    """When the version comes into force, in microseconds."""
    found: int | None = dated.plan.cache.get(dated.valid_from)
    if found is None:
        found = microseconds(day_start(dated.valid_from, dated.plan.zone))
        dated.plan.cache[dated.valid_from] = found
    return found


def splitting(plans: Sequence[DatedPlan]) -> frozenset[tuple[int, str]]:
    """Offers and kinds of usage that some component splits in some version."""
    key = ("splitting", *[dated.version_id for dated in plans])
    cache = plans[0].plan.cache
    if key not in cache:
        cache[key] = frozenset(
            (usage.offer_id, usage.kind)
            for dated in plans
            for usage in dated.plan.usages.values()
            if usage.split
        )
    found: frozenset[tuple[int, str]] = cache[key]
    return found


def rate_versions(
    usage: pl.DataFrame,
    *,
    plans: Sequence[DatedPlan],
    counters: pl.DataFrame,
    grants: pl.DataFrame | None = None,
    periods: pl.DataFrame | None = None,
    own: OwnBuckets = NO_BUCKETS,
) -> Rated:
    """The lines (VERSION_RATED), draws and suspense of CHARGE_IN over versions, oldest first.

    PERIODS, with MEMBERS, name the contracts that share buckets whose size depends on them; `own`
    are buckets of quantities, whose draws are those of components below zero (`own_buckets`).
    What starts before the first version is suspended as `no_catalogue`. The lines of a version
    stand together, in the order of RATED, and draw before those of the next.
    """
    usage = with_members(usage, schema=CHARGE_IN)
    opens = [first_instant(dated) for dated in plans]
    usage = usage.with_columns(home=_homes(usage, opens))
    crossing = _crossing(usage, plans, opens)
    stages = _stages(usage, crossing, plans, opens)
    faults = [_too_early(usage.filter(pl.col("home") < 0))]
    placed = _place(stages, crossing, opens, faults)
    suspense = _suspense(usage, faults)
    owned = own_frames(usage, own=own)
    given = [add_sizes(grants, periods=periods, plan=dated.plan) for dated in plans]
    draws = read_counters(counters, grants=grants)
    drawn: list[pl.DataFrame] = []
    money = any(has_money(stage.tables) for stage in stages)
    priced = []
    for stage, lines, granted in zip(stages, placed, given, strict=True):
        held = lines.filter(~pl.col("usage_id").is_in(suspense["usage_id"].implode()))
        now = Draws(draws.before, read_counters(counters, grants=granted).granted)
        priced.append(charge_lines(held, stage=stage, draws=now, money=money, owned=owned))
        drawn += now.added
        draws = Draws(_sum_up([draws.before, *now.added]), draws.granted)
    limited = _limit(priced, stages, crossing)
    rated = []
    for dated, stage, lines, granted in zip(plans, stages, limited, given, strict=True):
        now = Draws(draws.before, read_counters(counters, grants=granted).granted)
        if money:
            counted = pl.concat([part.select(COST) for part in limited])
            lines = include_money(
                lines, counted=counted, tables=stage.tables, draws=now, zone=dated.plan.zone
            )
            drawn += now.added
            draws = Draws(_sum_up([draws.before, *now.added]), draws.granted)
        version = pl.lit(dated.version_id, pl.Int64())
        rated.append(descale(lines, schema=RATED).with_columns(version_id=version))
    return Rated(
        pl.concat([VERSION_RATED.to_frame(), *rated]),
        Draws(draws.before, draws.granted, [_sum_up(drawn)]).frame(),
        suspense,
    )


def _homes(usage: pl.DataFrame, opens: Sequence[int]) -> pl.Series:
    """The version that each event starts in; -1 before the first, 0 without a start."""
    starts = usage["started_at"].to_physical()
    homes = pl.Series(opens, dtype=pl.Int64()).search_sorted(starts, side="right").cast(pl.Int32())
    none = pl.lit(0 if opens else -1, dtype=pl.Int32())
    return pl.select(pl.when(starts.is_null()).then(none).otherwise(homes - 1)).to_series()


def _too_early(usage: pl.DataFrame) -> pl.DataFrame:
    return usage.select(
        "usage_id",
        version=pl.lit(-1, pl.Int32()),
        usage=pl.lit(-1, pl.Int32()),
        component_id=pl.lit(0, pl.Int64()),
        code=pl.lit(SuspenseCode.NO_CATALOGUE.value),
        detail=pl.lit(TOO_EARLY),
    )


def _crossing(
    usage: pl.DataFrame, plans: Sequence[DatedPlan], opens: Sequence[int]
) -> pl.DataFrame:
    """CROSSING: events that may be cut where a later version begins."""
    pairs = splitting(plans) if len(plans) > 1 else frozenset()
    if not pairs:
        return CROSSING.to_frame()
    cut = pl.DataFrame(
        sorted(pairs), schema={"offer_id": pl.Int64(), "kind": pl.String()}, orient="row"
    )
    following = pl.Series([*opens[1:], None], dtype=pl.Int64())
    held = usage.filter((pl.col("unit") == "s") & (pl.col("home") >= 0))
    held = rescale(held.join(cut, on=["offer_id", "kind"], how="semi"))
    ahead = (pl.lit(following).gather("home") - pl.col("started_at")).cast(WHOLE) * QUANTITY_US
    return held.filter(ahead < pl.col("quantity")).select(CROSSING.names())


def _stages(
    usage: pl.DataFrame,
    crossing: pl.DataFrame,
    plans: Sequence[DatedPlan],
    opens: Sequence[int],
) -> list[Stage]:
    """Each version with what starts in it and what reaches into it, matched."""
    stages = []
    for version, (dated, opening) in enumerate(zip(plans, opens, strict=True)):
        held = usage.filter(pl.col("home") == version)
        if crossing.height:
            open_ = [
                offer for offer, begins in tables_of(dated.plan).offers.items() if begins <= opening
            ]
            reaching = reaching_into(crossing, version=version, opening=opening)
            ids = reaching.filter(pl.col("offer_id").is_in(open_))["usage_id"]
            held = pl.concat([held, usage.filter(pl.col("usage_id").is_in(ids.implode()))])
        stages.append(match_usage(held, plan=dated.plan, since_us=opening))
    return stages


def _place(
    stages: Sequence[Stage],
    crossing: pl.DataFrame,
    opens: Sequence[int],
    faults: list[pl.DataFrame],
) -> list[pl.DataFrame]:
    """Each version's lines, cut and with their rates; adds what cannot be rated to the faults."""
    if crossing.is_empty():
        placed = [place_lines(stage) for stage in stages]
        for stage, lines in zip(stages, placed, strict=True):
            suspend_unmatched(stage.rateable, lines=lines, plan=stage.plan, faults=stage.faults)
        faults += [_faults_of(stage, version) for version, stage in enumerate(stages)]
        return placed
    over = hand_over(stages, crossing=crossing, opens=opens)
    whole = [over.uncovered, *(_faults_of(stage, n) for n, stage in enumerate(stages))]
    stopped = pl.concat([frame["usage_id"] for frame in whole])
    crosses = pl.col("usage_id").is_in(crossing["usage_id"].implode())
    placed = []
    for stage, stretches in zip(stages, over.stretches, strict=True):
        rated = stretches.filter(~pl.col("usage_id").is_in(stopped.implode()))
        kept = stage.lines.filter(crosses).join(rated, on=["usage_id", "usage"], how="semi")
        both = pl.concat([stage.lines.filter(~crosses), kept])
        stage.lines = in_order(both, tables=stage.tables)
        placed.append(place_lines(stage, stretches=stretches))
    told = [_faults_of(stage, version)["usage_id"] for version, stage in enumerate(stages)]
    done = pl.concat([stopped, *told, *(lines.filter(crosses)["usage_id"] for lines in placed)])
    for version, (stage, lines) in enumerate(zip(stages, placed, strict=True)):
        elsewhere = (pl.col("home") != version) | pl.col("usage_id").is_in(done.implode())
        away = crossing.filter(elsewhere)["usage_id"]
        events = stage.rateable.filter(~pl.col("usage_id").is_in(away.implode()))
        own = lines.filter(~crosses)
        suspend_unmatched(events, lines=own, plan=stage.plan, faults=stage.faults)
    faults += [_faults_of(stage, version) for version, stage in enumerate(stages)]
    faults.append(over.uncovered)
    return placed


def _faults_of(stage: Stage, version: int) -> pl.DataFrame:
    found = stage.faults.frame()
    return found.select(
        usage_id=stage.events["usage_id"].gather(found["row"]),
        version=pl.lit(version, pl.Int32()),
        usage="usage",
        component_id="component_id",
        code="code",
        detail="detail",
    )


def _suspense(usage: pl.DataFrame, faults: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """SUSPENSE in the order of events; of an event and component, what the first version says."""
    found = pl.concat(faults)
    if found.is_empty():
        return SUSPENSE.to_frame()
    placed = found.join(usage.select("usage_id", "organisation_id", "started_at"), on="usage_id")
    order = ("organisation_id", "started_at", "usage_id", "version", "usage")
    told = placed.sort(order, maintain_order=True)
    return told.unique(["usage_id", "component_id"], keep="first", maintain_order=True).select(
        pl.col(name).cast(kind) for name, kind in SUSPENSE.items()
    )


def _limit(
    priced: Sequence[pl.DataFrame], stages: Sequence[Stage], crossing: pl.DataFrame
) -> list[pl.DataFrame]:
    """Each version's lines within the least and most charge of their event and component.

    What a later version goes on with keeps the limits of the version that began it, and pays no
    connect fee again.
    """
    if crossing.is_empty():
        return [limit_charges(p, tables=s.tables) for p, s in zip(priced, stages, strict=True)]
    crosses = pl.col("usage_id").is_in(crossing["usage_id"].implode())
    keys = ["usage_id", "component_id"]
    payers = (
        [] if not priced or MAY not in priced[0].columns else ["organisation_id", "pool_id", MAY]
    )
    parts = []
    for version, (lines, stage) in enumerate(zip(priced, stages, strict=True)):
        limits = {name: stage.tables.usage[name].at("usage") for name in ("least", "most")}
        parts.append(
            lines.filter(crosses).select(
                "row", "usage", "charged", *RATED, *payers, **limits, version=pl.lit(version)
            )
        )
    held = pl.concat(parts).sort(*keys, "version", "seq")
    first = pl.col("version") == pl.col("version").first().over(keys)
    fee = pl.when(first).then("fee").otherwise(0)
    held = held.with_columns(
        pl.col("least", "most").first().over(keys),
        seq=pl.int_range(pl.len(), dtype=pl.Int32()).over(keys),
        fee=fee,
        amount=pl.col("amount") - pl.col("fee") + fee,
    )
    held = limit_sums(held)
    limited = []
    for version, (lines, stage) in enumerate(zip(priced, stages, strict=True)):
        own = held.filter(pl.col("version") == version).select("row", "usage", *RATED, *payers)
        plain = limit_charges(lines.filter(~crosses), tables=stage.tables).select(own.columns)
        both = pl.concat([plain, own.cast(plain.schema)])
        limited.append(in_order(both, tables=stage.tables))
    return limited


def _sum_up(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Counters in whole numbers with all these amounts added up."""
    empty = rescale(COUNTERS.to_frame())
    return pl.concat([empty, *frames]).group_by(KEYS).agg(pl.col("used").sum())
