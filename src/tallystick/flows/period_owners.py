"""Whose periods are closed: the contracts that share a price or a bucket, and who of them pays."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from tallystick.core.charge.frames import KEYS, MEMBERS
from tallystick.core.charge.owners import with_owner
from tallystick.core.charge.versions import DatedPlan
from tallystick.core.tariff.nodes import Scope

WIDE: Final = (Scope.ORGANISATION, Scope.POOL)

PARTS: Final = pl.Schema(
    {
        "offer_id": pl.Int64(),
        "component_id": pl.Int64(),
        "scope": pl.String(),
        "bucket": pl.Boolean(),  # an allowance that rolls over, else a price by the period
        "wide": pl.Boolean(),  # looked at with all who share, whoever is billed now
    }
)
"""What is closed with a cycle, as each version of the price list has it."""

OWNED: Final = pl.Schema(
    {
        **{name: pl.Date() if name == "cycle_start" else pl.Int64() for name in KEYS},
        "cycle_end": pl.Date(),
        "served_from": pl.Date(),  # of all who share
        "served_to": pl.Date(),
        "payer": pl.Int64(),  # the contract whose bill has it; empty when none is due
    }
)
"""Prices and buckets of cycles by who owns their counter (see `core/charge/owners`)."""


def parts_of(plans: Sequence[DatedPlan]) -> pl.DataFrame:
    """PARTS of all offers.

    A bucket whose size depends on who shares it is looked at with all who do, as what is shared
    wider than an account is.
    """
    rows = []
    for dated in plans:
        for number, offer in dated.plan.offers.items():
            rows += [
                (number, part.id, part.scope, False, part.scope in WIDE)
                for part in offer.usages
                if part.period is not None
            ]
            rows += [
                (number, part.id, part.scope, True, part.scope in WIDE or part.per_member
                 or any(part.prorated))
                for part in offer.allowances
                if part.roll_over is not None
            ]  # fmt: skip
    parts = pl.DataFrame(rows, schema=PARTS, orient="row").unique(maintain_order=True)
    return parts.with_columns(pl.col("wide").any().over("component_id"))


def own_cycles(
    periods: pl.DataFrame, *, parts: pl.DataFrame, due: pl.Expr | bool = True
) -> pl.DataFrame:
    """OWNED of these cycles (PERIODS with MEMBERS); the first contract that is `due` pays."""
    held = periods.join(parts, on="offer_id").with_columns(with_owner())
    payer = pl.col("contract_id").filter(due) if isinstance(due, pl.Expr) else pl.col("contract_id")
    return (
        held.group_by("owner_account", "owner", "component_id", "cycle_start", maintain_order=True)
        .agg(
            pl.col("cycle_end").max(),
            pl.col("served_from").min(),
            pl.col("served_to").max(),
            payer.min().alias("payer"),
        )
        .rename({"owner_account": "account_id", "owner": "contract_id"})
        .select(pl.col(name).cast(kind) for name, kind in OWNED.items())
    )


def without_members(periods: pl.DataFrame) -> pl.DataFrame:
    """The cycles as of accounts that share with no other."""
    none = [pl.lit(None, dtype=kind).alias(name) for name, kind in MEMBERS.items()]
    return periods.with_columns(none)
