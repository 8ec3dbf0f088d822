"""The entries of a whole bill run at once, by the same rules as one invoice."""

from datetime import date
from typing import Final

import polars as pl

from tallystick.core.invoice.assemble_batch import MONEY, AssembledBatch
from tallystick.core.post.rules import RULES, EventKind, Rules, Side

POSTINGS: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "entry_no": pl.Int64(),
        "line_no": pl.Int64(),
        "line_count": pl.Int64(),
        "ledger_account": pl.String(),
        "amount": MONEY,  # a debit is positive, a credit negative
    }
)
"""Lines of balanced entries, one entry an invoice."""


def post_invoices_batch(
    batch: AssembledBatch, *, issued_on: date, first_entry_no: int, rules: Rules = RULES
) -> pl.DataFrame:
    """The POSTINGS of all invoices of the batch, one posting a ledger account, none of zero.

    Entries are numbered in the order of the invoices; an invoice of nothing but zeros has none.
    """
    deferred = pl.col("period_to") > pl.lit(issued_on).dt.offset_by("1d")
    lines = batch.lines.select("account_id", "revenue_account", "net", deferred=deferred)
    heads = batch.invoices
    parts = {
        "total": heads.select("account_id", amount="total"),
        "tax": heads.select("account_id", amount="tax"),
        "deferred": lines.filter("deferred").select("account_id", amount="net"),
        "revenue": lines.filter(~pl.col("deferred")).select(
            "account_id", ledger_account="revenue_account", amount="net"
        ),
    }
    posted = []
    for place, template in enumerate(rules[EventKind.INVOICE_ISSUED]):
        amounts = parts[template.part]
        if template.account is not None:
            amounts = amounts.with_columns(ledger_account=pl.lit(template.account))
        sign = 1 if template.side is Side.DEBIT else -1
        posted.append(
            amounts.select(
                "account_id", "ledger_account", pl.col("amount") * sign, place=pl.lit(place)
            )
        )
    return number_postings(pl.concat(posted), heads=heads, first_entry_no=first_entry_no)


def number_postings(
    posted: pl.DataFrame, *, heads: pl.DataFrame, first_entry_no: int
) -> pl.DataFrame:
    """POSTINGS of sides (`account_id`, `ledger_account`, `amount`, `place`), in order of heads."""
    order = heads.select("account_id").with_row_index("order")
    summed = (
        posted.group_by("account_id", "ledger_account", maintain_order=True)
        .agg(pl.col("amount").sum(), pl.col("place").min())
        .filter(pl.col("amount") != 0)
        .join(order, on="account_id", how="left")
        .sort("order", "place", maintain_order=True)
    )
    return summed.with_columns(
        entry_no=pl.col("order").rle_id().cast(pl.Int64) + first_entry_no,
        line_no=pl.int_range(1, pl.len() + 1).over("order"),
        line_count=pl.len().over("order"),
    ).select(pl.col(name).cast(kind) for name, kind in POSTINGS.items())
