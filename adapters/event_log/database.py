"""A small pool of connections to PostgreSQL, with a limit on everything.

No threads. The pool opens when it is first used and survives restarts of the server: a statement
that loses its connection is sent again until the limit, so every statement given to it must be safe
to run twice. (An append is: see `append_token` in the log.)
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Generator, Mapping, Sequence
from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from adapters import clock
from adapters.event_log.errors import StorageUnavailable

SIZE = 4
"""Connections of one process. Statements take a millisecond: more would wait for the lock."""
LIMIT_S = 5.0
"""One statement, with everything that may hold it up. Restarting the server takes 0.2 s here."""
STATEMENT_S = 4.0
"""The server's own limit, a little before ours, so that it says which statement was too slow."""
LOCK_S = 2.0
"""Waiting for the log's lock. Holders need a millisecond each; this is a writer that hangs."""
CONNECT_S = 3
WAITING = 500
"""Callers that may wait for a connection; more are told at once that the database is busy."""
SLICE_S = 0.5
"""How long one try waits for a connection before it makes the pool try to connect again."""
PAUSE_S = 0.05

SESSION: LiteralString = """
    set timezone to 'UTC';
    set statement_timeout to '{statement_ms}ms';
    set lock_timeout to '{lock_ms}ms';
    set default_transaction_isolation to 'read committed'
"""

Values = Sequence[object] | Mapping[str, object]
Record = tuple[Any, ...]


class Database:
    """Runs single statements. Use inside `async with`, or close it."""

    def __init__(
        self,
        conninfo: str,
        *,
        size: int = SIZE,
        waiting: int = WAITING,
        limit_s: float = LIMIT_S,
    ) -> None:
        self.conninfo = conninfo
        self.limit_s = limit_s
        self._pool: AsyncConnectionPool[AsyncConnection[Record]] = AsyncConnectionPool(
            conninfo,
            kwargs={"autocommit": True, "connect_timeout": CONNECT_S},
            min_size=0,
            max_size=size,
            open=False,
            configure=_configure,
            max_waiting=waiting,
            # The pool's own back-off starts at a second and doubles; ours asks again sooner.
            reconnect_timeout=0.0,
            num_workers=2,
        )
        self._closed = False

    def __repr__(self) -> str:
        """Hide the password that the conninfo may hold."""
        return "Database()"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def separate(self, size: int) -> Self:
        """Make connections of their own to the same database, for a part that must not wait."""
        return type(self)(self.conninfo, size=size, limit_s=self.limit_s)

    async def close(self) -> None:
        """Close every connection; statements that still run fail, and no new one is taken."""
        self._closed = True
        await self._pool.close(timeout=1.0)

    async def fetch(self, statement: LiteralString, values: Values = ()) -> list[Record]:
        """Run a statement that is safe to run twice and give its rows.

        StorageUnavailable when the database did not do it within the limit; other errors of
        psycopg are faults of the statement.
        """
        deadline_s = clock.monotonic_s() + self.limit_s
        seen_read_only = False
        while True:
            try:
                return await self._fetch_once(statement, values, deadline_s)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if clock.monotonic_s() + PAUSE_S >= deadline_s or not _may_try_again(error):
                    raise StorageUnavailable(_sentence(error)) from error
            except psycopg.errors.ReadOnlySqlTransaction as error:
                # A session keeps the default that it began with: only a new one may write again.
                await self._pool.drain()
                if seen_read_only:
                    raise StorageUnavailable(_sentence(error)) from error
                seen_read_only = True
            except psycopg.Error as error:
                error.args = (_without_values(error),)
                raise
            await asyncio.sleep(PAUSE_S)

    async def _fetch_once(
        self, statement: LiteralString, values: Values, deadline_s: float
    ) -> list[Record]:
        cancelled = _cancellations()
        try:
            return await self._fetch_unless(cancelled, statement, values, deadline_s)
        except psycopg.Error as error:
            _end_if_cancelled(cancelled, error)
            raise

    async def _fetch_unless(
        self, cancelled: int, statement: LiteralString, values: Values, deadline_s: float
    ) -> list[Record]:
        if self._closed:
            raise PoolClosed
        await self._pool.open(wait=False)  # does nothing if it is open
        left_s = deadline_s - clock.monotonic_s()
        connection = await self._pool.getconn(timeout=min(SLICE_S, left_s))
        try:
            _end_if_cancelled(cancelled)
            with severed_after(left_s, connection):
                async with connection.cursor(binary=True) as cursor:
                    await cursor.execute(statement, values, prepare=True)
                    return await cursor.fetchall() if cursor.description else []
        finally:
            if connection.broken:
                # The server went away: what else lies in the pool is as dead.
                await self._pool.drain()
            await self._pool.putconn(connection)


def _cancellations() -> int:
    """Tell how often this task has been asked to end."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def _end_if_cancelled(before: int, error: Exception | None = None) -> None:
    """Raise CancelledError if this task has been asked to end since it was so often.

    Otherwise whoever ends this task would wait for it for ever. The pool waits by asyncio.wait_for,
    which up to Python 3.11 loses a cancellation that comes together with the connection
    (python/cpython#86296); and what a closed pool raises when a broken connection is given back
    takes the place of the cancellation that was under way.
    """
    if _cancellations() > before:
        raise asyncio.CancelledError from error


@contextlib.contextmanager
def severed_after(limit_s: float, connection: AsyncConnection[Any]) -> Generator[None]:
    """End what waits on the connection inside the block when the limit has passed.

    On a server that hangs, psycopg's own cancelling would wait for it as well.
    """
    severing = asyncio.get_running_loop().call_later(limit_s, sever, connection)
    try:
        yield
    finally:
        severing.cancel()


def sever(connection: AsyncConnection[Any]) -> None:
    """Shut the connection's socket, so that whatever waits on it ends now."""
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as same,
    ):
        same.shutdown(socket.SHUT_RDWR)


async def _configure(connection: AsyncConnection[Record]) -> None:
    session = SESSION.format(
        statement_ms=int(STATEMENT_S * 1000),
        lock_ms=int(LOCK_S * 1000),
    )
    await connection.execute(session.encode())


def _may_try_again(error: psycopg.Error) -> bool:
    """Tell a lost or refused connection from a server that answered with a no.

    A limit that has passed, a full disk or a full pool are answers.
    """
    if isinstance(error, PoolClosed | TooManyRequests):
        return False
    # Class 08: connection exceptions; 57P01 to 57P03: shutting down, crashed, starting up.
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


def _without_values(error: psycopg.Error) -> str:
    """Give what PostgreSQL says without what it quotes of rows: errors come into log lines.

    Its details quote whole rows, and data exceptions (class 22) quote a value in the first line.
    """
    if error.sqlstate is None:  # psycopg says it, of types
        return str(error)
    if error.sqlstate.startswith("22"):
        return f"SQLSTATE {error.sqlstate}"
    return error.diag.message_primary or f"SQLSTATE {error.sqlstate}"


def _sentence(error: psycopg.Error) -> str:
    match error:
        case TooManyRequests():
            return "The database is busy: too many requests are waiting for it."
        case PoolTimeout():
            return "The database cannot be reached, or does not answer in time."
        case PoolClosed():
            return "The service is shutting down."
        case psycopg.errors.QueryCanceled() | psycopg.errors.LockNotAvailable():
            return "The database is too slow: it did not finish within its limit."
        case psycopg.errors.DiskFull():
            return "The database's disk is full."
        case psycopg.errors.ReadOnlySqlTransaction():
            return "The database is read-only."
        case _:
            return "The connection to the database was lost."
