"""Processes append at once: a reader that follows sees no hole, and a kill loses nothing."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import EventLog
from adapters.event_log.migrate import migrate
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import verify
from adapters.postgres_server.server import EmbeddedPostgres
from tests.event_log.appends import register
from tests.event_log.writer_process import TASKS
from tests.opened_log import open_log

APPENDS = 40
"""Of each of the tasks of each process."""
PROJECT = Path(__file__).parents[2]

Acknowledged = list[tuple[int, int, int]]
"""(input id, first position, events), as the writers said them."""


async def start_writer(conninfo: str, name: str, appends: int = APPENDS) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.event_log.writer_process",
        make_conninfo(conninfo, application_name=name),
        name,
        str(appends),
        stdout=PIPE,
        cwd=PROJECT,
    )


async def listen(writer: Process, said: Acknowledged, enough: int | None = None) -> None:
    """Collect what the writer says, until it ends or has said enough."""
    assert writer.stdout is not None
    while enough is None or len(said) < enough:
        line = await writer.stdout.readline()
        if not line.endswith(b"\n"):
            return
        input_id, position, events = map(int, line.split())
        said.append((input_id, position, events))


async def follow(log: EventLog, seen: list[int], until: asyncio.Event) -> None:
    """Tail the log as a projection does, noting every position."""
    async with aclosing(log.wakeups(poll_s=0.05)) as wakeups:
        async for _ in wakeups:
            ended = until.is_set()
            with contextlib.suppress(StorageUnavailable):  # then the next wake-up it is
                while page := await log.read(seen[-1] if seen else 0, 50):
                    seen.extend(recorded.position for recorded in page)
            if ended:
                return


async def test_a_following_reader_sees_every_position_in_order(
    postgres_log: PostgresEventLog, database: str
) -> None:
    seen: list[int] = []
    said: Acknowledged = []
    ended = asyncio.Event()
    following = asyncio.create_task(follow(postgres_log, seen, ended))
    writers = [await start_writer(database, name) for name in ("one", "two")]
    await asyncio.gather(*(listen(writer, said) for writer in writers))
    assert [await writer.wait() for writer in writers] == [0, 0]
    ended.set()
    await following

    assert len(said) == len(writers) * TASKS * APPENDS
    assert seen == list(range(1, len(seen) + 1))
    await assert_kept(postgres_log, said)
    assert verify(database).faults == ()


async def assert_kept(log: EventLog, said: Acknowledged) -> None:
    """Assert that what was acknowledged is there, once, whole and in order."""
    events = await log.read(0, 100_000)
    inputs = await log.read_inputs(None, limit=100_000)
    assert [e.position for e in events] == list(range(1, len(events) + 1))
    assert [i.input_id for i in inputs] == list(range(1, len(inputs) + 1))
    caused: dict[int, list[int]] = {}
    for event in events:
        caused.setdefault(event.input_id, []).append(event.position)
    assert len({input_id for input_id, _, _ in said}) == len(said)
    for input_id, first, count in said:
        assert caused[input_id] == list(range(first, first + count))
    assert set(caused) == {i.input_id for i in inputs if i.kind == "RecordQr"}
    await assert_rows_are_true(log)


async def assert_rows_are_true(log: EventLog) -> None:
    """Assert that each account's row is the one of its last append."""
    for row in await log.account_rows():
        last = (await log.load(row["account_id"]))[-1]
        assert (row["version"], row["position"]) == (last.version, last.position)


async def wait_until_gone(conninfo: str, name: str) -> None:
    """Wait until the server has ended what a dead writer had asked of it."""
    async with asyncio.timeout(20), await AsyncConnection.connect(conninfo) as connection:
        connected = "select 1 from pg_stat_activity where application_name = %s"
        while await (await connection.execute(connected, (name,))).fetchone():
            await connection.commit()  # what it shows is fixed within a transaction


async def test_a_killed_writer_loses_nothing_acknowledged(
    postgres_log: PostgresEventLog, database: str
) -> None:
    said: Acknowledged = []
    for enough in (3, 20, 60):
        writer = await start_writer(database, f"until-{enough}", appends=10_000)
        await listen(writer, said, enough)
        writer.kill()
        await listen(writer, said)  # what it had said before it died
        assert await writer.wait() == -9
        await wait_until_gone(database, f"until-{enough}")
        await assert_kept(postgres_log, said)
        assert verify(database).faults == ()
    # A dead writer holds no lock: the next one goes on.
    await register(postgres_log)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Give a server of the test's own, that may be killed."""
    with EmbeddedPostgres(tmp_path / "data") as started:
        yield started


def kill(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not server.alive()


def test_everybody_comes_back_after_the_server_was_killed(server: EmbeddedPostgres) -> None:
    conninfo = server.start()
    migrate(conninfo)
    database = Database(conninfo, limit_s=1.0)
    log = open_log(database)
    seen: list[int] = []
    ended = asyncio.Event()

    async def before() -> asyncio.Task[None]:
        await asyncio.gather(*(register(log) for _ in range(4)))  # every connection is in use
        return asyncio.create_task(follow(log, seen, ended))

    async def meanwhile() -> None:
        with pytest.raises(StorageUnavailable, match=r"cannot be reached|was lost"):
            await log.head()

    async def afterwards(following: asyncio.Task[None]) -> None:
        await register(log)
        ended.set()
        await following
        assert seen == [1, 2, 3, 4, 5]
        await log.close()
        await database.close()

    with asyncio.Runner() as runner:
        following = runner.run(before())
        kill(server)
        runner.run(meanwhile())
        assert server.start() == conninfo
        runner.run(afterwards(following))


def test_a_killed_server_loses_nothing_acknowledged(server: EmbeddedPostgres) -> None:
    conninfo = server.start()
    migrate(conninfo)
    said: Acknowledged = []

    async def start() -> Process:
        writer = await start_writer(conninfo, "one")
        await listen(writer, said, enough=30)
        return writer

    async def end(writer: Process) -> None:
        await listen(writer, said)
        assert await writer.wait() == 0
        async with Database(conninfo) as database:
            log = open_log(database)
            await assert_kept(log, said)
            await log.close()
        assert verify(conninfo).faults == ()

    with asyncio.Runner() as runner:
        writer = runner.run(start())
        kill(server)
        server.start()
        runner.run(end(writer))
    assert len(said) == TASKS * APPENDS
