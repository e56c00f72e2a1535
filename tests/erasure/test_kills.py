"""The log and the keys agree on who was erased, whatever is killed when."""

import asyncio
import sys

import psycopg
import pytest

from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import verify
from tests.erasure.test_sealed_log import a_story
from tests.waiting import eventually

ACCOUNTS = [f"acc_{number}" for number in range(120)]
LIMIT_S = 60


async def erased(database: str) -> tuple[set[str], set[str]]:
    """Name the accounts that the log says were erased, and those whose key is gone."""
    async with await psycopg.AsyncConnection.connect(database) as connection:
        said = await connection.execute(
            "select originator_id from events where topic = 'AccountErased'"
        )
        in_log = {name for (name,) in await said.fetchall()}
        gone = await connection.execute("select account_id from account_keys where wrapped is null")
        return in_log, {name for (name,) in await gone.fetchall()}


async def gone_from_the_server(database: str, process_id: int) -> bool:
    async with await psycopg.AsyncConnection.connect(database) as connection:
        found = await connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name = %s",
            [f"eraser-{process_id}"],
        )
        (count,) = await found.fetchone() or (0,)
        return count == 0


async def kill_after(database: str, count: int, name: int) -> list[str]:
    """Let a process erase, kill it once it has told of `count`, and give whom it told of."""
    conninfo = f"{database} application_name=eraser-{name}"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.erasure.erasing_process", conninfo, *ACCOUNTS),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    told: list[str] = []
    async with asyncio.timeout(LIMIT_S):
        while len(told) < count:
            told.append((await process.stdout.readline()).decode().strip())
        process.kill()
        told += (await process.stdout.read()).decode().split()
        await process.wait()

    async def gone() -> bool:
        return await gone_from_the_server(database, name)

    await eventually(gone)
    return told


async def test_whoever_is_killed_while_erasing_leaves_log_and_keys_agreeing(
    postgres_log: PostgresEventLog, database: str
) -> None:
    for account_id in ACCOUNTS:
        await a_story(postgres_log, account_id)
    told: list[str] = []
    gone: set[str] = set()
    for nth, count in enumerate((1, 6, 15)):
        told += await kill_after(database, count, nth)
        in_log, gone = await erased(database)
        assert in_log == gone
        assert set(told) <= gone
    assert len(gone) < len(ACCOUNTS), "it was killed in the middle"
    assert verify(database).faults == ()


async def test_what_is_rolled_back_erases_nothing(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await a_story(postgres_log)
    with psycopg.connect(database) as connection:
        connection.execute(
            "select append_stored_events(array['acc_1'], array[4::bigint],"
            " array['AccountErased'], array['{}'::bytea])"
        )
        connection.rollback()
    assert await erased(database) == (set(), set())


@pytest.mark.parametrize("topic", ["AccountErased", "AccountDestroyed"])
async def test_whoever_writes_the_event_erases(
    postgres_log: PostgresEventLog, database: str, topic: str
) -> None:
    await a_story(postgres_log)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "select append_stored_events(array['acc_1'], array[4::bigint],"
            " array[%s], array['{}'::bytea])",
            [topic],
        )
    assert (await erased(database))[1] == ({"acc_1"} if topic == "AccountErased" else set())
