"""A lost connection is not a lost fact, and never a doubled one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection

from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import register, registration
from tests.event_log.log_lock import LOG_LOCK, wait_for_waiters
from tests.event_log.wire import Fault, Wire, wire_to
from tests.opened_log import open_log

APPEND = b'"token":'  # what stands in the parameter; the statement itself is sent only once


@pytest.fixture
async def wire(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Wire]:
    """Give a wire to the test's database."""
    folder = tmp_path_factory.mktemp("w")
    if len(str(folder)) > 90:  # a socket's path has at most 107 bytes
        pytest.skip("the temporary folder's name is too long for a socket")
    async with wire_to(database, folder) as opened:
        yield opened


@pytest.fixture
async def log(wire: Wire) -> AsyncIterator[PostgresEventLog]:
    """Give a log behind the wire, with a connection that has been used."""
    async with Database(wire.conninfo) as database:
        opened = open_log(database)
        await register(opened)
        yield opened
        await opened.close()


@pytest.mark.parametrize("fault", ["lose_the_answer", "lose_the_question"])
async def test_an_append_is_written_once_whatever_was_lost(
    log: PostgresEventLog, wire: Wire, fault: Fault
) -> None:
    wire.arm(fault, APPEND)
    appended = await log.append(registration("acc_1"))

    assert wire.struck.is_set()
    assert (appended.input_id, appended.positions, appended.versions) == (2, (2,), (1,))
    (recorded,) = await log.load("acc_1")
    (read,) = await log.read_inputs("acc_1")
    assert appended.recorded_at == recorded.recorded_at == read.recorded_at


async def test_an_append_is_written_once_if_the_first_try_still_waits_for_the_lock(
    log: PostgresEventLog, wire: Wire, database: str
) -> None:
    async with await AsyncConnection.connect(database, autocommit=True) as other:
        await other.execute("select pg_advisory_lock(%s)", (LOG_LOCK,))
        wire.arm("lose_the_answer", APPEND)
        appending = asyncio.create_task(log.append(registration("acc_1")))
        await wire.struck.wait()
        await wait_for_waiters(other, count=2)
        await other.execute("select pg_advisory_unlock(%s)", (LOG_LOCK,))
        appended = await appending

    assert appended.input_id == 2
    assert len(await log.load("acc_1")) == 1
    assert len(await log.read_inputs(None)) == 2


@pytest.mark.parametrize("fault", ["lose_the_answer", "lose_the_question"])
async def test_each_append_of_a_batch_is_written_once_whatever_was_lost(
    log: PostgresEventLog, wire: Wire, fault: Fault
) -> None:
    wire.arm(fault, APPEND)
    streams = [f"acc_{number}" for number in range(20)]
    appended = await asyncio.gather(*(log.append(registration(stream)) for stream in streams))

    assert wire.struck.is_set()
    assert [one.input_id for one in appended] == list(range(2, 22))
    for one, stream in zip(appended, streams, strict=True):
        assert [r.position for r in await log.load(stream)] == list(one.positions)
        assert [r.input_id for r in await log.read_inputs(stream)] == [one.input_id]


async def test_whoever_waits_behind_a_server_that_hangs_hears_within_the_limit(wire: Wire) -> None:
    async with Database(wire.conninfo, limit_s=0.5) as opened:
        log = open_log(opened)
        await register(log)
        wire.arm("hang", APPEND)
        sent = asyncio.create_task(log.append(registration("acc_1")))
        await wire.struck.wait()
        queued = [asyncio.create_task(log.append(registration(f"q_{n}"))) for n in range(5)]
        async with asyncio.timeout(20):
            for appending in (sent, *queued):
                with pytest.raises(StorageUnavailable):
                    await appending
        appended = await log.append(registration("acc_2"))
        assert appended.positions == (await log.head(),)
        await log.close()


async def test_a_read_is_repeated_on_a_new_connection(log: PostgresEventLog, wire: Wire) -> None:
    wire.arm("lose_the_answer", b"notification_id > ")
    assert len(await log.read(0, 10)) == 1
    assert wire.struck.is_set()


async def test_a_server_that_hangs_is_given_up(wire: Wire) -> None:
    async with Database(wire.conninfo, limit_s=0.5) as opened:
        log = open_log(opened)
        await register(log)
        wire.arm("hang", APPEND)
        async with asyncio.timeout(20):
            with pytest.raises(StorageUnavailable):
                await log.append(registration("acc_1"))
        assert wire.struck.is_set()
        assert await log.head() == 1  # and then it goes on
        await log.close()


async def test_a_server_that_is_gone_is_named(tmp_path: Path) -> None:
    async with Database(f"host={tmp_path} user=nobody", limit_s=0.3) as opened:
        with pytest.raises(StorageUnavailable, match="cannot be reached"):
            await open_log(opened).head()


async def test_a_closed_database_says_so_at_once(database: str) -> None:
    opened = Database(database)
    log = open_log(opened)
    assert await log.head() == 0
    await opened.close()
    await opened.close()
    with pytest.raises(StorageUnavailable, match="shutting down"):
        await log.head()


async def test_a_lock_that_is_never_freed_is_given_up(database: str) -> None:
    async with (
        await AsyncConnection.connect(database, autocommit=True) as other,
        Database(database) as opened,
    ):
        log = open_log(opened)
        await other.execute("select pg_advisory_lock(%s)", (LOG_LOCK,))
        with pytest.raises(StorageUnavailable, match="too slow"):
            await log.append(registration("acc_1"))
        await other.execute("select pg_advisory_unlock(%s)", (LOG_LOCK,))
        await log.append(registration("acc_1"))
        await log.close()


async def test_a_read_only_database_is_named(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as other:
        name = other.info.dbname
        other.execute(f'alter database "{name}" set default_transaction_read_only = on'.encode())
    async with Database(database) as opened:
        log = open_log(opened)
        with pytest.raises(StorageUnavailable, match="read-only"):
            await log.append(registration("acc_1"))
        assert await log.head() == 0
        await log.close()


async def test_a_full_queue_of_readers_answers_at_once_and_writers_do_not_wait_in_it(
    wire: Wire,
) -> None:
    async with Database(wire.conninfo, size=1, waiting=2) as opened:
        crowded = open_log(opened)
        await crowded.head()
        wire.arm("hang", b"read_after")
        reading = [asyncio.create_task(opened.fetch("select 'read_after'"))]
        await wire.struck.wait()
        reading += [asyncio.create_task(crowded.head()) for _ in range(2)]
        await asyncio.wait(reading, timeout=0)
        with pytest.raises(StorageUnavailable, match="busy"):
            await crowded.head()
        assert (await crowded.append(registration("acc_1"))).input_id == 1
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
        await crowded.close()


async def test_a_listener_that_is_killed_comes_back(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with (
        asyncio.timeout(20),
        await AsyncConnection.connect(database, autocommit=True) as other,
        aclosing(postgres_log.wakeups(poll_s=60)) as wakeups,
    ):
        await anext(wakeups)
        await anext(wakeups)  # it has begun to listen
        for head in (1, 2):
            await other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query = 'listen events' and datname = current_database()"
            )
            await anext(wakeups)  # it listens again, and says so in case something was missed
            await register(postgres_log)
            while await postgres_log.head() < head:
                await anext(wakeups)
            await anext(wakeups)
