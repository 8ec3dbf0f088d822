"""Records corrected and taken back, in bulk: what was said of them, and what they stand for now."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import polars as pl
from django.db import connection

from tallystick.core.capture.revise import CONTENT, SAID, STANDING
from tallystick.domain.tenants.bulk import insert_rows, read_frame, stage_rows
from tallystick.domain.usage.models import Batch

_VERSIONS: Final = pl.Schema(
    {
        "record_id": pl.String(),
        "revision": pl.Int64(),
        **{name: SAID.get(name, pl.Int64()) for name in CONTENT},
    }
)
_TYPES: Final = ("text", "numeric", "bigint", "bigint", "bigint", "timestamptz")
_SAYS: Final = ", ".join(
    "micros(u.started_at)" if name == "started_at" else f"u.{name}" for name in CONTENT
)


def read_versions(standing: pl.DataFrame, *, tenant_id: int, source_id: int) -> pl.DataFrame:
    """All that was said of these records (STANDING): `record_id`, `revision`, CONTENT."""
    stage_rows(standing.select(STANDING.names()), name="records_standing", types=_TYPES)
    found = read_frame(
        f"""
        SELECT s.record_id, s.revision, {_SAYS} FROM records_standing s JOIN usage_usage u
            ON u.tenant_id = %s AND u.account_id = s.account_id
            AND u.started_at = s.started_at AND u.id = s.usage_id
        UNION ALL
        SELECT s.record_id, x.revision, {_SAYS} FROM records_standing s
        JOIN usage_replacedusage x
            ON x.tenant_id = %s AND x.source_id = %s AND x.record_id = s.record_id
        JOIN usage_usage u ON u.tenant_id = x.tenant_id AND u.account_id = x.account_id
            AND u.started_at = x.started_at AND u.id = x.usage_id
        """,
        [tenant_id, tenant_id, source_id],
        schema=_VERSIONS,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE records_standing")
    return found


def replace_usage(
    standing: pl.DataFrame, *, successors: pl.DataFrame, batch: Batch, at: datetime
) -> None:
    """Takes the events that these records stand for out of what counts.

    `standing` (STANDING) stood until now; `successors` (`record_id`, `id`) are the events in their
    place, none for what is taken back.
    """
    rows = standing.join(successors, on="record_id", how="left").select(
        pl.lit(batch.tenant_id).alias("tenant_id"),
        "account_id",
        "usage_id",
        "started_at",
        pl.lit(batch.source_id).alias("source_id"),
        "record_id",
        "revision",
        pl.lit(batch.id).alias("batch_id"),
        pl.col("id").alias("successor_id"),
        pl.lit(at).alias("replaced_at"),
    )
    insert_rows(rows, table="usage_replacedusage")


def restate_records(keys: pl.DataFrame, *, tenant_id: int, source_id: int) -> None:
    """Has records stand for what STANDING says; each is known."""
    if keys.is_empty():
        return
    stage_rows(keys.select(STANDING.names()), name="records_restated", types=_TYPES)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE usage_recordkey k SET quantity = s.quantity, revision = s.revision,"
            " account_id = s.account_id, usage_id = s.usage_id, started_at = s.started_at"
            " FROM records_restated s"
            " WHERE k.tenant_id = %s AND k.source_id = %s AND k.record_id = s.record_id",
            [tenant_id, source_id],
        )
        cursor.execute("DROP TABLE records_restated")


@dataclass(frozen=True, slots=True)
class Replacement:
    """An event that no longer counts, what it was, and what is in its place."""

    source: str
    record: str
    account: str
    usage_id: int
    started_at: datetime
    kind: str
    quantity: Decimal
    unit: str
    file: str
    batch_id: int
    replaced_at: datetime
    now: Decimal | None  # None = taken back
    charged: bool


def list_replaced(
    *, account: str | None = None, record: str | None = None, count: int
) -> list[Replacement]:
    """The events replaced last, of an account or record or all, the latest first."""
    wanted = {"a.number = %s": account, "x.record_id = %s": record}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT s.code, x.record_id, a.number, u.id, u.started_at, u.kind, u.quantity, u.unit,
                b.filename, b.id, x.replaced_at, n.quantity, x.charge_run_id IS NOT NULL
            FROM usage_replacedusage x
            JOIN usage_usage u ON u.tenant_id = x.tenant_id AND u.account_id = x.account_id
                AND u.started_at = x.started_at AND u.id = x.usage_id
            JOIN parties_account a ON a.tenant_id = x.tenant_id AND a.id = x.account_id
            JOIN usage_batch b ON b.tenant_id = x.tenant_id AND b.id = x.batch_id
            JOIN usage_source s ON s.tenant_id = x.tenant_id AND s.id = x.source_id
            LEFT JOIN usage_recordkey k ON k.tenant_id = x.tenant_id AND k.source_id = x.source_id
                AND k.record_id = x.record_id AND k.usage_id = x.successor_id
            LEFT JOIN usage_replacedusage y ON y.tenant_id = x.tenant_id
                AND y.source_id = x.source_id AND y.record_id = x.record_id
                AND y.usage_id = x.successor_id
            LEFT JOIN usage_usage n ON n.tenant_id = x.tenant_id AND n.id = x.successor_id
                AND n.account_id = coalesce(k.account_id, y.account_id)
                AND n.started_at = coalesce(k.started_at, y.started_at)
            WHERE {" AND ".join(given) or "true"}
            ORDER BY x.replaced_at DESC, x.usage_id DESC LIMIT %s
            """,
            [*given.values(), count],
        )
        return [Replacement(*row) for row in cursor.fetchall()]
