"""Ledger entries in bulk, each balanced by the database when the transaction commits."""

from datetime import date, datetime

import polars as pl

from tallystick.domain.tenants.bulk import insert_rows, new_ids


def store_entries(
    postings: pl.DataFrame,
    *,
    heads: pl.DataFrame,
    tenant_id: int,
    kind: str,
    occurred_on: date,
    currency: str,
    posted_at: datetime,
) -> None:
    """Stores one entry an account: its POSTINGS and its head.

    `heads` has `account_id`, `source_key`, `description`; a head without postings has no entry.
    """
    counts = postings.group_by("account_id", maintain_order=True).agg(pl.col("line_count").first())
    entries = counts.join(heads, on="account_id", how="left", maintain_order="left").with_columns(
        new_ids("ledger_entry", count=counts.height).alias("id"),
        pl.lit(tenant_id).alias("tenant_id"),
    )
    insert_rows(
        entries.select(
            "tenant_id",
            "account_id",
            "id",
            "source_key",
            pl.lit(kind).alias("kind"),
            pl.lit(occurred_on).alias("occurred_on"),
            pl.lit(posted_at).alias("posted_at"),
            pl.lit(currency).alias("currency"),
            "line_count",
            "description",
        ),
        table="ledger_entry",
    )
    insert_rows(
        postings.join(entries.select("account_id", "id"), on="account_id").select(
            pl.lit(tenant_id).alias("tenant_id"),
            "account_id",
            pl.col("id").alias("entry_id"),
            "line_no",
            "line_count",
            "ledger_account",
            "amount",
        ),
        table="ledger_posting",
    )
