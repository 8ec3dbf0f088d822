"""Who shares in random usage, and the cycles that they are served in."""

import polars as pl

from tallystick.core.charge.frames import MEMBERS, PERIODS


def members() -> list[pl.Expr]:
    """Accounts 1 and 2 are one organisation, whose odd contracts are pool 7; 3 has a pool too."""
    joined = pl.col("account_id") <= 2
    odd = pl.col("contract_id") % 2 == 1
    return [
        pl.when(joined).then(pl.lit(1, pl.Int64())).alias("organisation_id"),
        pl.when(odd & joined).then(7).when(odd & (pl.col("account_id") == 3)).then(8)
        .cast(pl.Int64()).alias("pool_id"),
    ]  # fmt: skip


def periods_of(usage: pl.DataFrame) -> pl.DataFrame:
    """The cycles (PERIODS with MEMBERS) of whoever has usage, some of them served in part."""
    who = usage.select("account_id", "contract_id", "offer_id", "cycle_start", *MEMBERS).unique()
    start, late = pl.col("cycle_start"), pl.col("contract_id") % 7 * 3
    ends = start.dt.offset_by("1mo")
    served = who.drop_nulls("offer_id").with_columns(
        cycle_end=ends, served_from=start + pl.duration(days=late), served_to=ends
    )
    return served.sort("account_id", "contract_id", "offer_id", start).select(*PERIODS, *MEMBERS)
