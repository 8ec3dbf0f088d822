"""Which version's component rates which stretch of the events that reach into a later version.

The same as `_owners` in versions_exact.py, for all such events at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from tallystick.core.charge.batch.bands import STRETCHES
from tallystick.core.charge.batch.tables import WHOLE
from tallystick.core.charge.frames import SuspenseCode
from tallystick.core.charge.rate_batch import Stage

QUANTITY_US: Final = 1_000
"""A microsecond of an event that is counted in seconds."""

CROSSING: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),
        "offer_id": pl.Int64(),
        "kind": pl.String(),
        "home": pl.Int32(),  # the version that it starts in
        "started_at": pl.Int64(),
        "quantity": WHOLE,
    }
)
"""Events that reach into a later version, in whole numbers."""

_OWNERS: Final = pl.Schema(
    {
        "usage_id": pl.Int64(),
        "component_id": pl.Int64(),
        "version": pl.Int32(),
        "usage": pl.Int32(),
        "split": pl.Boolean(),
        "begin": WHOLE,
    }
)


@dataclass(frozen=True, slots=True)
class HandOver:
    """`stretches` (STRETCHES) for each version, and the events that nothing rates for a time."""

    stretches: tuple[pl.DataFrame, ...]
    uncovered: pl.DataFrame  # usage_id, version, usage, component_id, code, detail


def hand_over(stages: Sequence[Stage], *, crossing: pl.DataFrame, opens: Sequence[int]) -> HandOver:
    """What each version, from its first instant on, rates of the events of CROSSING."""
    held = _OWNERS.to_frame()
    closed = [held.with_columns(end=pl.lit(None, dtype=WHOLE))]
    uncovered = []
    keys = ("usage_id", "component_id")
    for version, (stage, opening) in enumerate(zip(stages, opens, strict=True)):
        home = crossing.filter(pl.col("home") == version).select("usage_id", "offer_id", "kind")
        reached = reaching_into(crossing, version=version, opening=opening)
        met = _met(stage, version, crossing)
        later = met.select(*keys, later="split")
        asked = held.join(reached.select("usage_id", "at"), on="usage_id", how="left").join(
            later, on=keys, how="left"
        )
        goes_on = pl.col("at").is_null() | ~pl.col("split") | pl.col("later").eq_missing(False)
        closed.append(asked.filter(~goes_on).select(*_OWNERS, end="at"))
        kept = asked.filter(goes_on).select(_OWNERS.names())
        begun = (
            met.filter("split")
            .join(reached.select("usage_id", begin="at"), on="usage_id")
            .join(kept, on=keys, how="anti")
        )
        own = met.join(home, on="usage_id", how="semi").with_columns(begin=pl.lit(0, dtype=WHOLE))
        held = pl.concat([frame.select(_OWNERS.names()) for frame in (kept, begun, own)])
        asking = pl.concat([home, reached.drop("at")])
        bare = asking.join(held, on="usage_id", how="anti")
        uncovered.append(_tell(bare, version, stage))
    closed.append(held.with_columns(end=pl.lit(None, dtype=WHOLE)))
    spans = pl.concat(closed)
    return HandOver(
        tuple(
            spans.filter(pl.col("version") == version).select(STRETCHES.names())
            for version in range(len(stages))
        ),
        pl.concat(uncovered),
    )


def reaching_into(crossing: pl.DataFrame, *, version: int, opening: int) -> pl.DataFrame:
    """Those of CROSSING that began before the version and go on, `at` that position in them."""
    at = (pl.lit(opening) - pl.col("started_at")).cast(WHOLE) * QUANTITY_US
    return (
        crossing.filter(pl.col("home") < version)
        .with_columns(at=at)
        .filter(pl.col("at") < pl.col("quantity"))
        .select("usage_id", "offer_id", "kind", "at")
    )


def _met(stage: Stage, version: int, crossing: pl.DataFrame) -> pl.DataFrame:
    """The components of that version that crossing events meet."""
    ids = crossing["usage_id"].implode()
    lines = stage.lines.filter(pl.col("usage_id").is_in(ids))
    return lines.select(
        "usage_id",
        "usage",
        component_id=stage.tables.usage["id"].at("usage"),
        version=pl.lit(version, dtype=pl.Int32()),
        split=stage.tables.usage["split"].at("usage"),
    )


def _tell(events: pl.DataFrame, version: int, stage: Stage) -> pl.DataFrame:
    """Why nothing of that version rates them."""
    names = {offer.id: offer.code for offer in stage.plan.offers.values()}
    offer = pl.col("offer_id").replace_strict(names, default=None, return_dtype=pl.String())
    known = offer.is_not_null()
    return events.select(
        "usage_id",
        version=pl.lit(version, dtype=pl.Int32()),
        usage=pl.lit(-1, dtype=pl.Int32()),
        component_id=pl.lit(0, dtype=pl.Int64()),
        code=pl.when(known)
        .then(pl.lit(SuspenseCode.NO_COMPONENT.value))
        .otherwise(pl.lit(SuspenseCode.NO_OFFER.value)),
        detail=pl.when(known)
        .then(pl.format("{}: {}", offer.fill_null(""), "kind"))
        .otherwise(pl.col("offer_id").cast(pl.String())),
    )
