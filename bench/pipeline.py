"""Calls from disk to durable rated lines, duplicates checked, beside merely storing them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from django.db import connection, connections, transaction

from bench.business import AT, open_operator, own_database
from bench.measure import Figure, timed
from bench.rating import CATALOGUE, build_calls, deck_file

MAPPING = """
format: delimited
columns:
  record_id: id
  subject: {from: subscriber, kind: msisdn}
  kind: {constant: voice}
  started_at: {from: started, format: "%Y-%m-%dT%H:%M:%S", zone: UTC}
  quantity: {from: seconds, unit: s}
  called: called
"""
ACCOUNTS = 100_000


def run(rows: int = 1_000_000) -> Figure:
    """Loads and charges the file; the operator and its accounts are there before the clock runs."""
    with own_database(), TemporaryDirectory() as folder:
        path, mapping = Path(folder) / "calls.csv", Path(folder) / "calls.yaml"
        mapping.write_text(MAPPING)
        write_calls(path, rows)
        files = {"world.csv": deck_file()}
        tenant_id = open_operator(catalogue=CATALOGUE, files=files, accounts=ACCOUNTS)
        with timed() as limit:
            merely_store(path)
        with timed() as work:
            load_and_charge(path, mapping, tenant_id=tenant_id, rows=rows)
    return Figure("pipeline", rows, work.seconds, limit.seconds)


def write_calls(path: Path, rows: int, *, accounts: int = ACCOUNTS) -> None:
    """The calls of the rating benchmark as a switch would write them, a million at a time."""
    with path.open("wb") as file:
        for start in range(0, rows, 1_000_000):
            count = min(1_000_000, rows - start)
            calls = build_calls(calls=count, accounts=accounts, seed=2 + start // 1_000_000)
            calls.select(
                id=pl.format("{}", pl.col("usage_id") + start),
                subscriber=(pl.col("account_id") + 10**9).cast(pl.String),
                started=pl.col("started_at").dt.strftime("%Y-%m-%dT%H:%M:%S"),
                seconds=pl.col("quantity").cast(pl.Int64),
                called="called",
            ).write_csv(file, include_header=start == 0)


def merely_store(path: Path) -> None:
    """The limit: the rows read, sorted by subscriber and time, and copied into a bare table."""
    frame = pl.read_csv(path, infer_schema=False).sort("subscriber", "started")
    columns = ", ".join(f"{name} text" for name in frame.columns)
    with transaction.atomic(using="owner"):
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bare ({columns})")
        with (
            owner.connection.cursor() as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT csv)") as copy,
        ):
            for part in frame.iter_slices(100_000):
                copy.write(part.write_csv(include_header=False).encode())
    with owner.cursor() as cursor:
        cursor.execute("DROP TABLE bare")


def load_and_charge(path: Path, mapping: Path, *, tenant_id: int, rows: int) -> None:
    """Captures the file and charges all of it."""
    from tallystick.flows.capture import Delivery, capture_usage
    from tallystick.flows.charge import charge_usage
    from tallystick.gates.files.formats import find_format
    from tallystick.gates.files.usage import open_usage

    loaded = capture_usage(
        Delivery("bench", path.name, "calls", "bench"),
        tenant_id=tenant_id,
        chunks=open_usage(path, format=find_format(str(mapping))),
        at=AT,
    )
    charged = charge_usage(tenant_id=tenant_id, at=AT)
    connection.close()
    assert loaded.manifest.accepted == rows, loaded
    assert charged.events == rows, charged
    assert charged.suspended == 0, charged
