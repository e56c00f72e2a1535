"""One worker at a time holds the browsers of a database; a second one waits for its turn.

So do one standby process and one that delivers webhooks: each kind has a lease of its own.

Two workers on one account would open one session twice, and WhatsApp would throw both out. The
lease is an advisory lock of the worker's own connection: the server frees it when the process dies.
"""

import asyncio
from datetime import datetime, timedelta
from types import TracebackType
from typing import Literal, Self

import msgspec
import psycopg
from psycopg import AsyncConnection

from adapters.event_log.database import Database
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
CONNECT_S = 10


class LeaseLost(Exception):
    """The worker no longer holds the lease and must close its browsers at once."""


class WorkerLease:
    """Held inside `async with`; `keep` beats until cancelled and raises LeaseLost."""

    def __init__(self, conninfo: str, worker_id: str, kind: Kind = "primary") -> None:
        self._conninfo = conninfo
        self._worker_id = PREFIXES.get(kind, "") + worker_id
        self._key = LOCK_KEYS[kind]
        self._connection: AsyncConnection | None = None

    async def __aenter__(self) -> Self:
        """Wait for the lease; cancel to give up."""
        connection = await AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=CONNECT_S
        )
        try:
            while not await _try_lock(connection, self._key):  # noqa: ASYNC110  another process frees it
                await asyncio.sleep(BEAT_S)
            await connection.execute(
                "delete from workers where beat_at < clock_timestamp() - %s", (FORGOTTEN_AFTER,)
            )
            await connection.execute(
                "insert into workers (worker_id, started_at, beat_at)"
                " values (%s, clock_timestamp(), clock_timestamp())",
                (self._worker_id,),
            )
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return self

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
        """Beat until cancelled; raises LeaseLost when the database does not answer."""
        if self._connection is None:
            message = "the lease is not held"
            raise LeaseLost(message)
        try:
            while True:
                async with asyncio.timeout(CONNECT_S):
                    await self._connection.execute(
                        "update workers set beat_at = clock_timestamp() where worker_id = %s",
                        (self._worker_id,),
                    )
                await asyncio.sleep(BEAT_S)
        except (psycopg.Error, TimeoutError) as error:
            message = "the database connection that holds the worker's lease broke"
            raise LeaseLost(message) from error


async def workers_silent_s(database: Database, kind: Kind = "primary") -> float | None:
    """Seconds since any process of this kind was last heard of; None when there was never one."""
    records = await database.fetch(
        "select extract(epoch from clock_timestamp() - max(beat_at))::float8 from workers"
        " where coalesce(substring(worker_id from '^[a-z]+-'), '') = %s",
        (PREFIXES.get(kind, ""),),
    )
    silent: float | None = records[0][0]
    return silent


class WorkerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A process that holds a lease, or held one within a day."""

    worker_id: str
    holder: Kind
    started_at: datetime
    silent_s: float
    """Since it was last heard of."""


async def workers_seen(database: Database) -> list[WorkerSeen]:
    """List the processes that have said they live, the one heard of last first."""
    records = await database.fetch(
        "select worker_id, started_at,"
        " extract(epoch from clock_timestamp() - beat_at)::float8 as silent_s from workers"
        " order by silent_s, worker_id"
    )
    return [_seen(*record) for record in records]


def _seen(stored_id: str, started_at: datetime, silent_s: float) -> WorkerSeen:
    kind: Kind = "primary"
    for other, prefix in PREFIXES.items():
        if stored_id.startswith(prefix):
            kind = other
    worker_id = stored_id.removeprefix(PREFIXES.get(kind, ""))
    return WorkerSeen(worker_id=worker_id, holder=kind, started_at=started_at, silent_s=silent_s)


async def _try_lock(connection: AsyncConnection, key: int) -> bool:
    cursor = await connection.execute("select pg_try_advisory_lock(%s)", (key,))
    row = await cursor.fetchone()
    return bool(row and row[0])
