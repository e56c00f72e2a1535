"""The faults: each strikes, holds as long as it takes to be felt, and heals. Nothing else is done.

What is killed is started again by the stage, as `linkwright up` would.
"""

import os
import random
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import psycopg
from psycopg import AsyncConnection, sql

from tests.campaign.stage import Stage
from tests.waiting import eventually

FELT_LIMIT_S = 60.0
"""Until every client was put off: the limits of a few requests, on a busy machine."""
MOST_LOG_FILES = 12
"""PostgreSQL keeps five of 16 MB ready (min_wal_size); a small disk holds no more than these."""
OTHERS = (
    "select pid from pg_stat_activity where backend_type = 'client backend'"
    " and datname = current_database() and pid <> pg_backend_pid() and query like %s"
)
ALL, LISTENERS, WRITERS = "%", "listen events", "%append_to_log%"
"""What the last statement of a connection looks like."""

Strike = Callable[[Stage, random.Random], Awaitable[None]]


class Fault(msgspec.Struct, frozen=True):
    """One thing that goes wrong."""

    name: str
    strike: Strike
    ends_service: bool = False
    """True: requests may end without an answer. In every other fault each one has its answer."""


async def kill_service(stage: Stage, _: random.Random) -> None:
    """`kill -9` of `serve`."""
    await stage.serve.kill()


async def kill_writer(stage: Stage, _: random.Random) -> None:
    """`kill -9` of the second process."""
    await stage.writer.kill()


async def kill_postmaster(stage: Stage, _: random.Random) -> None:
    """`kill -9` of PostgreSQL's first process; the others find out by themselves."""
    await _kill_first(stage, [])


async def kill_all_of_postgres(stage: Stage, _: random.Random) -> None:
    """`kill -9` of every process of PostgreSQL."""
    await _kill_first(stage, stage.server_processes()[1:])


async def _kill_first(stage: Stage, others: list[int]) -> None:
    first = stage.server.pid
    assert first is not None
    stage.signal_server(signal.SIGKILL, [first, *others])
    await eventually(lambda: _is_another(stage, first))


async def _is_another(stage: Stage, first: int) -> bool:
    return stage.server.pid not in (None, first)


async def kill_writing_backend(stage: Stage, chance: random.Random) -> None:
    """`kill -9` of one process that appends; PostgreSQL then throws out everybody."""
    async with stage.administrator() as connection:
        pids = await eventually(lambda: _pids(connection, WRITERS))
    stage.signal_server(signal.SIGKILL, [chance.choice(pids)])


async def kill_any_child(stage: Stage, chance: random.Random) -> None:
    """`kill -9` of any other process of PostgreSQL, such as the one that writes its log."""
    stage.signal_server(signal.SIGKILL, [chance.choice(stage.server_processes()[1:])])


async def stop_postgres(stage: Stage, _: random.Random) -> None:
    """SIGSTOP for all of PostgreSQL, until every client was put off; then SIGCONT."""
    pids = stage.server_processes()
    stage.signal_server(signal.SIGSTOP, pids)
    try:
        await felt(stage)
    finally:
        stage.signal_server(signal.SIGCONT, pids)


async def cut_connections(stage: Stage, _: random.Random) -> None:
    """Reset every connection to the database; new ones pass."""
    stage.proxy.cut()


async def refuse_connections(stage: Stage, _: random.Random) -> None:
    """Reset every connection and refuse new ones, until every client was put off."""
    stage.proxy.refuse()
    try:
        await felt(stage)
    finally:
        stage.proxy.open()


async def swallow_connections(stage: Stage, _: random.Random) -> None:
    """Deliver nothing any more; what was connected then stays silent for ever."""
    stage.proxy.swallow()
    try:
        await felt(stage)
    finally:
        stage.proxy.open()


async def terminate_backends(stage: Stage, _: random.Random) -> None:
    """Let PostgreSQL end every connection."""
    async with stage.administrator() as connection:
        await _terminate(connection, ALL)


async def terminate_listeners(stage: Stage, _: random.Random) -> None:
    """Let PostgreSQL end the connections that listen, and wait until as many others do."""
    async with stage.administrator() as connection:
        before = await _pids(connection, LISTENERS)
        assert before
        await _terminate(connection, LISTENERS)

        async def listen_again() -> bool:
            now = await _pids(connection, LISTENERS)
            return len(now) >= len(before) and not set(now) & set(before)

        await eventually(listen_again)


async def forbid_writing(stage: Stage, _: random.Random) -> None:
    """Make the database read-only for every new connection, until every client was put off."""
    async with stage.administrator() as connection:
        name = sql.Identifier(connection.info.dbname)
        setting = sql.SQL("alter database {} {} default_transaction_read_only")
        await connection.execute(setting.format(name, sql.SQL("set")) + sql.SQL(" = on"))
        try:
            await _terminate(connection, ALL)
            await felt(stage)
        finally:
            await connection.execute(setting.format(name, sql.SQL("reset")))


def fill_disk(disk: Path, *, until_it_gives_up: bool = False) -> Strike:
    """Fill the small disk that PostgreSQL's data is on, until every client was put off.

    PostgreSQL answers while its own log has room, which it keeps some of. Asked for the next file
    of that log it gives up, and cannot start again before there is room.
    """

    async def strike(stage: Stage, _: random.Random) -> None:
        ballast = disk / "ballast"
        try:
            _fill(ballast)
            if until_it_gives_up:
                await _use_up_its_log(stage)
            await felt(stage, lambda: _fill(ballast))
        finally:
            ballast.unlink(missing_ok=True)

    return strike


def _fill(ballast: Path) -> None:
    """Take all the room there is, in smaller and smaller parts: others take some meanwhile."""
    disk = os.statvfs(ballast.parent)
    part = disk.f_bfree * disk.f_frsize
    with ballast.open("ab") as file:
        while part >= disk.f_frsize:
            try:
                os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), part)
            except OSError:
                part //= 2


async def _use_up_its_log(stage: Stage) -> None:
    with suppress(psycopg.Error):
        async with stage.administrator() as connection:
            for _ in range(MOST_LOG_FILES):
                await connection.execute("select pg_logical_emit_message(true, 'campaign', 'x')")
                await connection.execute("select pg_switch_wal()")


async def felt(stage: Stage, meanwhile: Callable[[], object] = str) -> None:
    """Wait until every client was told to come back later, which each must be within its limit."""
    before = stage.memory.put_off.copy()

    async def all_put_off() -> bool:
        meanwhile()
        return all(stage.memory.put_off[name] > before[name] for name in stage.clients)

    await eventually(all_put_off, FELT_LIMIT_S)


async def _pids(connection: AsyncConnection, statements: str) -> list[int]:
    cursor = await connection.execute(OTHERS, (statements,))
    return [pid for (pid,) in await cursor.fetchall()]


async def _terminate(connection: AsyncConnection, statements: str) -> None:
    for pid in await _pids(connection, statements):
        await connection.execute("select pg_terminate_backend(%s)", (pid,))


KILLS = (
    Fault("service killed", kill_service, ends_service=True),
    Fault("second writer killed", kill_writer),
    Fault("PostgreSQL killed", kill_all_of_postgres),
    Fault("postmaster killed", kill_postmaster),
    Fault("writing backend killed", kill_writing_backend),
    Fault("any child of it killed", kill_any_child),
)
OUTAGES = (
    Fault("connections cut", cut_connections),
    Fault("backends terminated", terminate_backends),
    Fault("listeners terminated", terminate_listeners),
    Fault("connections refused", refuse_connections),
    Fault("connections silent", swallow_connections),
    Fault("PostgreSQL stopped", stop_postgres),
    Fault("database read-only", forbid_writing),
)


def full_disks(disk: Path) -> tuple[Fault, ...]:
    """Give the faults of a stage whose database is on a small disk."""
    return (
        Fault("disk full", fill_disk(disk)),
        Fault("disk full, it gives up", fill_disk(disk, until_it_gives_up=True)),
    )
