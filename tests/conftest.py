"""A real PostgreSQL for every test that asks for one, and Django joined to it.

`db` (or `@pytest.mark.django_db`): a migrated database; what the test does is rolled back.
`own_database`: a fresh migrated database for one test: real commits, threads, kill -9.
`module_database`: the same, shared by the tests of one module.
`server`: the bare embedded server of the session.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psutil
import psycopg
import pytest
from django.db import connections
from psycopg import sql

from tallystick.wiring.database import (
    DATABASE,
    join_embedded,
    migrate_database,
    prepare_embedded,
)
from tallystick.wiring.roles import APP, create_database, give_database
from tallystick.wiring.server import Server, start_server, stop_server

HOMES = "tallystick-test-"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """One migrated database on the session's server."""

    server: Server
    name: str

    def conninfo(self, role: str = APP) -> str:
        """A connection string for any role that may log in, `postgres` included."""
        return self.server.conninfo(user=role, database=self.name)


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """Where commands keep what is theirs: never the home of whoever runs the tests."""
    _sweep_left_homes()
    own = Path(tempfile.mkdtemp(prefix=f"{HOMES}{os.getpid()}-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLYSTICK_HOME", str(own))
        yield own
    stop_server(own)
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The session's own embedded server; always stopped at the end."""
    home = Path(tempfile.mkdtemp(prefix=f"{HOMES}{os.getpid()}-"))
    try:
        yield start_server(home)
    finally:
        stop_server(home)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: Server, django_db_blocker) -> Server:
    """The server with its migrated database, which the others are copies of."""
    prepare_embedded(server)
    join_embedded(server, database=DATABASE)
    with django_db_blocker.unblock():
        migrate_database()
        connections.close_all()
    return server


@pytest.fixture(scope="session")
def django_db_setup(template: Server, django_db_blocker) -> Iterator[None]:
    """What pytest-django's `db` works in."""
    with django_db_blocker.unblock(), _copy(template):
        yield


@pytest.fixture
def own_database(template: Server, django_db_blocker) -> Iterator[Database]:
    with django_db_blocker.unblock(), _copy(template) as database:
        yield database


@pytest.fixture(scope="module")
def module_database(template: Server, django_db_blocker) -> Iterator[Database]:
    with django_db_blocker.unblock(), _copy(template) as database:
        yield database


@contextmanager
def _copy(server: Server) -> Iterator[Database]:
    """A copy of the migrated database with Django joined to it, dropped and left afterwards."""
    name = f"test_{next(_numbers)}"
    postgres = server.conninfo(user="postgres", database="postgres")
    before = connections["default"].settings_dict["NAME"]
    connections.close_all()
    create_database(postgres, name=name, template=DATABASE)
    give_database(postgres, name=name)
    join_embedded(server, database=name)
    try:
        yield Database(server, name)
    finally:
        connections.close_all()
        join_embedded(server, database=before)
        with psycopg.connect(postgres, autocommit=True) as connection:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            connection.execute(drop)


def _sweep_left_homes() -> None:
    """Stops the servers of test sessions that were killed before they could."""
    for home in Path(tempfile.gettempdir()).glob(f"{HOMES}*"):
        maker = home.name.removeprefix(HOMES).split("-")[0]
        if maker.isdigit() and not psutil.pid_exists(int(maker)):
            stop_server(home)
            shutil.rmtree(home, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if any(shutil.which(name) for name in CHROMIUM):
        return
    reason = "drives a browser and none is installed: sudo apt-get install chromium"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))
