"""Ledger entries in bulk, each balanced by the database when the transaction commits."""

from datetime import date, datetime
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.invoice.assemble_batch import MONEY
from tallystick.domain.ledger.chart_rules import with_own_accounts
from tallystick.domain.ledger.operations import require_open
from tallystick.domain.tenants.bulk import insert_rows, new_ids, read_frame, stage_rows

DEFERRALS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "id": pl.Int64(),
        "revenue_account": pl.String(),
        "currency": pl.String(),
        "period_from": pl.Date(),
        "period_to": pl.Date(),
        "amount": MONEY,
        "released": MONEY,
    }
)
"""Revenue that is earned by the day, and how much of it was released."""

ENTRY_ROWS: Final = pl.Schema(
    {
        "account_id": pl.Int64(),
        "source_key": pl.String(),
        "description": pl.String(),
        "kind": pl.String(),
        "occurred_on": pl.Date(),
        "currency": pl.String(),
        "ledger_account": pl.String(),
        "amount": MONEY,
        "detail": pl.String(),  # empty = none
    }
)
"""Entries given posting by posting; those of one source key stand together."""

_DETAIL: Final = pl.col("detail").replace("", None)


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
    Where an account has several, heads and postings go together by their `bill`.

    :raises BooksClosed: when that day lies in a closed period
    """
    require_open(occurred_on)
    of = "bill" if "bill" in heads.columns else "account_id"
    counts = postings.group_by(of, maintain_order=True).agg(pl.col("line_count").first())
    entries = counts.join(heads, on=of, how="left", maintain_order="left").with_columns(
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
    facts = postings.with_columns(kind=pl.lit(kind), occurred_on=pl.lit(occurred_on))
    insert_rows(
        with_own_accounts(facts)
        .join(entries.select(of, pl.col("account_id").alias("owner"), "id"), on=of)
        .select(
            pl.lit(tenant_id).alias("tenant_id"),
            pl.col("owner").alias("account_id"),
            pl.col("id").alias("entry_id"),
            "line_no",
            "line_count",
            "ledger_account",
            "own_account",
            _DETAIL,
            "amount",
        ),
        table="ledger_posting",
    )


def store_deferrals(lines: pl.DataFrame) -> None:
    """Keeps what of an invoice's lines is earned later; the columns are those of the model."""
    insert_rows(lines, table="ledger_deferral")


def accounts_with_deferrals(*, through: date) -> pl.DataFrame:
    """Accounts that earn something by that day, and how many lines (`account_id`, `lines`)."""
    return read_frame(
        "SELECT account_id, count(*) FROM ledger_deferral WHERE released <> amount"
        " AND period_from <= %s GROUP BY 1 ORDER BY 1",
        [through],
        schema={"account_id": pl.Int64, "lines": pl.Int64},
    )


def read_deferrals(accounts: tuple[int, int], *, through: date) -> pl.DataFrame:
    """The DEFERRALS of the accounts in [first, end) that earn something by that day."""
    return read_frame(
        "SELECT account_id, id, revenue_account, currency, period_from, period_to, amount,"
        " released FROM ledger_deferral WHERE released <> amount AND period_from <= %s"
        " AND account_id >= %s AND account_id < %s ORDER BY account_id, id",
        [through, *accounts],
        schema=DEFERRALS,
    )


def note_released(released: pl.DataFrame) -> None:
    """Notes what was released of each deferral so far (`account_id`, `id`, `released`)."""
    stage_rows(released, name="deferrals_released", types=("bigint", "bigint", "numeric"))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_deferral d SET released = r.released FROM deferrals_released r"
            " WHERE d.account_id = r.account_id AND d.id = r.id"
        )
        cursor.execute("DROP TABLE deferrals_released")


def store_many_entries(entries: pl.DataFrame, *, tenant_id: int, posted_at: datetime) -> None:
    """Stores any number of entries an account (ENTRY_ROWS).

    :raises BooksClosed: when one of the days lies in a closed period
    """
    if entries.is_empty():
        return
    first = entries["occurred_on"].min()
    assert isinstance(first, date)
    require_open(first)
    head = ["account_id", "source_key", "description", "kind", "occurred_on", "currency"]
    heads = entries.group_by(head, maintain_order=True).agg(line_count=pl.len())
    heads = heads.with_columns(new_ids("ledger_entry", count=heads.height).alias("id"))
    tenant = pl.lit(tenant_id).alias("tenant_id")
    insert_rows(
        heads.with_columns(tenant, pl.lit(posted_at).alias("posted_at")), table="ledger_entry"
    )
    numbered = (
        with_own_accounts(entries)
        .with_columns(line_no=pl.int_range(1, pl.len() + 1).over("account_id", "source_key"))
        .join(heads.select("account_id", "source_key", "id", "line_count"), on=head[:2])
    )
    insert_rows(
        numbered.select(
            tenant,
            "account_id",
            pl.col("id").alias("entry_id"),
            "line_no",
            "line_count",
            "ledger_account",
            "own_account",
            _DETAIL,
            "amount",
        ),
        table="ledger_posting",
    )
