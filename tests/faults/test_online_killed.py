"""The service or its database killed under load: every answer is kept, and none counts twice."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from decimal import Decimal

import psutil
import psycopg
import pytest
from django.db import connections

from tallystick.domain.catalog import queries
from tallystick.wiring.server import start_server
from tests.faults.children import ROOT
from tests.flows.businesses import open_talk_business
from tests.flows.charging import give_bucket, give_terms

ASKS = 400
CLIENTS = 8


@contextmanager
def serving(database):
    """The service on that database, as a process of its own; gives the process and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tallystick.wiring.command", "serve", "charge", "--port", "0"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database.conninfo("postgres"), "PYTHONPATH": "src"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, int(re.search(r":(\d+)/", process.stdout.readline())[1])
    finally:
        process.kill()
        process.wait()


def message(number):
    body = json.dumps(
        {"key": f"k{number}", "subject_kind": "msisdn", "subject": "491700000001",
         "kind": "voice", "unit": "s", "quantity": "60"}
    )  # fmt: skip
    return f"POST /online/event HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}"


async def ask_all(port, numbers, *, answered, after=None, strike=None):
    """Asks on several connections until each number is answered or its connection is lost."""

    async def client():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while numbers:
                number = numbers.pop()
                writer.write(message(number).encode())
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                body = await reader.readexactly(int(head.lower().split("length:")[1].split()[0]))
                if head.startswith("HTTP/1.1 200"):
                    answered[number] = body
                if len(answered) == after:
                    strike()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))


@pytest.mark.parametrize("victim", ["service", "database"])
def test_killed_under_load(own_database, victim):
    queries._plan.cache_clear()
    tenant = open_talk_business("online")
    give_terms(tenant.id, "A1")
    give_bucket(tenant.id, "A1", 1_000)
    connections.close_all()
    answered = {}
    with serving(own_database) as (process, port):

        def strike():
            if victim == "service":
                process.kill()
            else:
                kill_server(own_database.server)

        wanted = list(range(ASKS))
        asked = ask_all(port, wanted, answered=answered, after=100, strike=strike)
        asyncio.run(asked)
    if victim == "database":
        start_server(own_database.server.data_dir.parents[1])
    kept = events(own_database)
    assert 100 <= len(answered) < ASKS
    assert {
        f"k{number}": Decimal(json.loads(body)["amount"]) for number, body in answered.items()
    }.items() <= kept.items()
    # All is asked again with its keys: what was answered is answered alike, the rest for once.
    again = {}
    with serving(own_database) as (_, port):
        asyncio.run(ask_all(port, list(range(ASKS)), answered=again))
    assert len(again) == ASKS
    assert answered.items() <= again.items()
    with psycopg.connect(own_database.conninfo("postgres")) as connection:
        # 10 minutes are free; each call has its fee, the others a minute besides.
        spent = ASKS * Decimal("0.05") + (ASKS - 10) * Decimal("0.12")
        left = connection.execute("SELECT sum(remaining) FROM balances_bucket").fetchone()[0]
        moved = connection.execute("SELECT sum(quantity) FROM balances_bucketmovement")
        assert left == moved.fetchone()[0] == 1_000 - spent
        assert len(events(own_database)) == ASKS
    queries._plan.cache_clear()


def kill_server(server):
    pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)


def events(database):
    """What each event was charged, by its key."""
    with psycopg.connect(database.conninfo("postgres")) as connection:
        found = connection.execute("SELECT session, amount FROM reservations_reservation")
        return dict(found.fetchall())
