"""Taking a rehearsed operator out of the database, as the owner of its tables.

The application may not: what is issued or posted is refused any change. Only an operator that
lives by a rehearsal clock, and so never billed anybody, can be taken out, and whole.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Final

import psycopg.errors
from django.db import OperationalError, connections, transaction
from django.db.backends.utils import CursorWrapper

from tallystick.base.refusal import Refusal
from tallystick.domain.tenants.scope import list_tenants, tenant_id_of

LOCK_WAIT: Final = "500ms"
"""Shorter than PostgreSQL waits for a deadlock, so that this gives way and never a bill run."""


@dataclass
class OnlyRehearsals(Refusal):
    code = "only_rehearsals"
    tenant: str = ""

    def sentence(self) -> str:
        return f"operator {self.tenant!r} lives by the wall clock; its books are kept for good"


@dataclass
class TablesBusy(Refusal):
    code = "tables_busy"
    tenant: str = ""

    def sentence(self) -> str:
        return f"operator {self.tenant!r} stays for now: other work holds the tables"


@contextmanager
def scratch_operator(code: str, *, keep: bool) -> Iterator[str]:
    """A code for an operator that is taken out again afterwards, however that ends."""
    try:
        yield code
    finally:
        if not keep and any(code == known for _, known, _ in list_tenants()):
            try:
                discard_operator(code)
            except TablesBusy as busy:
                print(busy.sentence(), file=sys.stderr)


def discard_operator(code: str) -> None:
    """Takes the operator and all its rows out, in one transaction.

    :raises UnknownTenant: when no operator has the code
    :raises OnlyRehearsals: when it lives by the wall clock
    :raises TablesBusy: when other work holds its tables
    """
    tenant_id = tenant_id_of(code)
    try:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
            cursor.execute("SELECT set_config('tallystick.tenant', %s, true)", [str(tenant_id)])
            cursor.execute("SELECT clock FROM tenants_tenant WHERE id = %s", [tenant_id])
            if cursor.fetchone() != ("rehearsal",):
                raise OnlyRehearsals(tenant=code)
            held = _refusing_change(cursor)
            for table, trigger in held:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            for table in _children_first(cursor):
                cursor.execute(f"DELETE FROM {table} WHERE tenant_id = %s", [tenant_id])
            cursor.execute("DELETE FROM tenants_tenant WHERE id = %s", [tenant_id])
            for table, trigger in held:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")
    except OperationalError as fault:
        if isinstance(fault.__cause__, psycopg.errors.LockNotAvailable):
            raise TablesBusy(tenant=code) from None
        raise


def _refusing_change(cursor: CursorWrapper) -> list[tuple[str, str]]:
    """The triggers that keep rows from being taken out, each with its table."""
    cursor.execute(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE tgname IN ('refuse_change', 'keep_billed') AND NOT tgisinternal ORDER BY 1"
    )
    return [(table, trigger) for table, trigger in cursor.fetchall()]


def _children_first(cursor: CursorWrapper) -> list[str]:
    """The tables held by tenant, each before those that it refers to."""
    cursor.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relforcerowsecurity AND NOT relispartition AND relname <> 'tenants_tenant'"
    )
    known = {table: set[str]() for (table,) in cursor.fetchall()}
    cursor.execute(
        "SELECT confrelid::regclass::text, conrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid <> confrelid"
    )
    for parent, child in cursor.fetchall():
        if parent in known and child in known:
            known[parent].add(child)
    return list(TopologicalSorter(known).static_order())
