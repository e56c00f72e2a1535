"""One process at a time holds the lease, and keeps it through what the database suffers."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import psycopg
import pytest

from adapters.clock import monotonic_s
from adapters.worker_lease import LOCK_KEYS, LeaseLost, WorkerLease
from tests.campaign.proxy import proxy_to
from tests.waiting import eventually

LOCKED = (
    "select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1"
    " and (classid::bigint << 32) | objid::bigint = %s"
)
WAITING = (
    "select exists (select from pg_stat_activity where datname = current_database()"
    " and state = 'idle' and query like '%%pg_try_advisory_lock%%' and not pid = any(%s))"
)
HOLD_S = 0.5


class Server:
    """What the server knows of the lease."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self._connection = connection

    async def holders(self) -> list[int]:
        """Backends that hold the lease now."""
        cursor = await self._connection.execute(LOCKED, (LOCK_KEYS["primary"],))
        return [row[0] for row in await cursor.fetchall()]

    async def has_one_who_waits(self) -> bool:
        """Tell whether somebody has asked for the lease in vain."""
        cursor = await self._connection.execute(WAITING, (await self.holders(),))
        row = await cursor.fetchone()
        return row is not None and row[0]

    async def end_connections(self) -> None:
        """Do what a restart does to whoever is connected."""
        for pid in await self.holders():
            await self._connection.execute("select pg_terminate_backend(%s)", (pid,))
        await self.is_free()

    async def is_free(self) -> None:
        """Wait until nobody holds the lease."""

        async def free() -> bool:
            return not await self.holders()

        await eventually(free)

    async def beats(self, worker_id: str) -> None:
        """Wait for a beat that comes after now."""
        statement = "select clock_timestamp(), beat_at from workers where worker_id = %s"
        cursor = await self._connection.execute(statement, (worker_id,))
        (now, _), *_ = await cursor.fetchall()

        async def beaten() -> bool:
            cursor = await self._connection.execute(statement, (worker_id,))
            (_, beat_at), *_ = await cursor.fetchall()
            return bool(beat_at > now)

        await eventually(beaten)


@pytest.fixture
async def server(database: str) -> AsyncGenerator[Server]:
    async with await psycopg.AsyncConnection.connect(database, autocommit=True) as connection:
        yield Server(connection)


async def wait_for(lease: WorkerLease) -> None:
    async with lease:
        pass


@asynccontextmanager
async def kept(lease: WorkerLease) -> AsyncGenerator[asyncio.Task[None]]:
    """Hold the lease and beat until the block is left."""
    async with lease:
        keeping = asyncio.create_task(lease.keep())
        try:
            yield keeping
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError, LeaseLost):
                await keeping


async def test_it_is_kept_when_its_connection_ends(database: str, server: Server):
    async with kept(WorkerLease(database, "one")) as keeping:
        await server.beats("one")
        before = await server.holders()
        await server.end_connections()
        await server.beats("one")
        assert not keeping.done()
        now = await server.holders()
        assert len(now) == 1
        assert now != before
    await server.is_free()


async def test_it_is_lost_when_another_has_had_it_meanwhile(database: str, server: Server):
    async with proxy_to(lambda: database) as way:
        async with kept(WorkerLease(way.conninfo, "one")) as keeping:
            await server.beats("one")
            way.refuse()
            async with WorkerLease(database, "two"):
                pass  # it has come and gone
            way.open()
            with pytest.raises(LeaseLost, match="another process has taken the lease"):
                await keeping
        await server.is_free()


async def test_a_connection_whose_end_the_server_has_not_noticed_does_not_stand_in_the_way(
    database: str, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("adapters.worker_lease.ANSWER_S", 0.2)
    async with proxy_to(lambda: database) as way, kept(WorkerLease(way.conninfo, "one")) as keeping:
        await server.beats("one")
        before = await server.holders()
        way.lose()
        assert await server.holders() == before, "the server believes in it"
        await server.beats("one")
        assert not keeping.done()
        assert len(await server.holders()) == 1
        assert await server.holders() != before


async def test_it_is_given_up_when_the_database_stays_away(database: str, server: Server):
    async with (
        proxy_to(lambda: database) as way,
        kept(WorkerLease(way.conninfo, "one", hold_s=HOLD_S)) as keeping,
    ):
        await server.beats("one")
        way.refuse()
        with pytest.raises(LeaseLost, match=r"has not answered for 0.5 s"):
            await keeping


async def test_whoever_waits_for_it_leaves_its_holder_the_time_to_come_back(
    database: str, server: Server
):
    """Both lose their connections: the holder may go on for so long, so nobody else may begin."""
    async with proxy_to(lambda: database) as way, kept(WorkerLease(database, "one")) as keeping:
        waiting = asyncio.create_task(wait_for(WorkerLease(way.conninfo, "two", hold_s=HOLD_S)))
        await eventually(server.has_one_who_waits)
        cut_s = monotonic_s()
        way.cut()
        with pytest.raises(LeaseLost, match="went away before the lease was had"):
            await waiting
        assert monotonic_s() - cut_s >= HOLD_S
        await server.beats("one")
        assert not keeping.done()
