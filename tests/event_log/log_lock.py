"""The log's lock, held by a test while writers queue behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection

from tests.waiting import eventually

LOG_LOCK = 0x4C57_4C4F_47


@asynccontextmanager
async def log_locked(conninfo: str) -> AsyncIterator[AsyncConnection]:
    """Hold the lock; the connection may see who waits, and is gone afterwards with the lock."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as other:
        await other.execute("select pg_advisory_lock(%s)", (LOG_LOCK,))
        yield other


async def wait_for_waiters(connection: AsyncConnection, *, count: int) -> None:
    """Wait until so many statements wait for the lock."""

    async def waiting() -> bool:
        cursor = await connection.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            " and database = (select oid from pg_database where datname = current_database())"
        )
        row = await cursor.fetchone()
        return row is not None and row[0] >= count

    await eventually(waiting)
