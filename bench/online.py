"""Online charging over HTTP: durable requests a second, asked by a process of its own.

The service is `tallystick serve charge` in its own process with fsync on. The limit is what the
same database does when one connection only updates the same buckets by sets of the same size, each
set a transaction of its own. Afterwards 50 debits of 60 come at once on one balance of 10,000.
Beside the figures stands what each of the three spends of the processors for one request, in
microseconds: the service, PostgreSQL with all its processes, and the process that asks.
"""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import polars as pl
import psutil

from bench.business import open_operator, own_database
from bench.measure import Figure

CATALOGUE = """
currency: EUR
zone: Europe/Berlin
offers:
  prepaid:
    from: 2025-01-01
    components:
      calls: {of: voice, bill by: 60 s then 1 s, price: 0.06 per min, connect: 0.01}
      texts: {of: sms, price: 60 per msg}
"""
ACCOUNTS = 10_000
CLIENTS = 64
LIMIT_SETS = 200


def run(rows: int = 30_000) -> Figure:
    """That many events of one call each, spread over the accounts, on open connections.

    Each account has been charged once before: its first charge opens its bucket for credit.
    """
    with own_database() as home:
        tenant_id = open_operator(catalogue=CATALOGUE, files={}, accounts=ACCOUNTS)
        buckets = give_money(tenant_id)
        with serving(home) as service:
            ask(service.port, "--rows", str(ACCOUNTS), "--keys", "warm")
            before = service.spent_s()
            told = ask(service.port, "--rows", str(rows), "--keys", "load")
            spent = [after - then for after, then in zip(service.spent_s(), before, strict=True)]
            ask(service.port, "--fifty")
        check(tenant_id, buckets, requests=rows + ACCOUNTS)
        limit_s = bare_updates(tenant_id, buckets, size=max(round(told["batch"]), 1))
        seconds = told["seconds"]
        scale = rows / (LIMIT_SETS * max(round(told["batch"]), 1))
    for name, one in zip(
        ("service", "database", "client"), [*spent, told["client_s"]], strict=True
    ):
        told[f"{name}_us"] = round(one / rows * 1e6, 1)
    print(json.dumps(told), file=sys.stderr)
    return Figure("online", rows, seconds, limit_s * scale, told["p99_ms"])


def give_money(tenant_id: int) -> pl.DataFrame:
    """A prepaid bucket of 10,000 for every account: (account, bucket)."""
    from django.db import connections

    from tallystick.domain.parties.models import Account
    from tallystick.domain.tenants.bulk import insert_rows, new_ids
    from tallystick.domain.tenants.scope import acting_for

    with acting_for(tenant_id):
        ids = Account.objects.filter(house=False).order_by("id").values_list("id", flat=True)
        accounts = pl.DataFrame({"account_id": list(ids)})
        here = accounts.with_columns(tenant_id=pl.lit(tenant_id))
        insert_rows(here.with_columns(mode=pl.lit("prepaid")), table="balances_terms")
        held = here.with_columns(
            new_ids("balances_bucket", count=accounts.height).alias("id"),
            unit=pl.lit("EUR"), origin=pl.lit("top_up"), source_key=pl.lit("first"),
            valid_from=pl.lit("2025-01-01T00:00:00Z"), quantity=pl.lit(10_000),
            remaining=pl.lit(10_000),
        )  # fmt: skip
        insert_rows(held, table="balances_bucket")
        insert_rows(
            held.select(
                "tenant_id", "account_id", pl.col("id").alias("bucket_id"), kind=pl.lit("credit"),
                quantity=pl.lit(10_000), source_key=pl.lit("first"),
                occurred_at=pl.lit("2025-01-01T00:00:00Z"),
            ),
            table="balances_bucketmovement",
        )  # fmt: skip
    # What the autovacuum does by itself a minute after so many rows have come.
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    return held.select("account_id", "id")


class serving:  # noqa: N801  (reads as what is being done)
    """The service in a process of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __enter__(self) -> "serving":
        self.process = psutil.Popen(
            [sys.executable, "-m", "tallystick.wiring.command", "serve", "charge", "--port", "0"],
            env=os.environ | {"TALLYSTICK_HOME": str(self.home), "PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r":(\d+)/", said)
        assert found, said
        self.port = int(found[1])
        return self

    def spent_s(self) -> tuple[float, float]:
        """Processor seconds that the service and its database have spent so far."""
        place = self.home / "server" / "data" / "postmaster.pid"
        postmaster = psutil.Process(int(place.read_text().split()[0]))
        family = [postmaster, *postmaster.children(recursive=True)]
        return _spent_s([self.process]), _spent_s(family)

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


def _spent_s(processes: list[psutil.Process]) -> float:
    """What they have spent, and what those of their children did that have ended."""
    total = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            spent = process.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def ask(port: int, *words: str) -> dict[str, float]:
    """What the process that asks has measured."""
    command = [sys.executable, "-m", "bench.asking", "--port", str(port), *words,
               "--clients", str(CLIENTS), "--accounts", str(ACCOUNTS)]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def check(tenant_id: int, buckets: pl.DataFrame, *, requests: int) -> None:
    """Every answer is in the database once, and no cent is lost."""
    from django.db import connection

    from tallystick.domain.tenants.scope import acting_for

    with acting_for(tenant_id), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), sum(amount) FROM reservations_reservation")
        events, charged = cursor.fetchone()
        cursor.execute("SELECT sum(remaining) FROM balances_bucket")
        remaining = cursor.fetchone()[0]
        cursor.execute(
            "SELECT sum(quantity) FROM balances_bucketmovement"
            " WHERE account_id = (SELECT max(account_id) FROM balances_bucket)"
        )
        (last,) = cursor.fetchone()
    assert events == requests + 50, f"{events} events of {requests + 50} answers"
    assert remaining == Decimal(10_000) * buckets.height - charged
    assert last == 7_000, f"50 debits of 60 leave {last} of 10,000"


def bare_updates(tenant_id: int, buckets: pl.DataFrame, *, size: int) -> float:
    """Seconds of LIMIT_SETS transactions that each update so many buckets by key, and no more."""
    import psycopg
    from django.db import connections

    settings = connections["default"].settings_dict
    place = f"host='{settings['HOST']}' port={settings['PORT']} user={settings['USER']}"
    rows = buckets.sample(size * LIMIT_SETS, with_replacement=True, seed=1166).rows()
    sets = [rows[n * size : (n + 1) * size] for n in range(LIMIT_SETS)]
    statement = """
        UPDATE balances_bucket b SET remaining = remaining - 0.01
        FROM unnest(%s::bigint[], %s::bigint[]) AS r (a, i)
        WHERE b.tenant_id = %s AND b.account_id = r.a AND b.id = r.i
    """
    with psycopg.connect(f"{place} dbname={settings['NAME']}", autocommit=True) as connection:
        connection.execute("SELECT set_config('tallystick.tenant', %s, false)", [str(tenant_id)])
        began = perf_counter()
        for one in sets:
            accounts, ids = zip(*one, strict=True)
            connection.execute(statement, [list(accounts), list(ids), tenant_id], prepare=True)
        return perf_counter() - began
