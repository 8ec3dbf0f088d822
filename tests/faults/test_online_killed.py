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
from tests.flows.test_share_online import open_group

ASKS = 400
CLIENTS = 8
POOLED, POOL = 3, 3_000


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


def opening(customer=1):
    """What a request says of whom it is for."""
    subject = f"4917000000{customer:02d}"
    return {"subject_kind": "msisdn", "subject": subject, "kind": "voice", "unit": "s"}


async def one_call(ask, number):
    """An event of a minute."""
    await ask("event", key=f"k{number}", **opening(), quantity="60")


async def pooled_call(ask, number):
    """An event of 10 seconds, or a session that holds 30 and uses 20 or what it was granted."""
    who = opening(number % POOLED + 1)
    if number % 2:
        await ask("event", key=f"k{number}", **who, quantity="10")
        return
    session = f"s{number}"
    held = await ask("reserve", key=f"r{number}", **who, session=session, quantity="30")
    if held:
        used = min(int(held["granted"]), 20)
        await ask("commit", key=f"c{number}", session=session, used=str(used))


async def ask_all(port, numbers, *, answered, call=one_call, after=None, strike=None):
    """Makes each numbered call on one of several connections, until it is answered or lost."""

    async def client():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def ask(action, **told):
            body = json.dumps(told)
            head = f"POST /online/{action} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
            writer.write(f"{head}\r\n\r\n{body}".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            answer = await reader.readexactly(int(head.lower().split("length:")[1].split()[0]))
            if not head.startswith("HTTP/1.1 200"):
                return None
            answered[told["key"]] = answer
            if len(answered) == after:
                strike()
            return json.loads(answer)

        try:
            while numbers:
                await call(ask, numbers.pop())
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
    answered = ask_until_killed(own_database, victim)
    kept = events(own_database)
    assert 100 <= len(answered) < ASKS
    assert {
        key: Decimal(json.loads(body)["amount"]) for key, body in answered.items()
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


def ask_until_killed(database, victim, call=one_call):
    """What was answered until it was killed; the database is started again."""
    answered = {}
    with serving(database) as (process, port):

        def strike():
            if victim == "service":
                process.kill()
            else:
                kill_server(database.server)

        wanted = list(range(ASKS))
        asyncio.run(ask_all(port, wanted, answered=answered, call=call, after=100, strike=strike))
    if victim == "database":
        start_server(database.server.data_dir.parents[1])
    return answered


@pytest.mark.parametrize("victim", ["service", "database"])
def test_killed_while_accounts_draw_from_one_pool(own_database, victim):
    """50 minutes for three accounts without any money, and calls for more than that."""
    queries._plan.cache_clear()
    tenant = open_talk_business("online", customers=0)
    open_group(tenant, accounts=POOLED)
    connections.close_all()
    answered = ask_until_killed(own_database, victim, pooled_call)
    assert len(answered) >= 100
    told = used_by(answered)
    drawn, held, moved, kept = pool_of(own_database)
    assert told.items() <= kept.items()
    # A session that was under way when it was killed may hold what nobody was told of.
    assert drawn == moved == sum(kept.values()) >= sum(told.values())
    assert drawn + held <= POOL
    again = {}
    with serving(own_database) as (_, port):
        asyncio.run(ask_all(port, list(range(ASKS)), answered=again, call=pooled_call))
    assert answered.items() <= again.items()
    drawn, held, moved, kept = pool_of(own_database)
    assert used_by(again) == {name: used for name, used in kept.items() if used}
    assert drawn == moved == sum(kept.values())
    # All of it went, as far as sessions that hold more than they use leave it for others.
    assert (held, POOL - 10 * CLIENTS < drawn <= POOL) == (0, True)
    with psycopg.connect(own_database.conninfo("postgres")) as connection:
        charged = connection.execute("SELECT sum(amount) FROM reservations_reservation")
        assert charged.fetchone() == (0,)
    queries._plan.cache_clear()


def used_by(answered):
    """What each event and each ended session used, by its name, as it was answered."""
    ended = [json.loads(body) for key, body in answered.items() if key[0] in "kc"]
    return {one["session"]: int(one["used"]) for one in ended}


def pool_of(database):
    """What the pool's counter says was drawn and is held, its movements, and what each used."""
    with psycopg.connect(database.conninfo("postgres")) as connection:
        counted = connection.execute("SELECT used, held FROM balances_counter").fetchall()
        moved = connection.execute("SELECT sum(quantity) FROM balances_movement").fetchone()[0]
        found = connection.execute("SELECT session, used FROM reservations_reservation")
        ((drawn, held),) = counted
        return drawn, held, moved, {name: int(used) for name, used in found if used}


def kill_server(server):
    pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=10)


def events(database):
    """What each event was charged, by its key."""
    with psycopg.connect(database.conninfo("postgres")) as connection:
        found = connection.execute("SELECT session, amount FROM reservations_reservation")
        return dict(found.fetchall())
