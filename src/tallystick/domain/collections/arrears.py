"""What interest is charged on, in bulk: overdue invoices and all that changed what they owe."""

from datetime import date
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.domain.collections.tables import Span
from tallystick.domain.tenants.bulk import read_frame, stage_rows

BEARING: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "segment": pl.String(),
        "invoice_id": pl.Int64(),
        "currency": pl.String(),
        "total": MONEY,
        "due_on": pl.Date(),
        "charged_to": pl.Date(),  # null where none was charged yet
    }
)
"""Invoices with days on which they were overdue and bore no interest yet."""

CHANGES: Final = pl.Schema({"invoice_id": pl.Int64(), "on": pl.Date(), "amount": MONEY})
"""What was settled of invoices, day by day; below zero where it is owed again."""

HELD: Final = pl.Schema(
    {
        "invoice_id": pl.Int64(),
        "opened_on": pl.Date(),
        "decided_on": pl.Date(),
        "amount": MONEY,
    }
)
"""What was in dispute of invoices, and when."""

_MOVED: Final = """
    SELECT a.tenant_id, a.account_id, a.invoice_id, a.allocated_on AS day, a.amount
        FROM payments_allocation a
    UNION ALL SELECT f.tenant_id, f.account_id, f.invoice_id, f.offset_on, f.amount
        FROM invoices_offset f
    UNION ALL SELECT w.tenant_id, w.account_id, w.invoice_id, w.written_off_on, w.loss + w.tax
        FROM collections_writeoff w
    UNION ALL SELECT r.tenant_id, r.account_id, r.invoice_id, r.recovered_on, -(r.loss + r.tax)
        FROM collections_recovery r
"""
_BEARING: Final = f"""
    FROM invoices_openitem o
    JOIN parties_account a ON a.tenant_id = o.tenant_id AND a.id = o.account_id
    LEFT JOIN collections_interest i ON i.tenant_id = o.tenant_id
        AND i.account_id = o.account_id AND i.invoice_id = o.invoice_id
    WHERE o.total > 0 AND o.due_on + 1 < %s AND (i.charged_to IS NULL OR i.charged_to < %s)
        AND a.segment = ANY(%s) AND (o.state IN ('open', 'part_paid') OR EXISTS (
            SELECT 1 FROM ({_MOVED}) m WHERE m.tenant_id = o.tenant_id
                AND m.account_id = o.account_id AND m.invoice_id = o.invoice_id
                AND m.day > coalesce(i.charged_to, o.due_on + 1)))
"""


def read_bearing_accounts(*, end: date, segments: list[str]) -> pl.DataFrame:
    """Accounts of these segments with interest to be charged of days before `end`, in order."""
    return read_frame(
        f"SELECT DISTINCT o.account_id {_BEARING} ORDER BY 1",
        [end, end, segments],
        schema={"account_id": pl.Int64},
    )


def read_bearing(span: Span, *, end: date, segments: list[str]) -> pl.DataFrame:
    """BEARING invoices of the span."""
    return read_frame(
        "SELECT o.account_id, a.segment, o.invoice_id, o.currency, o.total, o.due_on, i.charged_to"
        f" {_BEARING} AND o.account_id >= %s AND o.account_id < %s ORDER BY 1, o.due_on, 3",
        [end, end, segments, *span],
        schema=BEARING,
    )


def read_changes(span: Span) -> pl.DataFrame:
    """CHANGES of the span's invoices."""
    return read_frame(
        f"SELECT m.invoice_id, m.day, m.amount FROM ({_MOVED}) m"
        " WHERE m.account_id >= %s AND m.account_id < %s",
        span,
        schema=CHANGES,
    )


def read_held(span: Span) -> pl.DataFrame:
    """HELD of the span's invoices."""
    return read_frame(
        "SELECT d.invoice_id, d.opened_on, d.decided_on, d.amount FROM collections_dispute d"
        " WHERE d.account_id >= %s AND d.account_id < %s",
        span,
        schema=HELD,
    )


def note_charged(invoices: pl.DataFrame, *, tenant_id: int, end: date) -> None:
    """Notes that these (`account_id`, `invoice_id`) bore interest up to that day."""
    stage_rows(
        invoices.select("account_id", "invoice_id"), name="charged", types=("bigint", "bigint")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO collections_interest (tenant_id, account_id, invoice_id, charged_to)"
            " SELECT %s, account_id, invoice_id, %s FROM charged"
            " ON CONFLICT (tenant_id, account_id, invoice_id)"
            " DO UPDATE SET charged_to = excluded.charged_to",
            [tenant_id, end],
        )
        cursor.execute("DROP TABLE charged")
