"""Appends that wait together are written together, and each caller hears of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import psycopg
import pytest
from psycopg import AsyncConnection

from adapters.event_log.appender import MOST_APPENDS, Appender
from adapters.event_log.codec import Codec
from adapters.event_log.database import Database
from adapters.event_log.errors import Conflict, LogBusy, StorageUnavailable
from adapters.event_log.interface import Append, Appended, RowWrite
from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import (
    account_row,
    attempt_row,
    fetched,
    observation,
    refusal,
    registration,
)
from tests.event_log.log_lock import log_locked, wait_for_waiters
from tests.examples import at
from tests.opened_log import open_log


@asynccontextmanager
async def while_one_commits(
    log: PostgresEventLog | Appender, conninfo: str
) -> AsyncIterator[asyncio.Task[Appended]]:
    """Keep the append of `first` from committing until the block is left."""
    async with AsyncExitStack() as stack:
        other = await stack.enter_async_context(log_locked(conninfo))
        first = asyncio.create_task(log.append(registration("first")))
        await wait_for_waiters(other, count=1)
        yield first


async def queue(
    log: PostgresEventLog | Appender, appends: list[Append]
) -> list[asyncio.Task[Appended]]:
    tasks = [asyncio.create_task(log.append(append)) for append in appends]
    await asyncio.wait(tasks, timeout=0)  # each has asked
    return tasks


def transactions(conninfo: str) -> list[int]:
    """Give how many inputs each transaction wrote, in order."""
    with psycopg.connect(conninfo) as connection:
        counted = connection.execute(
            "select count(*) from inputs group by xmin order by min(input_id)"
        )
        return [count for (count,) in counted]


async def test_what_queues_during_a_commit_goes_into_the_next_one(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with while_one_commits(postgres_log, database) as first:
        appends = [registration(f"acc_{number}") for number in range(20)]
        queued = await queue(postgres_log, appends)

    assert (await first).positions == (1,)
    assert [one.positions for one in await asyncio.gather(*queued)] == [(n,) for n in range(2, 22)]
    assert transactions(database) == [1, 20]


async def test_one_commit_takes_so_many_and_no_more(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with while_one_commits(postgres_log, database):
        appends = [registration(f"acc_{number}") for number in range(MOST_APPENDS + 7)]
        queued = await queue(postgres_log, appends)

    written = await asyncio.gather(*queued)
    assert [one.input_id for one in written] == list(range(2, MOST_APPENDS + 9))
    assert transactions(database) == [1, MOST_APPENDS, 7]


async def test_large_appends_are_not_put_together_without_end(
    postgres_log: PostgresEventLog, database: str
) -> None:
    rows = (account_row("acc", 1, label="", reason="x" * 1_500_000),)
    async with while_one_commits(postgres_log, database):
        queued = await queue(postgres_log, [registration(f"a_{n}", rows=rows) for n in range(4)])

    await asyncio.gather(*queued)
    assert transactions(database) == [1, 3, 1]


async def test_each_of_a_batch_has_its_own_outcome(
    postgres_log: PostgresEventLog, database: str
) -> None:
    asked = [
        registration("acc_1", rows=(account_row("acc_1", 1, label=""),)),
        registration("acc_1"),  # the one before was faster
        observation("acc_2", 7, fetched(at(1))),  # there is no such version
        refusal("acc_3", 0),
        observation("acc_4", 0, fetched(at(1)), fetched(at(2))),
    ]
    async with while_one_commits(postgres_log, database):
        queued = await queue(postgres_log, asked)
    won, late, ahead, refused, two = await asyncio.gather(*queued, return_exceptions=True)

    assert isinstance(won, Appended)
    assert (won.input_id, won.positions) == (2, (2,))
    for conflict, append in ((late, asked[1]), (ahead, asked[2])):
        assert isinstance(conflict, Conflict)
        assert (conflict.stream, conflict.expected_version) == (
            append.stream,
            append.expected_version,
        )
    assert isinstance(refused, Appended)
    assert (refused.input_id, refused.positions) == (3, ())
    assert isinstance(two, Appended)
    assert (two.input_id, two.positions, two.versions) == (4, (3, 4), (1, 2))
    assert transactions(database) == [1, 3]


async def test_what_the_tables_refuse_fails_alone(
    postgres_log: PostgresEventLog, database: str
) -> None:
    twice = attempt_row("acc_5", 1, attempt_id="acc_4-attempt-1")  # attempt ids are unique
    asked = [registration(f"acc_{n}", rows=(attempt_row(f"acc_{n}", 1),)) for n in range(9)]
    asked[5] = registration("acc_5", rows=(twice,))
    async with while_one_commits(postgres_log, database):
        queued = await queue(postgres_log, asked)
    told = await asyncio.gather(*queued, return_exceptions=True)

    assert isinstance(told.pop(5), psycopg.errors.UniqueViolation)
    assert [one.positions for one in told if isinstance(one, Appended)] == [
        (n,) for n in range(2, 10)
    ]
    assert await postgres_log.load("acc_5") == []
    assert await postgres_log.head() == 9


async def test_what_cannot_be_encoded_is_not_even_queued(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with while_one_commits(postgres_log, database):
        (broken, whole) = await queue(
            postgres_log,
            [registration("acc_1", rows=(RowWrite("accounts", {}),)), registration("acc_2")],
        )
        with pytest.raises(ValueError, match="a row of accounts lacks"):
            await broken
    assert (await whole).positions == (2,)


async def test_who_is_cancelled_in_the_queue_takes_back_its_own_append_only(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with while_one_commits(postgres_log, database):
        queued = await queue(postgres_log, [registration(f"acc_{n}") for n in range(3)])
        queued[1].cancel()
        with pytest.raises(asyncio.CancelledError):
            await queued[1]

    assert [(await queued[n]).positions for n in (0, 2)] == [(2,), (3,)]
    assert await postgres_log.load("acc_1") == []


async def test_who_is_cancelled_during_the_commit_does_not_stop_it(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with log_locked(database) as other:
        tasks = await queue(postgres_log, [registration(f"acc_{n}") for n in range(3)])
        await wait_for_waiters(other, count=1)
        tasks[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await tasks[0]

    assert [(await tasks[n]).positions for n in (1, 2)] == [(2,), (3,)]
    assert len(await postgres_log.load("acc_0")) == 1


async def test_a_full_queue_is_said_at_once_and_nothing_in_it_is_lost(database: str) -> None:
    async with Database(database) as opened:
        appender = Appender(opened, Codec(), most_waiting=2)
        async with while_one_commits(appender, database) as first:
            queued = await queue(appender, [registration(f"acc_{n}") for n in range(2)])
            with pytest.raises(LogBusy, match="too many") as raised:
                await appender.append(registration("one too many"))
            assert isinstance(raised.value, StorageUnavailable)  # so it is a 503 with Retry-After
            assert raised.value.retry_after_s > 0
        await first
        assert [one.positions for one in await asyncio.gather(*queued)] == [(2,), (3,)]
        assert (await appender.append(registration("acc_2"))).positions == (4,)
        await appender.close()


async def test_closing_writes_what_waits_and_takes_nothing_new(
    postgres_log: PostgresEventLog, database: str
) -> None:
    async with while_one_commits(postgres_log, database) as first:
        queued = await queue(postgres_log, [registration(f"acc_{n}") for n in range(3)])
        closing = asyncio.create_task(postgres_log.close())
        await asyncio.wait({closing}, timeout=0)
        with pytest.raises(StorageUnavailable, match="shutting down"):
            await postgres_log.append(registration("late"))

    await closing
    assert [one.result().positions for one in (first, *queued)] == [(1,), (2,), (3,), (4,)]


async def test_closing_while_the_database_hangs_ends_and_fails_who_waits(database: str) -> None:
    async with Database(database, limit_s=0.3) as opened:
        log = open_log(opened)
        async with while_one_commits(log, database) as first:
            queued = await queue(log, [registration(f"acc_{n}") for n in range(3)])
            async with asyncio.timeout(20):
                await log.close()
                for waiting in (first, *queued):
                    with pytest.raises(StorageUnavailable):
                        await waiting


async def test_a_closed_log_may_be_closed_again(postgres_log: PostgresEventLog) -> None:
    await postgres_log.append(registration("acc_1"))
    await postgres_log.close()
    await postgres_log.close()


async def test_writers_of_two_logs_meet_at_the_lock(database: str) -> None:
    async with Database(database) as one, Database(database) as two:
        logs = open_log(one), open_log(two)
        appended = await asyncio.gather(
            *(logs[n % 2].append(registration(f"acc_{n}")) for n in range(200))
        )
        assert sorted(done.positions for done in appended) == [(n,) for n in range(1, 201)]
        assert [r.position for r in await logs[0].read(0, 300)] == list(range(1, 201))
        for log in logs:
            await log.close()


async def test_a_writer_alone_is_written_at_once(
    postgres_log: PostgresEventLog, database: str
) -> None:
    for number in range(5):
        await postgres_log.append(registration(f"acc_{number}"))
    assert transactions(database) == [1] * 5


async def test_a_connection_that_was_closed_between_two_appends_is_replaced(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await postgres_log.append(registration("acc_1"))
    async with await AsyncConnection.connect(database, autocommit=True) as other:
        await other.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    assert (await postgres_log.append(registration("acc_2"))).positions == (2,)
