"""Tables in and out of PostgreSQL by COPY, on Django's own connection and in its transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.db import connection
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn
from psycopg.waiting import Wait

from tallystick.domain.tenants.schema import APP_ROLE, LOADER_ROLE

SLICE_ROWS = 100_000
ANALYZE_ROWS = 5_000
ROWS_AT_ONCE = 10_000
TASK_MEMORY_MB = 64

_WIRE: dict[type, Any] = {pl.Datetime: pl.Int64(), pl.Boolean: pl.String()}
"""What crosses as something else: instants as microseconds, truth as `t` and `f`."""


def _copy(frame: pl.DataFrame, *, into: str) -> None:
    columns = ", ".join(frame.columns)
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {into} ({columns}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for part in frame.iter_slices(SLICE_ROWS):
            text = part.with_columns(_shortened(part.schema)).write_csv(
                include_header=False, quote_style="necessary"
            )
            copy.write(text.encode())


def _shortened(schema: pl.Schema) -> list[pl.Expr]:
    """Decimals without their trailing zeros: most are whole, and every digit is parsed again."""
    return [
        pl.col(name).cast(pl.String).str.strip_chars_end("0").str.strip_suffix(".")
        for name, kind in schema.items()
        if isinstance(kind, pl.Decimal) and kind.scale > 0
    ]


def load_partition(frame: pl.DataFrame, *, partition: str) -> None:
    """COPY straight into a leaf partition, as the role that may insert there and read nothing.

    Columns are matched by name. The caller has set `tenant_id` of every row; the partition's own
    key is the last guard against a row coming twice.
    """
    if frame.is_empty():
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {LOADER_ROLE}")
        _copy(frame, into=partition)
        cursor.execute(f"SET LOCAL ROLE {APP_ROLE}")


@dataclass(frozen=True, slots=True)
class Staged:
    """Rows that were sent and are not in their table yet; they go with their transaction."""

    table: str
    columns: tuple[str, ...]

    def insert(self) -> int:
        """INSERT through row-level security; gives the rows inserted."""
        columns = ", ".join(self.columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.table} ({columns}) SELECT {columns} FROM staging_{self.table}"
            )
            inserted: int = cursor.rowcount
            cursor.execute(f"DROP TABLE staging_{self.table}")
        return inserted


def stage_for(frame: pl.DataFrame, *, table: str) -> Staged:
    """Sends rows for a table ahead, so that what is locked while they are put in is so for less.

    Columns are matched by name. One set of rows a table at a time.
    """
    columns = ", ".join(frame.columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE staging_{table} ON COMMIT DROP AS"
            f" SELECT {columns} FROM {table} LIMIT 0"
        )
    _copy(frame, into=f"staging_{table}")
    return Staged(table, tuple(frame.columns))


def insert_rows(frame: pl.DataFrame, *, table: str) -> int:
    """INSERT through row-level security by way of a temporary table; gives the rows inserted."""
    return 0 if frame.is_empty() else stage_for(frame, table=table).insert()


@contextmanager
def joining_by_hash() -> Iterator[None]:
    """Statements here read both sides of a join once, however few rows the planner expects.

    It multiplies what each column of a key selects, finds one row where there are thousands, and
    looks all rows of an account up for each of them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on")


def give_room() -> None:
    """Room to sort and join a task's rows in memory, for the rest of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{TASK_MEMORY_MB}MB'")


def stage_rows(frame: pl.DataFrame, *, name: str, types: Sequence[str]) -> None:
    """A temporary table of these rows, dropped at commit, for joins and updates by set."""
    columns = ", ".join(f"{c} {t}" for c, t in zip(frame.columns, types, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
    if frame.is_empty():
        return
    _copy(frame, into=name)
    if frame.height >= ANALYZE_ROWS:
        # Without statistics the planner takes a temporary table for a small one.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {name}")


def read_frame(
    query: str, parameters: Sequence[Any] = (), *, schema: dict[str, Any] | pl.Schema
) -> pl.DataFrame:
    """The rows of a query as a frame of the named schema, column by column in order.

    Instants cross as microseconds since 1970 (the query says `micros(column)`), all else as
    PostgreSQL writes it; `Decimal` columns are parsed exactly.
    """
    wire = {name: _WIRE.get(type(kind), kind) for name, kind in pl.Schema(schema).items()}
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)", parameters) as copy,
    ):
        text = connection.connection.wait(_take_copy(copy.connection.pgconn))
    if not text:
        return pl.DataFrame(schema=schema)
    frame = pl.read_csv(text, has_header=False, schema=wire)
    return frame.select(
        (pl.col(name) == "t") if isinstance(kind, pl.Boolean) else pl.col(name).cast(kind)
        for name, kind in pl.Schema(schema).items()
    )


def _take_copy(server: PGconn) -> PQGen[bytes]:
    """All that a COPY sends, row by row as it arrives.

    The library's own reading goes through three generators a row, which took longer than the query.
    """
    parts: list[bytes] = []
    rows: list[memoryview] = []
    while True:
        size, row = server.get_copy_data(1)
        if size > 0:
            rows.append(row)
            if len(rows) >= ROWS_AT_ONCE:
                parts.append(b"".join(rows))
                rows = []
        elif size == 0:
            while not (yield Wait.R):
                continue
            server.consume_input()
        else:
            break
    for result in (yield from fetch_many(server)):
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)
    return b"".join([*parts, *rows])


def new_ids(table: str, *, count: int) -> pl.Series:
    """That many fresh ids of a table, ascending, as an Int64 series."""
    # One row with all of them: rows of a COPY are read one by one.
    found = read_frame(
        "SELECT coalesce(string_agg(nextval(%s)::text, ' '), '') FROM generate_series(1, %s)",
        [f"{table}_id_seq", count],
        schema={"ids": pl.String},
    )
    ids = found["ids"].str.split(" ").explode() if count else pl.Series([], dtype=pl.String)
    return ids.cast(pl.Int64).alias("id")
