"""Looks at everything Tallystick stands on, and says how to mend what is broken."""

import importlib.metadata
import os
import re
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from django.db import Error as DatabaseError

from tallystick.wiring import database
from tallystick.wiring.roles import APP, DATABASE, LOADER, OWNER
from tallystick.wiring.server import (
    MEBIBYTE,
    Server,
    ServerState,
    memory_bytes,
    running_server,
    server_state,
)

LOCK: Final = Path(__file__).parents[3] / "requirements.lock"
DISK_MIB_MIN: Final = 2048
MEMORY_MIB_MIN: Final = 1024
TABLES_OPEN_TO_ALL: Final = """
    SELECT DISTINCT c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
    AND (NOT c.relispartition
         OR has_table_privilege('tallystick_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
    ORDER BY 1
"""
"""A partition counts where the application may touch it directly, past its table's policies."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `mend` is empty when it is well."""

    name: str
    ok: bool
    detail: str
    mend: str = ""


def examine(home: Path, *, url: str | None = None, port: int = 8000) -> list[Finding]:
    """Every finding, in the order in which mending makes sense; starts and changes nothing."""
    found = [
        check_python(sys.version_info[:2]),
        check_packages(LOCK),
        check_home(home),
        check_disk(home),
        check_memory(memory_bytes()),
        check_zones(),
        check_documents(),
        check_port(port),
    ]
    if url is not None:
        return found + examine_database(url, mend="check DATABASE_URL and that its server runs")
    found.append(check_server(home))
    server = running_server(home)
    if server is None:
        return found
    superuser = server.conninfo(user="postgres", database=DATABASE)
    return found + examine_database(superuser, mend="tallystick db migrate", server=server)


def check_python(version: tuple[int, ...]) -> Finding:
    said = ".".join(map(str, version))
    return _judge("python", version >= (3, 11), said, "install Python 3.11 or newer")


def check_packages(lock: Path) -> Finding:
    """Whether what is installed is what the lock pins."""
    if not lock.exists():
        return Finding("packages", True, "installed without the lock of a checkout")
    wrong = []
    for name, pinned in re.findall(r"^([\w.-]+)(?:\[\S*\])?==(\S+) \\$", lock.read_text(), re.M):
        try:
            installed = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            installed = "missing"
        if installed != pinned:
            wrong.append(f"{name} {installed}, not {pinned}")
    detail = "; ".join(wrong) or "as in the lock"
    return _judge("packages", not wrong, detail, "remove .venv and run ./run again")


def check_home(home: Path) -> Finding:
    place = _nearest(home)
    ok = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return _judge(
        "home", ok, str(home), f"make {place} writable or set TALLYSTICK_HOME to another folder"
    )


def check_disk(home: Path) -> Finding:
    free = shutil.disk_usage(_nearest(home)).free // MEBIBYTE
    return _judge("disk", free >= DISK_MIB_MIN, f"{free} MB free", f"free {DISK_MIB_MIN} MB")


def check_memory(total_bytes: int) -> Finding:
    found = total_bytes // MEBIBYTE
    mend = f"give the machine or container {MEMORY_MIB_MIN} MB"
    return _judge("memory", found >= MEMORY_MIB_MIN, f"{found} MB", mend)


def check_zones(zone: str = "Europe/Berlin") -> Finding:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError):
        return Finding("time zones", False, f"no {zone}", "install the tzdata package")
    return Finding("time zones", True, "present")


def check_documents(source: bytes = b"Hello") -> Finding:
    """Whether typst makes a PDF here."""
    try:
        import typst

        made: bytes = typst.compile(source, format="pdf")
    except Exception as fault:
        return Finding("documents", False, str(fault), "remove .venv and run ./run again")
    return _judge("documents", made.startswith(b"%PDF"), "typst renders", "reinstall typst")


def check_port(port: int) -> Finding:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError as fault:
            mend = f"end what listens on port {port}, or serve on another with --port"
            return Finding("web port", False, f"{port}: {fault.strerror}", mend)
    return Finding("web port", True, f"{port} is free")


def check_server(home: Path) -> Finding:
    state = server_state(home)
    mend = {
        ServerState.KILLED: "it was killed; the next command recovers it, or: tallystick db start",
        ServerState.STARTING: "it is starting or recovering; wait a moment",
    }.get(state, "")
    return Finding("server", not mend, str(state), mend)


def examine_database(conninfo: str, *, mend: str, server: Server | None = None) -> list[Finding]:
    """What a running database says of itself; `mend` is for when it does not answer."""
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=5) as connection:
            found = [Finding("connection", True, _version(connection)), check_roles(connection)]
            if not found[-1].ok:
                return found
            found.append(check_separation(connection))
    except psycopg.Error as fault:
        return [Finding("connection", False, str(fault).strip(), mend)]
    if server:
        database.join_embedded(server, database=DATABASE)
    else:
        database.join_outside(conninfo)
    return [*found, check_migrations()]


def check_roles(connection: psycopg.Connection) -> Finding:
    rows = connection.execute(
        "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)",
        [[OWNER, APP, LOADER]],
    ).fetchall()
    missing = {OWNER, APP, LOADER} - {row[0] for row in rows}
    if missing:
        said = f"missing: {', '.join(sorted(missing))}"
        return Finding("roles", False, said, "tallystick db migrate makes them")
    strong = [row[0] for row in rows if row[1]]
    mend = "; ".join(f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS" for role in strong)
    return _judge("roles", not strong, ", ".join(strong) or "three, none too strong", mend)


def check_separation(connection: psycopg.Connection) -> Finding:
    """Whether every table that has a tenant keeps the tenants apart."""
    open_tables = [row[0] for row in connection.execute(TABLES_OPEN_TO_ALL.encode())]
    mend = "; ".join(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
        for table in open_tables
    )
    detail = ", ".join(open_tables) or "forced on every table with a tenant"
    return _judge("row security", not open_tables, detail, mend)


def check_migrations() -> Finding:
    """Of the database that Django is joined to."""
    try:
        pending = database.pending_migrations()
    except DatabaseError as fault:
        return Finding("migrations", False, str(fault).strip(), "tallystick db migrate")
    detail = f"pending: {', '.join(pending)}" if pending else "all applied"
    return _judge("migrations", not pending, detail, "tallystick db migrate")


def _version(connection: psycopg.Connection) -> str:
    number = connection.info.server_version
    return f"PostgreSQL {number // 10_000}.{number % 10_000}"


def _judge(name: str, ok: bool, detail: str, mend: str) -> Finding:
    return Finding(name, ok, detail, "" if ok else mend)


def _nearest(path: Path) -> Path:
    """The path itself, or its nearest ancestor that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
