"""Allowances of which use from files went past a share that is told, all accounts at once.

The same as is told when a session is charged (`online/facts.py`): of each allowance of an offer as
it is when it is used, with what was rolled over and as large as its members make it.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from tallystick.core.charge.balance import SHARES
from tallystick.core.charge.buckets import add_sizes
from tallystick.core.charge.frames import COUNTERS, KEYS, NEVER_RESETS, rescale
from tallystick.core.charge.owners import with_owner
from tallystick.core.charge.versions import DatedPlan, first_instant

CROSSED: Final = pl.Schema(
    {
        **{name: COUNTERS[name] for name in KEYS},
        "code": pl.String(),
        "scope": pl.String(),
        "limit": pl.Int128(),
        "before": pl.Int128(),
        "after": pl.Int128(),
    }
)
"""Allowances in a cycle, how much they hold and how much of it was and is used, in 1e-9."""

_PARTS: Final = pl.Schema(
    {
        "offer_id": pl.Int64(),
        "version": pl.Int32(),
        "since": pl.Int64(),  # microseconds
        "component_id": pl.Int64(),
        "code": pl.String(),
        "scope": pl.String(),
        "quantity": pl.Int128(),
        "runs_on": pl.Boolean(),  # it is valid from its first use, and belongs to no cycle
    }
)


def crossed_allowances(
    draws: pl.DataFrame,
    *,
    events: pl.DataFrame,
    counters: pl.DataFrame,
    grants: pl.DataFrame,
    periods: pl.DataFrame | None,
    plans: Sequence[DatedPlan],
) -> pl.DataFrame:
    """CROSSED by what was added (`draws`) to COUNTERS of the allowances that these events have.

    `events` are CHARGE_IN with MEMBERS, `grants` and `periods` those they were rated with.
    """
    parts = _parts(plans)
    drawn = draws.join(parts, on="component_id", how="semi")
    if drawn.is_empty():
        return CROSSED.to_frame()
    moved = rescale(drawn).group_by(KEYS).agg(pl.col("used").sum().alias("more"))
    stood = rescale(counters.join(drawn, on=KEYS, how="semi")).rename({"used": "before"})
    held = _held(events, parts=parts).join(moved, on=KEYS)
    if held.is_empty():  # what was drawn was given back, and no event is left
        return CROSSED.to_frame()
    held = held.join(stood.select(*KEYS, "before"), on=KEYS, how="left")
    sized = [
        part.join(_granted(grants, periods, plans[version]), on=KEYS, how="left")
        for (version,), part in held.group_by("version", maintain_order=True)
    ]
    none = pl.lit(0, dtype=pl.Int128())
    before, more = pl.col("before").fill_null(none), pl.col("quantity") + pl.col("granted")
    found = pl.concat(sized).select(
        *KEYS, "code", "scope",
        limit=pl.when(pl.col("granted").is_null()).then("quantity").otherwise(more),
        before=before,
        after=before + pl.col("more"),
    )  # fmt: skip
    past = [
        (pl.col("before") * 100 < pl.col("limit") * share)
        & (pl.col("limit") * share <= pl.col("after") * 100)
        for share in SHARES
    ]
    return found.filter(pl.any_horizontal(past)).select(CROSSED.names()).sort(KEYS)


def _parts(plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """_PARTS: the allowances of all offers, as each version of the price list has them."""
    rows = [
        (number, version, first_instant(dated), part.id, part.code, part.scope, part.quantity,
         part.valid_us is not None)
        for version, dated in enumerate(plans)
        for number, offer in dated.plan.offers.items()
        for part in offer.allowances
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_PARTS, orient="row")


def _held(events: pl.DataFrame, *, parts: pl.DataFrame) -> pl.DataFrame:
    """Whose allowances (KEYS) these events may draw from, as they are at the last event."""
    who = ["account_id", "contract_id", "offer_id", "cycle_start", "organisation_id", "pool_id"]
    begun = events.filter(pl.col("started_at").is_not_null())
    last = begun.group_by(who).agg(since=pl.col("started_at").max().to_physical())
    offers = parts.select("offer_id", "version", "since").unique().sort("since")
    held = last.sort("since").join_asof(
        offers, on="since", by="offer_id", coalesce=True, check_sortedness=False
    )
    owned = held.drop("since").join(parts.drop("since"), on=["offer_id", "version"])
    cycle = pl.when("runs_on").then(pl.lit(NEVER_RESETS)).otherwise("cycle_start")
    return (
        owned.with_columns(with_owner())
        .select(
            pl.col("owner_account").alias("account_id"),
            pl.col("owner").cast(pl.Int64()).alias("contract_id"),
            "component_id",
            cycle.alias("cycle_start"),
            *("code", "scope", "quantity", "version"),
        )
        .sort("version")
        .unique(KEYS, keep="last", maintain_order=True)
    )


def _granted(grants: pl.DataFrame, periods: pl.DataFrame | None, dated: DatedPlan) -> pl.DataFrame:
    """What buckets hold beyond their own quantity in that version."""
    held = add_sizes(grants, periods=periods, plan=dated.plan)
    assert held is not None
    return rescale(held).group_by(KEYS).agg(pl.col("quantity").sum().alias("granted"))
