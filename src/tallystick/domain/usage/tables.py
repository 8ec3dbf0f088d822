"""Usage in bulk: who a subject is, which records are new, events and rejects in."""

from datetime import date
from typing import Final

import polars as pl
from django.db import IntegrityError, connection, transaction

from tallystick.base.frames import AMOUNT, INSTANT, QUANTITY
from tallystick.core.capture.revise import STANDING
from tallystick.core.capture.sessions import SESSIONS
from tallystick.domain.tenants.bulk import (
    insert_rows,
    load_partition,
    new_ids,
    read_frame,
    stage_rows,
)

HOLDERS: Final = pl.Schema(
    {
        "subject_kind": pl.String(),
        "subject": pl.String(),
        "valid_from": INSTANT,
        "valid_to": INSTANT,
        "account_id": pl.Int64(),
        "contract_id": pl.Int64(),
        "service_id": pl.Int64(),
    }
)
"""Who held a subject when; a subject that nobody ever held has no row."""

HOLDING: Final = ("contracts_service", "inventory_identifier", "inventory_assignment")
"""The tables that say who."""

OWING: Final = ("parties_account", "contracts_contract", "contracts_contractoffer")
"""The tables that say by what terms."""

_USAGE_COLUMNS: Final = (
    "tenant_id", "account_id", "contract_id", "service_id", "id", "batch_id", "source_id", "kind",
    "started_at", "quantity", "unit", "called", "zone", "attributes",
)  # fmt: skip


def read_holders(subjects: pl.DataFrame, *, tenant_id: int) -> pl.DataFrame:
    """All holders (HOLDERS) of these subjects (columns `subject_kind`, `subject`)."""
    stage_rows(subjects, name="subjects_wanted", types=("text", "text"))
    holders = read_frame(
        """
        SELECT i.kind, i.value, micros(a.valid_from), micros(a.valid_to),
            a.account_id, s.contract_id, a.service_id
        FROM subjects_wanted w
        JOIN inventory_identifier i
            ON i.tenant_id = %s AND i.kind = w.subject_kind AND i.value = w.subject
        JOIN inventory_assignment a ON a.tenant_id = i.tenant_id AND a.identifier_id = i.id
        JOIN contracts_service s ON s.tenant_id = a.tenant_id AND s.id = a.service_id
        """,
        [tenant_id],
        schema=HOLDERS,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE subjects_wanted")
    return holders


def claim_records(keys: pl.DataFrame, *, tenant_id: int, source_id: int) -> pl.DataFrame:
    """Claims record ids for their source; gives what those claimed before stand for (STANDING).

    `keys` has the columns of STANDING, each id once, naming events that are yet to be stored. What
    is not in the answer is new and now claimed. The table's key decides, however many loaders run.
    """
    rows = keys.sort("record_id").select(
        pl.lit(tenant_id).alias("tenant_id"), pl.lit(source_id).alias("source_id"), *STANDING
    )
    try:
        with transaction.atomic():
            load_partition(rows, partition="usage_recordkey_all")
            return STANDING.to_frame()
    except IntegrityError:
        pass
    known = read_records(rows["record_id"], tenant_id=tenant_id, source_id=source_id)
    load_partition(rows.join(known, on="record_id", how="anti"), partition="usage_recordkey_all")
    return known


def read_records(record_ids: pl.Series, *, tenant_id: int, source_id: int) -> pl.DataFrame:
    """What those of the source's records stand for that are known (STANDING)."""
    stage_rows(record_ids.to_frame("record_id"), name="records_wanted", types=("text",))
    known = read_frame(
        """
        SELECT k.record_id, k.quantity, k.revision, k.account_id, k.usage_id, micros(k.started_at)
        FROM records_wanted w JOIN usage_recordkey k
            ON k.tenant_id = %s AND k.source_id = %s AND k.record_id = w.record_id
        """,
        [tenant_id, source_id],
        schema=STANDING,
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE records_wanted")
    return known


def new_usage_ids(events: pl.DataFrame) -> pl.DataFrame:
    """Events (USAGE_IN and holders) in the order they are stored in, with their ids as `id`."""
    ordered = events.sort("account_id", "started_at", "line")
    return ordered.with_columns(new_ids("usage_usage", count=ordered.height).alias("id"))


def ensure_months(parent: str, *, instants: pl.Series) -> dict[date, str]:
    """The leaf partition of each UTC month that holds one of the instants; made where missing."""
    months = instants.dt.date().dt.truncate("1mo").unique().sort()
    leaves = {}
    with connection.cursor() as cursor:
        for month in months:
            cursor.execute("SELECT ensure_month(%s, %s)", [parent, month])
            leaves[month] = cursor.fetchone()[0]
    return leaves


def refresh_statistics(parent: str) -> None:
    """Lets the planner look at a table, or at its partitions, that has much grown just now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT refresh_statistics(%s)", [parent])


def load_by_month(frame: pl.DataFrame, *, parent: str) -> None:
    """COPY rows with `started_at` into the partitions of their months, which must exist."""
    month = pl.col("started_at").dt.date().dt.truncate("1mo")
    for (first,), part in frame.group_by(month, maintain_order=True):
        assert isinstance(first, date)
        load_partition(part, partition=f"{parent}_{first:%Y_%m}")


def store_usage(
    events: pl.DataFrame, *, tenant_id: int, source_id: int, batch_id: int
) -> pl.DataFrame:
    """Stores accepted events (as `new_usage_ids` gives them); gives the rows."""
    rows = (
        events.sort("id")
        .with_columns(
            pl.lit(tenant_id).alias("tenant_id"),
            pl.lit(source_id).alias("source_id"),
            pl.lit(batch_id).alias("batch_id"),
        )
        .select(_USAGE_COLUMNS)
    )
    load_by_month(rows, parent="usage_usage")
    return rows


def store_rejects(rejects: pl.DataFrame, *, tenant_id: int, batch_id: int, decoded: bool) -> None:
    """Stores rejects (REJECTS); `decoded` says that `raw` is an event as JSON, not file text."""
    insert_rows(
        rejects.select(
            pl.lit(tenant_id).alias("tenant_id"),
            pl.lit(batch_id).alias("batch_id"),
            "line",
            "code",
            pl.col("parameters").fill_null("{}"),
            pl.col("raw").fill_null("").str.replace_all("\x00", "\ufffd", literal=True),
            pl.lit(decoded).alias("decoded"),
            pl.lit("open").alias("state"),
        ),
        table="usage_reject",
    )


def read_sessions(*, source_id: int) -> pl.DataFrame:
    """What is known of the sessions of a source (SESSIONS)."""
    columns = ", ".join(
        f"micros({name})" if isinstance(kind, pl.Datetime) else f'"{name}"'
        for name, kind in SESSIONS.items()
    )
    return read_frame(
        f"SELECT {columns} FROM usage_session WHERE source_id = %s ORDER BY nas, session",
        [source_id],
        schema=SESSIONS,
    )


def store_sessions(sessions: pl.DataFrame, *, tenant_id: int, source_id: int) -> None:
    """Replaces what is known of these sessions (SESSIONS)."""
    if sessions.is_empty():
        return
    types = {pl.String(): "text", pl.Int64(): "bigint", INSTANT: "timestamptz"}
    names = [f'"{name}"' for name in SESSIONS]
    stage_rows(
        sessions.rename(dict(zip(SESSIONS, names, strict=True))),
        name="sessions_heard",
        types=[types[kind] for kind in SESSIONS.values()],
    )
    columns, changes = ", ".join(names), ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO usage_session (tenant_id, source_id, {columns})"
            f" SELECT %s, %s, {columns} FROM sessions_heard"
            f" ON CONFLICT (tenant_id, source_id, nas, session) DO UPDATE SET {changes}",
            [tenant_id, source_id],
        )
        cursor.execute("DROP TABLE sessions_heard")


USES: Final = pl.Schema(
    {
        "contract_id": pl.Int64(),
        "component_id": pl.Int64(),
        "cycle_start": pl.Date(),
        "started_us": pl.Int64(),
        "charged": QUANTITY,
        "amount": AMOUNT,
    }
)
"""Rated lines with their instants in microseconds: what was charged of each."""


def read_uses(
    contracts: list[int], *, components: list[int], span: tuple[date, date]
) -> pl.DataFrame:
    """The rated lines of these contracts and components in cycles that begin in [from, to) (USES).

    Usage may be up to a year long, and lies in the cycle that it begins in.
    """
    return read_frame(
        "SELECT contract_id, component_id, cycle_start, micros(started_at), billed - allowed,"
        " amount FROM usage_ratedline WHERE contract_id = ANY(%s) AND component_id = ANY(%s)"
        " AND cycle_start >= %s AND cycle_start < %s"
        " AND started_at >= %s::date - 2 AND started_at < %s::date + 63"
        " ORDER BY contract_id, component_id, started_at, usage_id, seq",
        [contracts, components, *span, *span],
        schema=USES,
    )
