"""Direct debits in bulk: what may be collected, what a run collects, how its mandates go on."""

from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame

TO_COLLECT: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "invoice_id": pl.Int64(),
        "mandate_id": pl.Int64(),
        "amount": MONEY,
        "sequence": pl.String(),
    }
)
"""Open items and the mandates that collect them; `sequence` is the bank's code."""

RUN_LINES: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "account": pl.String(),
        "invoice": pl.String(),
        "end_to_end": pl.String(),
        "sequence": pl.String(),
        "amount": MONEY,
        "mandate": pl.String(),
        "signed_on": pl.Date(),
        "debtor": pl.String(),
        "iban": pl.String(),
        "bic": pl.String(),
    }
)
"""What a run collects, in the order of its file."""


def read_to_collect(*, on: date, currency: str) -> pl.DataFrame:
    """TO_COLLECT: items due by that day of accounts with an active mandate, that no run has.

    What is in dispute is left out, and what a card is or may be asked for.

    An item that came back is collected again from its day of retry on, or by another mandate.
    """
    found = read_frame(
        """
        SELECT o.account_id, o.invoice_id, m.id,
            o.total - o.settled - coalesce(disputed.amount, 0), m.sequence
        FROM invoices_openitem o JOIN payments_mandate m ON m.tenant_id = o.tenant_id
            AND m.account_id = o.account_id AND m.state = 'active'
        LEFT JOIN LATERAL (
            SELECT d.id, d.retry_on FROM payments_directdebit d WHERE d.tenant_id = o.tenant_id
                AND d.account_id = o.account_id AND d.invoice_id = o.invoice_id
                AND d.mandate_id = m.id AND d.state = 'returned'
            ORDER BY d.id DESC LIMIT 1
        ) returned ON true
        LEFT JOIN collections_dispute disputed ON disputed.tenant_id = o.tenant_id
            AND disputed.account_id = o.account_id AND disputed.invoice_id = o.invoice_id
            AND disputed.state = 'open'
        WHERE o.state IN ('open', 'part_paid') AND o.total > 0
            AND o.total - o.settled > coalesce(disputed.amount, 0)
            AND o.due_on <= %s AND o.currency = %s
            AND NOT EXISTS (
                SELECT 1 FROM payments_directdebit d WHERE d.tenant_id = o.tenant_id
                    AND d.account_id = o.account_id AND d.invoice_id = o.invoice_id
                    AND d.state = 'running')
            AND NOT EXISTS (
                SELECT 1 FROM payments_pull p WHERE p.tenant_id = o.tenant_id
                    AND p.account_id = o.account_id AND p.invoice_id = o.invoice_id
                    AND p.state IN ('asked', 'processing', 'needs_action', 'failed'))
            AND (returned.id IS NULL OR returned.retry_on <= %s)
        ORDER BY o.account_id, o.due_on, o.invoice_id
        """,
        [on, currency, on],
        schema=TO_COLLECT,
    )
    # A bank wants one FRST, or one FNAL, of a mandate: the others of the same day are RCUR.
    place = pl.int_range(pl.len()).over("mandate_id")
    first = (pl.col("sequence") == "first") & (place == 0)
    final = (pl.col("sequence") == "final") & (place == pl.len().over("mandate_id") - 1)
    return found.with_columns(
        pl.when(first).then(pl.lit("FRST")).when(final).then(pl.lit("FNAL"))
        .otherwise(pl.lit("RCUR")).alias("sequence")
    )  # fmt: skip


def store_debits(to_collect: pl.DataFrame, *, tenant_id: int, run_id: int) -> None:
    """Stores a run's direct debits; each gets the name that banks give back with it."""
    ids = new_ids("payments_directdebit", count=to_collect.height)
    insert_rows(
        to_collect.with_columns(
            ids,
            pl.format("TSD{}", ids.cast(pl.String).str.zfill(12)).alias("end_to_end"),
            pl.lit(tenant_id).alias("tenant_id"),
            pl.lit(run_id).alias("run_id"),
            pl.lit("running").alias("state"),
        ),
        table="payments_directdebit",
    )


def read_run_lines(run_id: int, *, state: str | None = None) -> pl.DataFrame:
    """RUN_LINES of a run, or those of its lines that are in that state."""
    return read_frame(
        "SELECT d.account_id, a.number, i.number, d.end_to_end, d.sequence, d.amount, m.reference,"
        " m.signed_on, m.debtor, m.iban, m.bic FROM payments_directdebit d"
        " JOIN payments_mandate m ON m.tenant_id = d.tenant_id AND m.account_id = d.account_id"
        " AND m.id = d.mandate_id JOIN parties_account a ON a.tenant_id = d.tenant_id"
        " AND a.id = d.account_id JOIN invoices_invoice i ON i.tenant_id = d.tenant_id"
        " AND i.account_id = d.account_id AND i.id = d.invoice_id"
        " WHERE d.run_id = %s AND (%s::text IS NULL OR d.state = %s) ORDER BY d.id",
        [run_id, state, state],
        schema=RUN_LINES,
    ).with_columns(pl.col("bic").fill_null(""))


def mark_collected(run_id: int, *, on: date) -> None:
    """A run's running debits are collected: first mandates recur from here on, final ones end."""
    used = (
        " FROM payments_directdebit d WHERE d.run_id = %s AND d.state = 'running'"
        " AND m.tenant_id = d.tenant_id AND m.account_id = d.account_id AND m.id = d.mandate_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_mandate m SET state = 'revoked', revoked_on = %s,"
            f" reason = 'final collection'{used} AND d.sequence = 'FNAL' AND m.state = 'active'",
            [on, run_id],
        )
        cursor.execute(
            f"UPDATE payments_mandate m SET sequence = 'recurring'{used} AND m.sequence = 'first'",
            [run_id],
        )
        cursor.execute(
            "UPDATE payments_directdebit SET state = 'collected'"
            " WHERE run_id = %s AND state = 'running'",
            [run_id],
        )
