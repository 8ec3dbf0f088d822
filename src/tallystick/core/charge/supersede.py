"""What a run that rates usage again changes: lines taken back, lines in their place."""

from typing import Final

import polars as pl

from tallystick.core.charge.frames import COUNTERS, KEYS
from tallystick.core.charge.lines import PAID_AT_ONCE

_EVENT: Final = ("usage_id", "component_id")
_FIGURES: Final = ("measured", "billed", "allowed", "fee", "amount")


def supersede(before: pl.DataFrame, *, now: pl.DataFrame) -> pl.DataFrame:
    """The lines to store so that `now` (VERSION_RATED) holds in the place of `before`, the same.

    Of an event and component whose lines are the same in both there is none. Each line taken back
    is numbered -1 - seq and has all its figures turned.
    """
    columns = now.columns
    both = pl.concat(
        [
            before.select(columns).with_columns(side=pl.lit(-1)),
            now.with_columns(side=pl.lit(1)),
        ]
    )
    changed = (
        both.group_by(columns)
        .agg(pl.col("side").sum())
        .filter(pl.col("side") != 0)
        .select(_EVENT)
        .unique()
    )
    taken = before.select(columns).join(changed, on=_EVENT, how="semi", maintain_order="left")
    return pl.concat(
        [
            taken.with_columns(
                (-1 - pl.col("seq")).cast(now.schema["seq"]).alias("seq"),
                *((-pl.col(name)).cast(now.schema[name]) for name in _FIGURES),
            ),
            now.join(changed, on=_EVENT, how="semi", maintain_order="left"),
        ]
    )


def keep_payments(before: pl.DataFrame, *, now: pl.DataFrame) -> pl.DataFrame:
    """`now` with what was paid at once for its events: rating again does not give that back.

    What was paid for events that are gone is taken back with them.
    """
    paid = before.select(now.columns).filter(pl.col("band") == PAID_AT_ONCE)
    paid = paid.join(now.select("usage_id").unique(), on="usage_id", how="semi")
    if paid.is_empty():
        return now
    last = now.group_by(_EVENT).agg((pl.col("seq").max() + 1).alias("next"))
    placed = paid.join(last, on=_EVENT, how="left", maintain_order="left").with_columns(
        pl.max_horizontal("seq", "next").cast(now.schema["seq"]).alias("seq")
    )
    return pl.concat([now, placed.select(now.columns)])


def counter_changes(before: pl.DataFrame, *, now: pl.DataFrame) -> pl.DataFrame:
    """What is to be added to the counters `before` so that they stand as `now` (COUNTERS)."""
    turned = before.with_columns((-pl.col("used")).cast(COUNTERS["used"]))
    return (
        pl.concat([now, turned])
        .group_by(KEYS, maintain_order=True)
        .agg(pl.col("used").sum())
        .filter(pl.col("used") != 0)
        .select(COUNTERS.names())
    )
