"""Locks that outlive a transaction: one charge run, one bill run of an operator at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zlib import crc32

from django.db import connection

from tallystick.base.refusal import Refusal


@dataclass
class AlreadyRunning(Refusal):
    code = "already_running"
    work: str = ""

    def sentence(self) -> str:
        return f"{self.work} is already running for this operator; wait until it has ended"


@contextmanager
def only_one(work: str, *, tenant_id: int) -> Iterator[None]:
    """Holds the operator's lock for this work while the block runs; it falls with the connection.

    :raises AlreadyRunning: when another connection holds it
    """
    keys = [tenant_id, crc32(work.encode()) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", keys)
        if not cursor.fetchone()[0]:
            raise AlreadyRunning(work=work)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", keys)
