"""The band of each line, and lines cut at band edges and midnight."""

from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from tallystick.core.charge.batch.tables import NONE, WHOLE, Tables, in_order
from tallystick.core.tariff.calendars import BandClock, local_day

STRETCHES: Final = pl.Schema(
    {"usage_id": pl.Int64(), "usage": pl.Int32(), "begin": WHOLE, "end": WHOLE}
)
"""Where components that split rate only a stretch of an event; no end = its own."""


def place_in_bands(
    lines: pl.DataFrame, *, tables: Tables, stretches: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Lines with `slot` (component and band), `starts_at`, `position` and `measured`.

    A split line becomes one line for each band it touches; uncharged bands are dropped.
    """
    whole = {
        "slot": tables.usage["slot"].at("usage"),
        "starts_at": pl.col("started_at"),
        "position": pl.lit(0, dtype=WHOLE),
        "measured": pl.col("quantity"),
    }
    if not tables.clocks:
        return lines.with_columns(**whole)
    lines = lines.with_columns(clock=tables.usage["clock"].at("usage"))
    parts = [lines.filter(pl.col("clock") == NONE).with_columns(**whole)]
    for number, clock in enumerate(tables.clocks):
        held = lines.filter(pl.col("clock") == number)
        if held.height:
            split = tables.usage["split"].at("usage")
            parts.append(_at_start(held.filter(~split), clock, tables))
            parts.append(_split(held.filter(split), clock, tables, stretches))
    placed = pl.concat([part for part in parts if part.height] or parts[:1])
    charged = placed.filter(tables.slot["rate"].at("slot").is_not_null())
    return in_order(charged, tables=tables).drop("clock")


def _edges(clock: BandClock, first_us: int, last_us: int) -> tuple[np.ndarray, np.ndarray]:
    """Every band edge and midnight from the day of the first instant to that of the last."""
    day, last = local_day(first_us, zone=clock.zone), local_day(last_us, zone=clock.zone)
    edges: list[tuple[int, int]] = []
    while day <= last:
        edges.extend(clock.edges(day))
        day += timedelta(days=1)
    return (
        np.array([start for start, _ in edges], dtype=np.int64),
        np.array([band for _, band in edges], dtype=np.int32),
    )


def _at_start(lines: pl.DataFrame, clock: BandClock, tables: Tables) -> pl.DataFrame:
    if lines.is_empty():
        return lines
    started = lines["started_at"].to_numpy()
    starts, bands = _edges(clock, int(started.min()), int(started.max()))
    at = np.maximum(np.searchsorted(starts, started, side="right") - 1, 0)
    return lines.with_columns(
        slot=tables.usage["slot"].at("usage") + pl.Series(bands[at]),
        starts_at=pl.col("started_at"),
        position=pl.lit(0, dtype=WHOLE),
        measured=pl.col("quantity"),
    )


def _split(
    lines: pl.DataFrame, clock: BandClock, tables: Tables, stretches: pl.DataFrame | None
) -> pl.DataFrame:
    """Cut at every edge that lies inside; a microsecond is 1000 of the quantity's 1e-9 s."""
    if lines.is_empty():
        return lines
    if stretches is None:
        lines = lines.with_columns(begin=pl.lit(0, dtype=WHOLE), end=pl.col("quantity"))
    else:
        lines = lines.join(
            stretches, on=("usage_id", "usage"), how="left", maintain_order="left"
        ).with_columns(pl.col("begin").fill_null(0), pl.coalesce("end", "quantity").alias("end"))
    own = pl.col("started_at")
    lines = lines.with_columns(
        begins_at=own + (pl.col("begin") // 1000).cast(pl.Int64()),
        ends_at=own + ((pl.col("end") + 999) // 1000).cast(pl.Int64()),
    )
    began, ended = lines["begins_at"].to_numpy(), lines["ends_at"].to_numpy()
    starts, bands = _edges(clock, int(began.min()), int(ended.max()))
    first = np.maximum(np.searchsorted(starts, began, side="right") - 1, 0)
    last = np.maximum(np.searchsorted(starts, ended, side="left") - 1, first)
    lines = lines.with_columns(first=pl.Series(first), last=pl.Series(last))
    crossing = pl.col("last") > pl.col("first")
    cut = lines.filter(crossing).with_columns(
        edge=pl.int_ranges(pl.col("first"), pl.col("last") + 1)
    )
    placed = pl.concat(
        [lines.filter(~crossing).with_columns(edge=pl.col("first")), cut.explode("edge")]
    )
    edge = pl.col("edge")
    at_edge = pl.lit(pl.Series(starts)).gather(edge)
    next_edge = pl.lit(pl.Series(starts)).gather(
        pl.min_horizontal(edge + 1, pl.lit(len(starts) - 1))
    )
    begin = pl.when(edge == pl.col("first")).then("begins_at").otherwise(at_edge)
    end = pl.when(edge == pl.col("last")).then(None).otherwise(next_edge)
    return (
        placed.with_columns(
            slot=tables.usage["slot"].at("usage") + pl.lit(pl.Series(bands)).gather(edge),
            starts_at=begin,
            position=(begin - own).cast(WHOLE) * 1000,
            until=pl.coalesce((end - own).cast(WHOLE) * 1000, pl.col("end")),
        )
        .with_columns(measured=pl.col("until") - pl.col("position"))
        .drop("begin", "end", "begins_at", "ends_at", "first", "last", "edge", "until")
    )
