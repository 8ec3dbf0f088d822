"""Periods measured in columns and priced as `period_price` says; the same as the oracle."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import polars as pl

from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.charge.batch.tables import WHOLE
from tallystick.core.charge.frames import (
    KEYS,
    LEVELS,
    MEASURED,
    MEMBERS,
    PERIOD_RATED,
    PERIODS,
    RATED,
    RatedPeriods,
    frame_of,
    rescale,
    with_members,
)
from tallystick.core.charge.period_exact import apparent_energy, percentile_rank, read_past
from tallystick.core.charge.period_price import (
    Target,
    keeps_surplus,
    price_periods,
    targets_of,
    value_of,
)
from tallystick.core.charge.surplus import CYCLES_CARRIED, settle_surplus
from tallystick.core.tariff.nodes import MeasureKind, Scope
from tallystick.core.tariff.plan import Plan, PlanUsage

NO_BAND: Final = ""

REACTIVE: Final = "reactive"
"""A column that marks lines of kvarh, where some price makes apparent power of them."""

CARRIED: Final = (MeasureKind.LATEST.value, MeasureKind.TIME_WEIGHTED.value)
"""Measures of levels: the order of events counts, and the last goes over to the next period."""

COUNTED: Final = (*KEYS, "usage_id", "seq", "started_at", "band", "rate_key", "billed", "allowed")
"""What is read of RATED."""

Raw = pl.DataFrame
"""target, band, raw: what was measured of each target's band."""


def rate_periods_batch(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    plan: Plan,
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What the periods cost, from RATED lines in them; as `rate_periods_exact`."""
    return rate_targets_batch(
        lines,
        periods=periods,
        targets=targets_of(periods, plan=plan),
        plan=plan,
        measured=measured,
        levels=levels,
    )


def rate_targets_batch(
    lines: pl.DataFrame,
    *,
    periods: pl.DataFrame,
    targets: list[Target],
    plan: Plan,
    measured: pl.DataFrame,
    levels: pl.DataFrame,
) -> RatedPeriods:
    """What these targets cost; as `rate_targets_exact`."""
    frame = _target_frame(targets)
    counted = _counted_lines(lines, frame, periods, plan)
    carried = _carried_levels(levels, frame)
    raw = _measure_all(counted, carried, frame, plan)
    raw, surplus = _set_off(raw, carried)
    settled, surplus = _settle(targets, surplus=surplus, carried=carried)
    found = {(row[0], row[1]): row[2] for row in raw.iter_rows()}
    measured_values: list[list[int]] = []
    values: list[tuple[object, ...]] = []
    for number, target in enumerate(targets):
        own = [
            value_of(found.get((number, ladder.band or NO_BAND), 0), target=target)
            for ladder in target.period.ladders
        ]
        measured_values.append(own)
        for ladder, value in zip(target.period.ladders, own, strict=True):
            values.append((*target.key, ladder.band or NO_BAND, value))
    rated = price_periods(
        targets, values=measured_values, settled=settled, past=read_past(measured)
    )
    return RatedPeriods(
        lines=frame_of(rated, schema=PERIOD_RATED),
        measured=frame_of(values, schema=MEASURED),
        levels=frame_of(_levels_left(counted, carried, surplus, frame).iter_rows(), schema=LEVELS),
    )


def _target_frame(targets: list[Target]) -> pl.DataFrame:
    """One row a target: its key, what it measures, its window and its instants."""
    rows = []
    for number, target in enumerate(targets):
        measure = target.period.terms.measure
        banded = target.period.ladders[0].band is not None
        rank = percentile_rank(target) if measure.kind is MeasureKind.PERCENTILE else 0
        window_us = measure.window_s and measure.window_s * 1_000_000
        how = (measure.kind.value, banded, window_us, rank, keeps_surplus(target.period))
        rows.append((number, *target.key, *how, target.from_us, target.to_us))
    schema = {
        "target": pl.UInt32(),
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "measure": pl.String(),
        "banded": pl.Boolean(),
        "window_us": pl.Int64(),
        "rank": pl.Int64(),
        "keeps": pl.Boolean(),
        "from_us": pl.Int64(),
        "to_us": pl.Int64(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _counted_lines(
    lines: pl.DataFrame, targets: pl.DataFrame, periods: pl.DataFrame, plan: Plan
) -> pl.DataFrame:
    """The lines of the targets, each with its target, in order of time where that matters."""
    usages = [usage for usage in plan.usages.values() if usage.period is not None]
    ids = [usage.id for usage in usages]
    held = rescale(
        lines.filter(pl.col("component_id").is_in(ids)).select(
            pl.col(name).cast(RATED[name]) for name in COUNTED
        )
    )
    held = held.with_columns(charged=pl.col("billed") - pl.col("allowed"))
    marks = [REACTIVE] if any(u.period and u.period.reactive for u in usages) else []
    if marks:
        held = held.with_columns(pl.lit(False).alias(REACTIVE))
    held = pl.concat([held, *(one.select(held.columns) for one in _with_partners(lines, usages))])
    counted = _by_owner(held, usages, periods).join(targets, on=KEYS)
    if targets["measure"].is_in(CARRIED).any():
        counted = counted.sort("target", "started_at", "usage_id", "seq")
    return counted.select(
        "target",
        "usage_id",
        "started_at",
        "charged",
        *marks,
        "measure",
        "window_us",
        "rank",
        "from_us",
        "to_us",
        band=pl.when("banded").then("band").otherwise(pl.lit(NO_BAND)),
        series=pl.col("rate_key"),
    )


def _by_owner(lines: pl.DataFrame, usages: list[PlanUsage], periods: pl.DataFrame) -> pl.DataFrame:
    """The lines with the account and contract that own their component's price."""

    def of(*scopes: Scope) -> pl.Expr:
        return pl.col("component_id").is_in([u.id for u in usages if u.scope in scopes])

    if not any(usage.scope in (Scope.ORGANISATION, Scope.POOL) for usage in usages):
        contract = pl.when(of(Scope.ACCOUNT)).then(0).otherwise("contract_id")
        return lines.with_columns(contract_id=contract)
    held = with_members(periods, schema=PERIODS).unique("contract_id")
    lines = lines.join(held.select("contract_id", *MEMBERS), on="contract_id", how="left")
    pooled = of(Scope.POOL) & pl.col("pool_id").is_not_null()
    top = pl.coalesce("organisation_id", "account_id")
    return lines.with_columns(
        account_id=pl.when(of(Scope.ORGANISATION) | pooled).then(top).otherwise("account_id"),
        contract_id=pl.when(of(Scope.ACCOUNT, Scope.ORGANISATION))
        .then(0)
        .when(pooled)
        .then(0 - pl.col("pool_id"))
        .otherwise("contract_id"),
    ).drop(MEMBERS.names())


def _with_partners(lines: pl.DataFrame, usages: list[PlanUsage]) -> Iterator[pl.DataFrame]:
    """The lines that are measured together with those of a component, as lines of its own.

    Those that are set against it are below zero, reactive ones are marked.
    """
    charged = pl.col("billed") - pl.col("allowed")
    for usage in usages:
        assert usage.period is not None
        if usage.period.partner is not None:
            reactive = usage.period.reactive is not None
            held = lines.filter(pl.col("component_id") == usage.period.partner)
            yield rescale(
                held.select(pl.col(name).cast(RATED[name]) for name in COUNTED)
            ).with_columns(
                component_id=pl.lit(usage.id, pl.Int64()),
                charged=charged if reactive else 0 - charged,
                **{REACTIVE: pl.lit(reactive)},
            )


def _set_off(raw: Raw, carried: pl.DataFrame) -> tuple[Raw, pl.DataFrame]:
    """What is left of the raw measures after the surplus of before, and the surplus that is left.

    `carried` are the levels of the targets; the surplus stands as a level by band.
    """
    before = carried.filter(pl.col("keeps") & (pl.col("series") != CYCLES_CARRIED)).select(
        "target", "level", band="series"
    )
    keeps = raw.join(before, on=("target", "band"), how="full", coalesce=True).with_columns(
        rest=pl.col("raw").fill_null(0) - pl.col("level").fill_null(0)
    )
    surplus = keeps.filter(pl.col("rest") < 0).select(
        "target", series="band", level=0 - pl.col("rest")
    )
    return keeps.select("target", "band", raw=pl.max_horizontal("rest", 0)), surplus


def _settle(
    targets: list[Target], *, surplus: pl.DataFrame, carried: pl.DataFrame
) -> tuple[list[int], pl.DataFrame]:
    """What is settled of each target's surplus, and the levels that are left of it."""
    settled = [0] * len(targets)
    if not any(target.period.terms.settlement for target in targets):
        return settled, surplus
    before, found = _levels_of(carried.filter("keeps")), _levels_of(surplus)
    left: list[tuple[int, str, int]] = []
    for number, target in enumerate(targets):
        settled[number], kept = settle_surplus(target, before=before[number], surplus=found[number])
        left += [(number, series, level) for series, level in kept.items()]
    return settled, pl.DataFrame(left, schema=surplus.schema, orient="row")


def _levels_of(levels: pl.DataFrame) -> dict[int, dict[str, int]]:
    held: dict[int, dict[str, int]] = defaultdict(dict)
    for target, series, level in levels.select("target", "series", "level").iter_rows():
        held[target][series] = level
    return held


def _carried_levels(levels: pl.DataFrame, targets: pl.DataFrame) -> pl.DataFrame:
    """LEVELS of the targets that carry them, as they stand when the period begins."""
    held = rescale(levels.select(pl.col(name).cast(kind) for name, kind in LEVELS.items()))
    return held.join(
        targets.filter(pl.col("measure").is_in(CARRIED) | pl.col("keeps")),
        on=("account_id", "contract_id", "component_id"),
    )


def _measure_all(
    counted: pl.DataFrame, carried: pl.DataFrame, targets: pl.DataFrame, plan: Plan
) -> Raw:
    """Each kind of measure over all targets that have it."""
    parts = [pl.DataFrame(schema={"target": pl.UInt32(), "band": pl.String(), "raw": WHOLE})]
    for kind in sorted(targets["measure"].unique()):
        held = counted.filter(pl.col("measure") == kind)
        own = carried.filter(pl.col("measure") == kind)
        parts.append(
            _measures(plan, own)[MeasureKind(kind)](held).select(
                "target", "band", pl.col("raw").cast(WHOLE)
            )
        )
    return pl.concat(parts)


def _measures(
    plan: Plan, carried: pl.DataFrame
) -> dict[MeasureKind, Callable[[pl.DataFrame], Raw]]:
    whole = pl.col("charged")
    counts = pl.col("usage_id").n_unique().cast(WHOLE) * QUANTITY_SCALE
    unique = pl.col("series").drop_nulls().n_unique().cast(WHOLE) * QUANTITY_SCALE
    return {
        MeasureKind.SUM: partial(_aggregate, whole.sum()),
        MeasureKind.COUNT: partial(_aggregate, counts),
        MeasureKind.UNIQUE: partial(_aggregate, unique),
        MeasureKind.MAXIMUM: partial(_aggregate, whole.max()),
        MeasureKind.LATEST: partial(_latest, carried),
        MeasureKind.TIME_WEIGHTED: partial(_weighted, carried),
        MeasureKind.HIGHEST: partial(_windowed, plan, whole.max()),
        MeasureKind.NET: partial(_windowed, plan, whole.clip(0).sum()),
        MeasureKind.PERCENTILE: partial(
            _windowed, plan, whole.sort(descending=True).slice(pl.col("rank").first(), 1).sum()
        ),
    }


def _aggregate(raw: pl.Expr, lines: pl.DataFrame) -> Raw:
    return lines.group_by("target", "band").agg(raw=raw)


def _latest(carried: pl.DataFrame, lines: pl.DataFrame) -> Raw:
    """The last line's quantity, or what was carried over."""
    own = _aggregate(pl.col("charged").last(), lines)
    before = carried.filter(pl.col("series") == "").select(
        "target", pl.lit(NO_BAND).alias("band"), pl.col("level").alias("raw")
    )
    return pl.concat([own, before.join(own, on="target", how="anti")])


def _windowed(plan: Plan, raw: pl.Expr, lines: pl.DataFrame) -> Raw:
    """What flows in each window of the local day, then one of these."""
    local = pl.from_epoch("started_at", time_unit="us").dt.replace_time_zone("UTC")
    local = local.dt.convert_time_zone(plan.zone.key)
    wall = (
        pl.col("started_at")
        + (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_microseconds()
    )
    window = pl.col("started_at") - wall % pl.col("window_us")
    by_window = lines.group_by("target", "band", window.alias("window"))
    if REACTIVE in lines.columns:
        flows = by_window.agg(
            pl.col("charged").filter(~pl.col(REACTIVE)).sum(),
            pl.col("charged").filter(REACTIVE).sum().alias("kvarh"),
            pl.col("rank").first(),
        )
        # Without kvarh it stays as it is: what is set off may leave less than nothing.
        found = [
            apparent_energy(active=active, reactive=reactive) if reactive else active
            for active, reactive in flows.select("charged", "kvarh").iter_rows()
        ]
        flows = flows.with_columns(charged=pl.Series(found, dtype=WHOLE))
    else:
        flows = by_window.agg(pl.col("charged").sum(), pl.col("rank").first())
    return flows.group_by("target", "band").agg(raw=raw)


def _weighted(carried: pl.DataFrame, lines: pl.DataFrame) -> Raw:
    """Levels times the microseconds they stood, each series from one event to its next."""
    before = carried.select(
        "target",
        "series",
        "from_us",
        "to_us",
        started_at="from_us",
        charged="level",
        order=pl.lit(0),
    )
    own = lines.select(
        "target",
        pl.col("series").fill_null(""),
        "from_us",
        "to_us",
        "started_at",
        "charged",
        order=pl.lit(1),
    )
    at = pl.min_horizontal(pl.max_horizontal("started_at", "from_us"), "to_us")
    steps = (
        pl.concat([before, own])
        .sort("target", "series", "order", maintain_order=True)
        .with_columns(at=at)
    )
    ends = pl.coalesce(pl.col("at").shift(-1).over("target", "series"), pl.col("to_us"))
    stood = pl.col("charged") * (ends - pl.col("at")).cast(WHOLE)
    return (
        steps.with_columns(stood=stood)
        .group_by("target")
        .agg(raw=pl.col("stood").sum())
        .with_columns(band=pl.lit(NO_BAND))
    )


def _levels_left(
    counted: pl.DataFrame,
    carried: pl.DataFrame,
    surplus: pl.DataFrame,
    targets: pl.DataFrame,
) -> pl.DataFrame:
    """LEVELS where they stand at the end, by target and series in order."""
    weighted = pl.col("measure") == MeasureKind.TIME_WEIGHTED.value
    series = pl.when(weighted).then(pl.col("series").fill_null("")).otherwise(pl.lit(""))
    own = (
        counted.filter(weighted | (pl.col("measure") == MeasureKind.LATEST.value))
        .with_columns(series=series)
        .group_by("target", "series", maintain_order=True)
        .agg(level=pl.col("charged").last())
    )
    kept = carried.filter(~pl.col("keeps")).select("target", "series", "level")
    over = surplus.join(targets.filter("keeps"), on="target", how="semi")
    left = pl.concat([own, kept.join(own, on=("target", "series"), how="anti"), over])
    return (
        left.filter(pl.col("level") != 0)
        .join(targets, on="target")
        .sort("target", "series")
        .select(LEVELS.names())
    )
