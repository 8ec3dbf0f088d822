"""The tax within what was paid at once: money of a balance includes it, an invoice's prices do not.

What a balance paid of usage is taken off its price as it was drawn, with tax. A line of the tax
within it brings that down to its net, so that what is left is taxed once, with no more and no less.
"""

from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT, QUANTITY
from tallystick.base.money import AMOUNT_DECIMALS, RoundingMode
from tallystick.core.invoice.round import round_ratio
from tallystick.core.invoice.tax import ADJUSTMENT

TAXED: Final = "taxed"
"""What the purpose of such a line begins with, where that of its usage begins with `usage`."""

_HUNDRED: Final = 100
_PLACE: Final = ("contract_id", "component_id", "period_from", "purpose")


def tax_paid_lines(lines: pl.DataFrame, *, rates: pl.DataFrame) -> pl.DataFrame:
    """For the `paid` lines of each contract, component, period and purpose, a line of their tax.

    `lines` have the columns of DUE_LINES, `paid` and more; the made ones have the same. `rates`
    (RATES) say the tax; a line whose category has none makes no line.
    """
    percents = rates.group_by("tax_position", "tax_category").agg(
        percent=pl.col("percent").sum().to_physical().cast(pl.Int128),
        whole=pl.lit(_HUNDRED, rates.schema["percent"]).to_physical().cast(pl.Int128).first(),
    )
    made = (
        lines.filter(pl.col("paid"))
        .join(percents, on=["tax_position", "tax_category"], maintain_order="left")
        .group_by(_PLACE, maintain_order=True)
        .agg(pl.exclude(*_PLACE, "amount").first(), pl.col("amount").sum())
        .with_columns(
            amount=round_ratio(
                (0 - pl.col("amount").cast(AMOUNT).to_physical().cast(pl.Int128))
                * pl.col("percent"),
                pl.col("whole") + pl.col("percent"),
                mode=RoundingMode.HALF_UP,
            )
        )
        .filter(pl.col("amount") != 0)
    )
    step = pl.lit(Decimal(1).scaleb(-AMOUNT_DECIMALS))
    exact = (pl.col("amount").cast(pl.Decimal(38, 0)) * step).cast(AMOUNT)
    return made.with_columns(
        amount=exact,
        unit_price=exact.abs().cast(AMOUNT),
        quantity=pl.when(exact < 0)
        .then(pl.lit(Decimal(-1)))
        .otherwise(pl.lit(Decimal(1)))
        .cast(QUANTITY),
        unit=pl.lit(ADJUSTMENT),
        per=pl.lit(Decimal(1)).cast(QUANTITY),
        purpose=pl.col("purpose").str.replace("^usage", TAXED),
        description=pl.col("description") + ", tax in it",
        paid=pl.lit(False),
        slot=pl.lit(0, pl.Int64),
    ).select(lines.columns)
