"""Issuing: invoices get their numbers, are stored and posted, in one transaction."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from tallystick.core.invoice.assemble_batch import MONEY, AssembledBatch
from tallystick.core.post.batch import post_invoices_batch
from tallystick.domain.invoices import operations, tables
from tallystick.domain.ledger.tables import store_deferrals, store_entries
from tallystick.domain.tenants.bulk import new_ids
from tallystick.flows.due import DueTask
from tallystick.flows.receive import allocate_credit

SERIES: Final = "INV"
ISSUED: Final = pl.Schema({"bill": pl.String(), "account_id": pl.Int64(), "invoice_id": pl.Int64()})
"""What became of each bill: its invoice, and the account that pays it."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose invoices are issued, on which day and when, and by which bill run if by any."""

    tenant_id: int
    on: date
    at: datetime
    bill_run_id: int | None = None


def issue_batch(
    batch: AssembledBatch, *, task: DueTask, currency: str, stamp: Stamp
) -> pl.DataFrame:
    """Numbers, stores and posts the invoices of a batch (ISSUED); `task` is what it was made from.

    It is part of the caller's transaction.

    :raises BooksClosed: when the day of issue lies in a closed period
    """
    if batch.invoices.is_empty():
        return ISSUED.to_frame()
    heads = _invoice_rows(batch, task=task, currency=currency, stamp=stamp)
    ids = heads.select("bill", "account_id", pl.col("id").alias("invoice_id"))
    lines = task.as_invoice_lines(batch.lines, currency=currency).join(ids, on="bill")
    _mark(lines)
    tenant = pl.lit(stamp.tenant_id).alias("tenant_id")
    taxes = batch.taxes.select(
        tenant,
        pl.col("account_id").alias("bill"),
        pl.col("tax").alias("name"),
        "code",
        pl.col("percent").alias("rate"),
        "taxable",
        pl.col("amount").alias("tax"),
        "place",
        "jurisdiction",
    ).join(ids, on="bill")
    open_items = heads.filter(pl.col("total") != 0).select(
        tenant,
        "account_id",
        pl.col("id").alias("invoice_id"),
        "due_on",
        "currency",
        "total",
        pl.lit(Decimal(0)).alias("settled"),
        pl.lit("open").alias("state"),
    )
    staged = tables.stage_lines(
        lines.drop("bill", "owner", "cycle_start", "one_off_id").with_columns(tenant)
    )
    # From here on no other task can take numbers until this one is done.
    heads = _numbered(heads, stamp=stamp)
    tables.store_invoices(
        invoices=heads.drop("bill"),
        lines=staged,
        taxes=taxes.drop("bill"),
        open_items=open_items,
    )
    _defer(lines, currency=currency, stamp=stamp)
    _post(batch, heads=heads, currency=currency, stamp=stamp)
    billed_accounts = heads["account_id"].unique(maintain_order=True).to_list()
    operations.offset_credits(billed_accounts, on=stamp.on)
    allocate_credit(tenant_id=stamp.tenant_id, accounts=billed_accounts, on=stamp.on, at=stamp.at)
    return ids


def _mark(lines: pl.DataFrame) -> None:
    """Puts on single charges and usage totals the invoice that has them."""
    tables.mark_one_offs(
        lines.filter(pl.col("one_off_id").is_not_null())
        .select("one_off_id", "invoice_id")
        .rename({"one_off_id": "id"})
    )
    billed = lines.filter(pl.col("purpose").str.starts_with("usage"))
    tables.mark_billed(
        billed.select(
            pl.col("owner").alias("account_id"),
            "contract_id",
            "component_id",
            pl.col("cycle_start"),
            "invoice_id",
        )
    )


def _defer(lines: pl.DataFrame, *, currency: str, stamp: Stamp) -> None:
    """Keeps what is earned after the day of issue, to be released day by day."""
    later = pl.col("period_to") > pl.lit(stamp.on).dt.offset_by("1d")
    store_deferrals(
        lines.filter(later & (pl.col("net") != 0)).select(
            pl.lit(stamp.tenant_id).alias("tenant_id"),
            "account_id",
            "invoice_id",
            "line_no",
            "revenue_account",
            pl.lit(currency).alias("currency"),
            "period_from",
            "period_to",
            pl.col("net").alias("amount"),
            pl.lit(0).cast(MONEY).alias("released"),
        )
    )


def _post(batch: AssembledBatch, *, heads: pl.DataFrame, currency: str, stamp: Stamp) -> None:
    """Posts one entry an invoice; `heads` are the stored invoices."""
    postings = post_invoices_batch(batch, issued_on=stamp.on, first_entry_no=1)
    store_entries(
        postings.rename({"account_id": "bill"}),
        heads=heads.select(
            "bill",
            "account_id",
            pl.format("invoice:{}", "number").alias("source_key"),
            pl.format("invoice {}", "number").alias("description"),
        ),
        tenant_id=stamp.tenant_id,
        kind="invoice_issued",
        occurred_on=stamp.on,
        currency=currency,
        posted_at=stamp.at,
    )


def _invoice_rows(
    batch: AssembledBatch, *, task: DueTask, currency: str, stamp: Stamp
) -> pl.DataFrame:
    payers = task.contracts.select("bill", "payment_days", account_id="payer")
    heads = batch.invoices.rename({"account_id": "bill"}).join(
        payers.unique("bill"), on="bill", how="left", maintain_order="left"
    )
    return heads.select(
        "bill",
        pl.lit(stamp.tenant_id).alias("tenant_id"),
        "account_id",
        new_ids("invoices_invoice", count=heads.height).alias("id"),
        pl.lit(stamp.bill_run_id, pl.Int64).alias("bill_run_id"),
        pl.lit("invoice").alias("kind"),
        pl.lit(stamp.on).alias("issued_on"),
        (pl.lit(stamp.on) + pl.duration(days="payment_days")).alias("due_on"),
        pl.lit(currency).alias("currency"),
        "net",
        "tax",
        "total",
        pl.lit(stamp.at).alias("issued_at"),
    )


def _numbered(heads: pl.DataFrame, *, stamp: Stamp) -> pl.DataFrame:
    numbers = operations.take_numbers(
        tenant_id=stamp.tenant_id, series=SERIES, year=stamp.on.year, count=heads.height
    )
    return heads.with_columns(pl.Series("number", numbers))
