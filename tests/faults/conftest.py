"""One business at each of its stages, opened to billed twice, and copies to be broken."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from time import sleep

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from tallystick.domain.catalog import queries
from tallystick.flows.reconcile import reconcile
from tallystick.wiring.database import DATABASE, join_embedded
from tallystick.wiring.roles import create_database, give_database
from tallystick.wiring.server import Server
from tests.faults.business import CUSTOMERS, open_business, write_files
from tests.faults.children import Workers, some_workers
from tests.faults.figures import figures

FIRST = ("load", "charge", "bill")
STAGES = (*FIRST, "correct", "again", "close")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """A database with the business in it."""

    server: Server
    name: str
    tenant: int
    files: tuple[Path, ...]

    def conninfo(self, role: str = "postgres") -> str:
        return self.server.conninfo(user=role, database=self.name)

    def ask(self, query: str) -> tuple:
        with psycopg.connect(self.conninfo()) as connection:
            return connection.execute(query).fetchone()


@dataclass(frozen=True, slots=True)
class Unkilled:
    """What undisturbed work came to: a database before each stage, figures and effort of each."""

    before: dict[str, Place] = field(default_factory=dict)
    after: dict[str, dict[str, bytes]] = field(default_factory=dict)
    effort: dict[str, dict] = field(default_factory=dict)


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    with some_workers() as some:
        yield some


@pytest.fixture(scope="session")
def unkilled(template: Server, workers: Workers, django_db_blocker) -> Iterator[Unkilled]:
    told = Unkilled()
    with tempfile.TemporaryDirectory() as folder, django_db_blocker.unblock():
        files = tuple(write_files(Path(folder)))
        place = copied(Place(template, DATABASE, 0, files))
        queries._plan.cache_clear()  # another database gave the same ids to other versions
        with joined(place):
            place = Place(template, place.name, open_business(), files)
        for stage in STAGES:
            told.before[stage] = copied(place)
            ended = workers.run(place, [stage])
            assert ended.status == 0, ended.said
            told.effort[stage] = ended.did
            told.after[stage] = figures(place.conninfo(), stage=stage)
            with psycopg.connect(place.conninfo(), autocommit=True) as connection:
                connection.execute("ANALYZE")  # as the server does by itself within a minute
            check(place)
        assert place.ask("SELECT count(*) FROM invoices_invoice") == (2 * CUSTOMERS,)
        assert place.ask("SELECT count(*) > 400 FROM usage_replacedusage") == (True,)
        assert place.ask("SELECT count(*) > 30000 FROM usage_usage") == (True,)
        yield told
        for left in (place, *told.before.values()):
            drop(left)


@pytest.fixture
def copy(unkilled: Unkilled, django_db_blocker) -> Iterator[Callable[[str], Place]]:
    """A copy of the business as it was before a stage."""
    made = []

    def copy_before(stage: str) -> Place:
        made.append(copied(unkilled.before[stage]))
        return made[-1]

    with django_db_blocker.unblock():
        yield copy_before
    for place in made:
        drop(place)


def check(place: Place) -> None:
    """Every equality holds, numbers have no gap, everybody has one invoice a day at most."""
    with joined(place):
        findings = reconcile(tenant_id=place.tenant)
    assert [finding for finding in findings if not finding.ok] == []
    numbers = "SELECT number FROM invoices_invoice ORDER BY 1"
    with psycopg.connect(place.conninfo()) as connection:
        given = [row[0] for row in connection.execute(numbers)]
    assert given == [f"INV-2026-{number:06d}" for number in range(1, len(given) + 1)]
    twice = "SELECT count(*) - count(DISTINCT (account_id, issued_on)) FROM invoices_invoice"
    assert place.ask(twice) == (0,)


@contextmanager
def joined(place: Place) -> Iterator[None]:
    """Django at that place, and back where it was before."""
    before = dict(connections.settings["default"])
    connections.close_all()
    join_embedded(place.server, database=place.name)
    try:
        yield
    finally:
        connections.close_all()
        connections.settings["default"].update(before)


def copied(place: Place) -> Place:
    """The same business in a database of its own."""
    name = f"faults_{next(_numbers)}"
    postgres = place.server.conninfo(user="postgres", database="postgres")
    connections.close_all()
    create_database(postgres, name=name, template=place.name)
    give_database(postgres, name=name)
    return Place(place.server, name, place.tenant, place.files)


def await_quiet(place: Place) -> None:
    """Until the server has noticed that the killed one is gone: it first ends its statement."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    while place.ask(others) != (0,):
        sleep(0.02)


def drop(place: Place) -> None:
    """Takes the database away."""
    postgres = place.server.conninfo(user="postgres", database="postgres")
    with psycopg.connect(postgres, autocommit=True) as connection:
        name = sql.Identifier(place.name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
