"""The same as `assemble_invoice` for a whole bill run at once, on columns of scaled integers.

Amounts are Int128 at 12 decimals and percents at 6, so products stay exact up to 10^15 a sum.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.base.frames import AMOUNT, QUANTITY, REJECTS
from tallystick.base.money import AMOUNT_DECIMALS, minor_decimals
from tallystick.base.quantity import QUANTITY_SCALE
from tallystick.core.invoice.round import round_ratio
from tallystick.core.invoice.tax import (
    ADJUSTMENT,
    EACH,
    PERCENT,
    PERCENT_DECIMALS,
    Rounding,
    TaxRounding,
)

MONEY: Final = pl.Decimal(38, 3)
"""Money rounded to a currency: room for minor units of 0, 2 and 3 decimals."""

DUE_LINES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "tax_position": pl.String(),
        "contract_id": pl.String(),
        "component_id": pl.String(),
        "purpose": pl.String(),
        "period_from": pl.Date(),
        "period_to": pl.Date(),  # the first day that no longer belongs
        "description": pl.String(),
        "quantity": QUANTITY,
        "unit": pl.String(),
        "unit_price": AMOUNT,
        "amount": AMOUNT,
        "tax_category": pl.String(),
        "revenue_account": pl.String(),
    }
)
"""Lines to be billed, one invoice an account, in the order they are printed."""

ASSEMBLED_LINES: Final = pl.Schema(
    {
        **DUE_LINES,
        "line": pl.Int64(),  # its place in what was given, from 1
        "line_no": pl.Int64(),  # its place on the invoice, from 1
        "printed": MONEY,
        "net": MONEY,
        "tax_code": pl.String(),  # of its first tax
        "tax_percent": PERCENT,  # of all its taxes together
    }
)
INVOICES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "line_count": pl.Int64(),
        "net": MONEY,
        "tax": MONEY,
        "total": MONEY,
    }
)
TAXES: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "tax": pl.String(),
        "code": pl.String(),
        "percent": PERCENT,
        "levy": AMOUNT,
        "levy_unit": pl.String(),
        "place": pl.String(),
        "jurisdiction": pl.String(),
        "taxable": MONEY,
        "amount": MONEY,
    }
)

_TAX = ["tax", "code", "percent", "levy", "levy_unit", "place", "jurisdiction"]
_HUNDRED: Final = 100 * 10**PERCENT_DECIMALS


@dataclass(frozen=True, slots=True)
class AssembledBatch:
    """INVOICES, ASSEMBLED_LINES and TAXES in account order, and REJECTS of what was held back."""

    invoices: pl.DataFrame
    lines: pl.DataFrame
    taxes: pl.DataFrame
    rejects: pl.DataFrame

    def without(self, accounts: Collection[str]) -> "AssembledBatch":
        """The batch less the invoices of these accounts; the rejects stay."""
        if not accounts:
            return self
        kept = ~pl.col("account_id").is_in(accounts)
        return AssembledBatch(
            self.invoices.filter(kept),
            self.lines.filter(kept),
            self.taxes.filter(kept),
            self.rejects,
        )


def assemble_batch(
    lines: pl.DataFrame, *, rates: pl.DataFrame, currency: str, rounding: Rounding
) -> AssembledBatch:
    """The invoices of all accounts in `lines` (DUE_LINES), taxed by `rates` (RATES).

    A line whose category has no rate goes to the rejects and holds its whole invoice back.

    :raises InvalidCurrency: when the currency is not a code
    """
    decimals = minor_decimals(currency)
    to_minor = 10 ** (AMOUNT_DECIMALS - decimals)
    sets = _tax_sets(rates)
    placed = (
        lines.with_row_index("line", offset=1)
        .join(sets, on=["tax_position", "tax_category"], how="left", maintain_order="left")
        .with_columns(held=pl.col("tax_set").is_null().any().over("account_id"))
    )
    rejects = _rejects(placed.filter("held"))
    exact = pl.col("amount").cast(AMOUNT).to_physical()
    printed = round_ratio(exact, _int(to_minor), mode=rounding.mode)
    strict = rounding.tax is TaxRounding.PER_RATE_PRINTED
    good = (
        placed.filter(~pl.col("held"))
        .with_columns(printed=printed)
        .with_columns(
            base=pl.col("printed") * to_minor if strict else exact,
            line_no=pl.int_range(1, pl.len() + 1).over("account_id"),
        )
        .with_columns(net=pl.col("printed"))
    )
    shares = _tax_shares(good, rates, to_minor, rounding)
    if rounding.inclusive:
        good = _take_out(good, shares, rounding)
    taxes = _tax_rows(good, shares, rates)
    return AssembledBatch(
        invoices=_as_money(_invoices(good, taxes), decimals, ["net", "tax", "total"], INVOICES),
        lines=_as_money(good, decimals, ["printed", "net"], ASSEMBLED_LINES),
        taxes=_as_money(taxes, decimals, ["taxable", "amount"], TAXES),
        rejects=rejects,
    )


def _tax_sets(rates: pl.DataFrame) -> pl.DataFrame:
    """For each position and category a key of the taxes it bears, their code and their sum."""
    key = pl.concat_str([pl.col(name).cast(pl.String) for name in _TAX], separator="|")
    return rates.group_by("tax_position", "tax_category", maintain_order=True).agg(
        tax_set=key.str.join(";"),
        whole=_int(_HUNDRED) + pl.col("percent").to_physical().cast(pl.Int128).sum(),
        tax_code=pl.col("code").first(),
        tax_percent=pl.col("percent").sum().cast(PERCENT),
    )


def _tax_shares(
    good: pl.DataFrame, rates: pl.DataFrame, to_minor: int, rounding: Rounding
) -> pl.DataFrame:
    """Rounded taxes in minor units, one row a rate of an invoice (or of a line).

    Inclusive prices keep lines of different tax sets apart, for their nets are taken out by set.
    """
    keys = ["account_id", *_TAX]
    whole = _int(_HUNDRED)
    if rounding.inclusive:
        keys += ["tax_set", "whole"]
        whole = pl.col("whole")
    if rounding.tax is TaxRounding.PER_LINE:
        keys += ["line"]
    each = (pl.col("levy_unit") == EACH) & (pl.col("unit") != ADJUSTMENT)
    levied = each | (pl.col("levy_unit") == pl.col("unit"))
    quantity = pl.col("quantity").cast(QUANTITY).to_physical()
    levy = pl.col("levy").to_physical()
    return (
        good.select(
            "line", "account_id", "tax_position", "tax_category", "tax_set", "whole", "base",
            "quantity", "unit",
        )
        .join(rates, on=["tax_position", "tax_category"], how="left")
        .with_columns(counted=pl.when(levied).then(quantity).otherwise(_int(0)))
        .group_by(keys)
        .agg(pl.col("base").sum(), pl.col("counted").sum())
        .with_columns(
            amount=pl.when(levy == 0)
            .then(
                round_ratio(
                    pl.col("base") * pl.col("percent").to_physical().cast(pl.Int128),
                    whole * to_minor,
                    mode=rounding.mode,
                )
            )
            .otherwise(
                round_ratio(
                    pl.col("counted") * levy, _int(QUANTITY_SCALE * to_minor), mode=rounding.mode
                )
            )
        )
    )  # fmt: skip


def _take_out(good: pl.DataFrame, shares: pl.DataFrame, rounding: Rounding) -> pl.DataFrame:
    """The lines with the net that is left of their printed gross when the taxes are taken out.

    The net of a tax set is shared out as `share_out` does: floors, then the largest remainders.
    """
    keys = ["line"] if rounding.tax is TaxRounding.PER_LINE else ["account_id", "tax_set"]
    taken = shares.filter(pl.col("levy") == 0).group_by(keys).agg(taken=pl.col("amount").sum())
    good = good.join(taken, on=keys, how="left", maintain_order="left").with_columns(
        pl.col("taken").fill_null(0)
    )
    if rounding.tax is TaxRounding.PER_LINE:
        return good.with_columns(net=pl.col("printed") - pl.col("taken"))
    gross = pl.col("printed") * _HUNDRED
    missing = pl.col("printed").sum() - pl.col("taken").first() - pl.col("floor").sum()
    return (
        good.with_columns(floor=gross // pl.col("whole"), remainder=gross % pl.col("whole"))
        .with_columns(
            missing=missing.over(keys),
            count=pl.len().over(keys).cast(pl.Int128),
            place=(pl.col("whole") - pl.col("remainder")).rank("ordinal").over(keys),
        )
        .with_columns(
            net=pl.col("floor")
            + pl.col("missing") // pl.col("count")
            + (pl.col("place") <= pl.col("missing") % pl.col("count")).cast(pl.Int128)
        )
    )


def _tax_rows(good: pl.DataFrame, shares: pl.DataFrame, rates: pl.DataFrame) -> pl.DataFrame:
    keys = ["account_id", *_TAX]
    taxable = (
        good.select("account_id", "tax_position", "tax_category", "net")
        .join(rates, on=["tax_position", "tax_category"], how="left")
        .group_by(keys)
        .agg(taxable=pl.col("net").sum())
    )
    due = shares.group_by(keys).agg(pl.col("amount").sum())
    order = good.select("account_id").unique(maintain_order=True).with_row_index("order")
    return (
        taxable.join(due, on=keys)
        .join(order, on="account_id")
        .sort("order", *_TAX)
        .select(*keys, "taxable", "amount")
    )


def _invoices(good: pl.DataFrame, taxes: pl.DataFrame) -> pl.DataFrame:
    nets = good.group_by("account_id", maintain_order=True).agg(
        line_count=pl.len().cast(pl.Int64), net=pl.col("net").sum()
    )
    due = taxes.group_by("account_id").agg(tax=pl.col("amount").sum())
    return nets.join(due, on="account_id", how="left", maintain_order="left").with_columns(
        total=pl.col("net") + pl.col("tax")
    )


def _rejects(held: pl.DataFrame) -> pl.DataFrame:
    """One row a held line, so that lines in = lines out + rejects."""
    names = ["account_id", "contract_id", "component_id", "tax_position", "tax_category"]
    return held.select(
        line=pl.col("line").cast(pl.Int64),
        code=pl.when(pl.col("tax_set").is_null())
        .then(pl.lit("no_tax_rate"))
        .otherwise(pl.lit("invoice_held")),
        parameters=pl.struct(names).struct.json_encode(),
        raw=pl.struct([name for name in DUE_LINES if name in held.columns]).struct.json_encode(),
    ).cast(REJECTS)


def _as_money(
    frame: pl.DataFrame, decimals: int, names: list[str], schema: pl.Schema
) -> pl.DataFrame:
    """The frame with those minor units as money, in the columns of the schema."""
    step = pl.lit(Decimal(1).scaleb(-decimals))
    money = [(pl.col(name).cast(pl.Decimal(38, 0)) * step).cast(MONEY) for name in names]
    return frame.with_columns(money).select(
        pl.col(name).cast(kind) for name, kind in schema.items()
    )


def _int(number: int) -> pl.Expr:
    return pl.lit(number, dtype=pl.Int128)
