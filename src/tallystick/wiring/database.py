"""Joins Django to its database: the embedded one, or the one that DATABASE_URL names."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import django.db
import psycopg
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from psycopg.conninfo import conninfo_to_dict

from tallystick.base.refusal import Refusal
from tallystick.wiring.roles import (
    APP,
    DATABASE,
    OWNER,
    create_database,
    give_database,
    prepare_roles,
)
from tallystick.wiring.server import Server, start_server

ALIASES: Final = {"default": APP, "owner": OWNER}
LOST: Final = (django.db.OperationalError, django.db.InterfaceError, psycopg.OperationalError)
DISK_FULL: Final = "53100"
MIGRATION_LOCK: Final = 0x7A11  # any number of our own


@dataclass
class DatabaseGone(Refusal):
    code = "database_gone"
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"the connection to the database was lost ({self.detail}); "
            "run the command again: what was not confirmed was not done"
        )


@dataclass
class DatabaseFull(Refusal):
    code = "database_full"
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"the disk that holds the database is full ({self.detail}); free some space and "
            "run the command again: what was not confirmed was not done"
        )


@dataclass
class DatabaseUnreachable(Refusal):
    code = "database_unreachable"
    detail: str = ""

    def sentence(self) -> str:
        return (
            f"no connection to the database that DATABASE_URL names ({self.detail}); "
            "check its address, name and password, or unset it to use the embedded one"
        )


def open_database(*, home: Path, url: str | None) -> None:
    """Django joined to a database that is ready for work.

    The embedded database is migrated on the way; one of your own only by `tallystick db migrate`.

    :raises Refusal: when the server cannot be started or reached, or its roles not be prepared
    """
    configure_database(home=home, url=url)
    if url is None:
        migrate_database()


def configure_database(*, home: Path, url: str | None) -> None:
    """Django joined to the database of the URL, or to the embedded one, started if need be.

    :raises DatabaseUnreachable: when the URL's server does not answer
    :raises Refusal: as `start_server` and `prepare_roles` do
    """
    if url is None:
        server = start_server(home)
        prepare_embedded(server)
        join_embedded(server, database=DATABASE)
        return
    try:
        conninfo_to_dict(url)
        prepare_roles(url)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as fault:
        raise DatabaseUnreachable(detail=_first_line(fault)) from fault
    join_outside(url)


def prepare_embedded(server: Server) -> None:
    """Roles and database on the embedded server; idempotent."""
    made = create_database(server.conninfo(user="postgres", database="postgres"), name=DATABASE)
    with_database = server.conninfo(user="postgres", database=DATABASE)
    prepare_roles(with_database, login=True)
    if made:
        give_database(with_database, name=DATABASE)


def join_embedded(server: Server, *, database: str) -> None:
    """Django joined to one database of the embedded server, each alias as its own role."""
    for alias, role in ALIASES.items():
        _join(alias, server.conninfo(user=role, database=database), role=None)


def join_outside(url: str) -> None:
    """Django joined to the database of the URL, whose login takes each alias's role."""
    for alias, role in ALIASES.items():
        _join(alias, url, role=role)


def migrate_database(*, verbosity: int = 0) -> bool:
    """Bring the tables up to date, one migrator at a time; true when something was to do."""
    connection = connections["owner"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
    try:
        if not pending_migrations():
            return False
        call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
        return True
    finally:
        with suppress(django.db.Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])


def pending_migrations() -> list[str]:
    """Migrations of the installed apps that the database has not had yet, in order."""
    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


@contextmanager
def naming_lost_connection() -> Iterator[None]:
    """Turns a lost connection, a server that stops or starts, or a full disk into a refusal.

    :raises DatabaseGone: when the connection is lost inside
    :raises DatabaseFull: when the server finds no room for what is written inside
    """
    try:
        yield
    except LOST as fault:
        cause = fault.__cause__ if isinstance(fault.__cause__, psycopg.Error) else fault
        state = getattr(cause, "sqlstate", None)
        # No state: the socket broke. 08, 57P: the server says that it goes or is not there yet.
        if state is None or state.startswith(("08", "57P")):
            raise DatabaseGone(detail=_first_line(fault)) from fault
        if state == DISK_FULL:
            raise DatabaseFull(detail=_first_line(fault)) from fault
        raise


def _join(alias: str, conninfo: str, *, role: str | None) -> None:
    """Point a Django alias at the connection string, in place, and drop its open connection."""
    given: dict[str, Any] = dict(conninfo_to_dict(conninfo))
    settings = connections.settings[alias]
    settings |= {
        "NAME": given.pop("dbname", DATABASE),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": str(given.pop("port", "")),
    }
    if role is not None:
        given["options"] = f"{given.get('options', '')} -c role={role}".strip()
    settings["OPTIONS"] = given
    connections[alias].close()


def _first_line(fault: Exception) -> str:
    return (str(fault).strip().splitlines() or ["no reason given"])[0]
