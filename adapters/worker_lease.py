"""One worker at a time holds the browsers of a database; a second one waits for its turn.

So do one standby process and one that delivers webhooks: each kind has a lease of its own.

Two workers on one account would open one session twice, and WhatsApp would throw both out. The
lease is an advisory lock of the worker's own connection: the server frees it when the process dies,
or its machine does. A holder whose connection breaks keeps its browsers and connects anew; it gives
up when another process has had the lease meanwhile, or after `HOLD_S`.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Literal, LiteralString, Self

import psycopg
import structlog
from psycopg import AsyncConnection

from adapters.clock import monotonic_s
from adapters.event_log.database import severed_after
from domain.account import Holder

Kind = Holder | Literal["webhooks"]
"""Of the processes that there is to be one of."""

LOCK_KEYS: dict[Kind, int] = {
    "primary": 0x4C57_574F_524B,  # "LWWORK"
    "standby": 0x4C57_5354_4259,  # "LWSTBY"
    "webhooks": 0x4C57_5748_4F4B,  # "LWWHOK"
}
PREFIXES: dict[Kind, str] = {"standby": "standby-", "webhooks": "webhooks-"}
"""Tell the others' rows from the workers' in their one table."""
BEAT_S = 1.0
"""How often the worker says that it lives."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A process that has been silent for so long is gone; a new one drops what it said of itself."""
CONNECT_S = 5
ANSWER_S = 10.0
"""A server that does not answer a beat for so long is asked on a new connection."""
HOLD_S = 30.0
"""How long a holder goes on without a word from the database: a server that is killed or replaced
is back by then, and no browser need be closed for it."""
AGAIN_S = 0.25
"""Pause before the next try to connect: sooner than another process looks for a free lease."""
NOTICE_THE_DEAD: LiteralString = """
    set tcp_keepalives_idle to 20;
    set tcp_keepalives_interval to 5;
    set tcp_keepalives_count to 3;
    set tcp_user_timeout to '35s'
"""
"""The server gives up a machine that has fallen silent, after hours by default: not before such a
machine gives up its lease itself (HOLD_S, CONNECT_S). Has no effect on a Unix socket."""

FREE_OF_MINE: LiteralString = """
    select pg_terminate_backend(pid) from pg_locks
    where locktype = 'advisory' and granted and objsubid = 1 and pid = %(pid)s
      and database = (select oid from pg_database where datname = current_database())
      and (classid::bigint << 32) | objid::bigint = %(key)s
"""
"""Ends this holder's earlier connection, whose end the server has not noticed."""
NEWEST: LiteralString = """
    select worker_id from workers where coalesce(substring(worker_id from '^[a-z]+-'), '') = %s
    order by started_at desc limit 1
"""
"""Who had the lease last: each holder's first act is a row of its own."""


_logger = structlog.get_logger()


class LeaseLost(Exception):
    """The worker no longer holds the lease and must close its browsers at once."""


class WorkerLease:
    """Held inside `async with`; `keep` beats until cancelled and raises LeaseLost."""

    def __init__(
        self, conninfo: str, worker_id: str, kind: Kind = "primary", *, hold_s: float = HOLD_S
    ) -> None:
        self._conninfo = conninfo
        self._prefix = PREFIXES.get(kind, "")
        self._worker_id = self._prefix + worker_id
        self._key = LOCK_KEYS[kind]
        self._hold_s = hold_s
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        """Wait for the lease; cancel to give up. LeaseLost when the database goes away meanwhile.

        Whoever holds the lease may go on for `hold_s` then: only afterwards is it anybody's.
        """
        waited = False
        try:
            connection = await self._connect()
            try:
                while not await _try_lock(connection, self._key):
                    waited = True
                    await asyncio.sleep(BEAT_S)
                await self._sign(connection)
            except BaseException:
                await connection.close()
                raise
        except psycopg.OperationalError as error:
            if waited:
                await asyncio.sleep(self._hold_s)
            message = "the database went away before the lease was had"
            raise LeaseLost(message) from error
        self._connection = connection
        return self

    async def _sign(self, connection: AsyncConnection) -> None:
        await connection.execute(
            "delete from workers where beat_at < clock_timestamp() - %s", (FORGOTTEN_AFTER,)
        )
        await connection.execute(
            "insert into workers (worker_id, started_at, beat_at)"
            " values (%s, clock_timestamp(), clock_timestamp())",
            (self._worker_id,),
        )

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def keep(self) -> None:
        """Beat until cancelled; raises LeaseLost when another has it, or nobody answers."""
        if self._connection is None:
            message = "the lease is not held"
            raise LeaseLost(message)
        connection = self._connection
        backend = connection.info.backend_pid
        held_s = monotonic_s()
        while True:
            began_s = monotonic_s()
            try:
                with severed_after(ANSWER_S, connection):
                    await self._beat(connection)
            except psycopg.Error as error:
                _logger.warning("the lease's connection broke", again_for_s=self._hold_s)
                await connection.close()
                connection = await self._regain(backend, held_s + self._hold_s, error)
                self._connection, backend = connection, connection.info.backend_pid
            else:
                held_s = began_s
                await asyncio.sleep(BEAT_S)

    async def _beat(self, connection: AsyncConnection) -> None:
        await connection.execute(
            "update workers set beat_at = clock_timestamp() where worker_id = %s",
            (self._worker_id,),
        )

    async def _regain(self, backend: int, until_s: float, broke: Exception) -> AsyncConnection:
        """Connect until the lease is held again, which nobody else may have had meanwhile."""
        while monotonic_s() < until_s:
            with suppress(psycopg.Error):
                if connection := await self._held_again(backend, until_s):
                    return connection
            await asyncio.sleep(AGAIN_S)
        message = f"the database has not answered for {self._hold_s:g} s"
        raise LeaseLost(message) from broke

    async def _held_again(self, backend: int, until_s: float) -> AsyncConnection | None:
        """Give a connection that holds the lease; None while the server keeps the broken one's."""
        connection = await self._connect()
        try:
            with severed_after(until_s - monotonic_s(), connection):
                held = await _try_lock(connection, self._key)
                await self._refuse_another(connection)
                if held:
                    return connection
                await connection.execute(FREE_OF_MINE, {"pid": backend, "key": self._key})
        except BaseException:
            await connection.close()
            raise
        await connection.close()
        return None

    async def _refuse_another(self, connection: AsyncConnection) -> None:
        cursor = await connection.execute(NEWEST, (self._prefix,))
        row = await cursor.fetchone()
        if row is None or row[0] != self._worker_id:
            message = "another process has taken the lease"
            raise LeaseLost(message)

    async def _connect(self) -> AsyncConnection:
        connection = await AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=CONNECT_S
        )
        try:
            with severed_after(CONNECT_S, connection):
                await connection.execute(NOTICE_THE_DEAD)
        except BaseException:
            await connection.close()
            raise
        return connection


async def _try_lock(connection: AsyncConnection, key: int) -> bool:
    cursor = await connection.execute("select pg_try_advisory_lock(%s)", (key,))
    row = await cursor.fetchone()
    return bool(row and row[0])
