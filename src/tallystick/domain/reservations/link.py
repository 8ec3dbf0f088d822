"""A connection for a handful of statements over sets, all sent in one go.

A cursor for each of them, and parameters adapted one by one, cost more than the statements
themselves when a batch has twenty. Here parameters are text as PostgreSQL writes it, on psycopg's
own binding of libpq, and its loaders read the rows of a result at once.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import AsyncConnection, OperationalError, abc
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]
Step = tuple[str, Sequence[bytes | None]]
"""A statement with $1, $2 ... and its parameters as text."""

FAILED: Final = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)


@dataclass(slots=True)
class Link:
    """The connection, the statements that it has prepared and the operator it is bound to."""

    connection: AsyncConnection[Any]
    tenant_id: int = 0
    _reader: abc.Transformer = field(init=False)
    _names: dict[str, bytes] = field(default_factory=dict)
    _waiting: "asyncio.Future[None] | None" = None

    def __post_init__(self) -> None:
        self._reader = Transformer(self.connection)

    @property
    def closed(self) -> bool:
        return self.connection.closed

    async def close(self) -> None:
        """Ends the connection; what was not committed is undone."""
        if not self.connection.closed:
            loop = asyncio.get_running_loop()
            loop.remove_reader(self.connection.pgconn.socket)
            loop.remove_writer(self.connection.pgconn.socket)
        await self.connection.close()

    async def ask(self, steps: Sequence[Step]) -> list[list[Row]]:
        """The rows of each statement, sent together and run in their order.

        :raises psycopg.Error: when one fails; what follows it is not run, and the link is useless
        """
        conn = self.connection.pgconn
        if not self._names:
            conn.enter_pipeline_mode()
            asyncio.get_running_loop().add_reader(conn.socket, self._readable)
        prepared: list[bool] = []
        for statement, values in steps:
            name = self._names.get(statement)
            if name is None:
                name = self._names[statement] = b"online%d" % len(self._names)
                conn.send_prepare(name, statement.encode())
                prepared.append(True)
            conn.send_query_prepared(name, values)
            prepared.append(False)
        conn.pipeline_sync()
        while conn.flush():
            await self._sent(conn)
        results = await self._results(conn)
        pairs = zip(results, prepared, strict=True)
        return [self._rows(result) for result, only in pairs if not only]

    async def _results(self, conn: PGconn) -> list[PGresult]:
        results: list[PGresult] = []
        while True:
            while conn.is_busy():
                await self._wake()
            result = conn.get_result()
            if result is None:
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            if result.status in FAILED:
                raise error_from_result(result)
            results.append(result)

    def _rows(self, result: PGresult) -> list[Row]:
        self._reader.set_pgresult(result)
        return self._reader.load_rows(0, result.ntuples, tuple)

    async def _sent(self, conn: PGconn) -> None:
        """Waits until more can be sent; what comes meanwhile is read, so that neither waits."""
        loop = asyncio.get_running_loop()
        loop.add_writer(conn.socket, self._woken)
        try:
            await self._wake()
        finally:
            loop.remove_writer(conn.socket)

    async def _wake(self) -> None:
        self._waiting = asyncio.get_running_loop().create_future()
        await self._waiting

    def _woken(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _readable(self) -> None:
        conn = self.connection.pgconn
        try:
            conn.consume_input()
        except OperationalError as fault:
            # The database has gone away, while it was asked or while it was not.
            asyncio.get_running_loop().remove_reader(conn.socket)
            conn.finish()
            if self._waiting is not None and not self._waiting.done():
                self._waiting.set_exception(fault)
        else:
            self._woken()
