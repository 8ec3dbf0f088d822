"""The entries of a whole bill run at once, by the same rules as one invoice."""

from datetime import date
from typing import Final

import polars as pl

from tallystick.core.invoice.assemble_batch import MONEY, AssembledBatch
from tallystick.core.post.detail import NO_DETAIL
from tallystick.core.post.rules import RULES, EventKind, Rules, Side

POSTINGS: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "entry_no": pl.Int64(),
        "line_no": pl.Int64(),
        "line_count": pl.Int64(),
        "ledger_account": pl.String(),
        "amount": MONEY,  # a debit is positive, a credit negative
        "detail": pl.String(),
    }
)
"""Lines of balanced entries, one entry an invoice."""


def post_invoices_batch(
    batch: AssembledBatch, *, issued_on: date, first_entry_no: int, rules: Rules = RULES
) -> pl.DataFrame:
    """The POSTINGS of all invoices of the batch, one posting a ledger account and detail.

    Entries are numbered in the order of the invoices; zeros are posted nowhere.
    """
    return _post_documents(batch, EventKind.INVOICE_ISSUED, issued_on, first_entry_no, rules)


def post_credits_batch(
    batch: AssembledBatch, *, issued_on: date, first_entry_no: int, rules: Rules = RULES
) -> pl.DataFrame:
    """The same for credit notes, whose amounts stand below zero in the batch."""
    return _post_documents(batch, EventKind.CREDIT_NOTE_ISSUED, issued_on, first_entry_no, rules)


def _post_documents(
    batch: AssembledBatch, kind: EventKind, issued_on: date, first_entry_no: int, rules: Rules
) -> pl.DataFrame:
    deferred = pl.col("period_to") > pl.lit(issued_on).dt.offset_by("1d")
    lines = batch.lines.select("account_id", "revenue_account", "net", deferred=deferred)
    heads = batch.invoices
    parts = {
        "total": heads.select("account_id", amount="total"),
        "tax": batch.taxes.select("account_id", _tax_detail(), "amount"),
        "deferred": lines.filter("deferred").select("account_id", amount="net"),
        "revenue": lines.filter(~pl.col("deferred")).select(
            "account_id", ledger_account="revenue_account", amount="net"
        ),
    }
    posted = []
    above = Side.DEBIT if kind is EventKind.INVOICE_ISSUED else Side.CREDIT
    for place, template in enumerate(rules[kind]):
        amounts = parts[template.part]
        if template.account is not None:
            amounts = amounts.with_columns(ledger_account=pl.lit(template.account))
        if "detail" not in amounts.columns:
            amounts = amounts.with_columns(detail=pl.lit(NO_DETAIL))
        sign = 1 if template.side is above else -1
        posted.append(
            amounts.select(
                "account_id", "ledger_account", "detail", pl.col("amount") * sign,
                place=pl.lit(place),
            )
        )  # fmt: skip
    return number_postings(pl.concat(posted), heads=heads, first_entry_no=first_entry_no)


def _tax_detail() -> pl.Expr:
    """The text of a `TaxDetail` of TAXES."""
    text = pl.format(
        "{}|{}|{}|{}", "jurisdiction", "tax", "code", pl.col("percent").cast(pl.String)
    )
    known = pl.col("jurisdiction") != ""
    return pl.when(known).then(text).otherwise(pl.lit(NO_DETAIL)).alias("detail")


def number_postings(
    posted: pl.DataFrame, *, heads: pl.DataFrame, first_entry_no: int
) -> pl.DataFrame:
    """POSTINGS of sides (`account_id`, `ledger_account`, `amount`, `place`), in order of heads.

    Sides may have a `detail`.
    """
    if "detail" not in posted.columns:
        posted = posted.with_columns(detail=pl.lit(NO_DETAIL))
    order = heads.select("account_id").with_row_index("order")
    summed = (
        posted.group_by("account_id", "ledger_account", "detail", maintain_order=True)
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
