"""A server that died and cannot start for a while: nothing but the cause has to be mended."""

import asyncio
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.postgres_server import EmbeddedPostgres
from adapters.postgres_server.failures import AlreadyRunning, ServerFailed
from app import up
from tests.postgres_server.rows import add_row, count_rows
from tests.waiting import eventually, wait_until


def kill(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not server.alive())


@contextmanager
def broken(data_folder: Path) -> Generator[None]:
    """Let it not start inside the block, as on a full disk."""
    settings = data_folder / "cluster" / "postgresql.auto.conf"
    before = settings.read_bytes()
    settings.write_bytes(b"nonsense = 1\n")
    yield
    settings.write_bytes(before)


def test_a_later_start_is_under_the_same_address(tmp_path: Path):
    folder = tmp_path / ("long" * 25) / "data"  # so long that its address is a link elsewhere
    server = EmbeddedPostgres(folder)
    try:
        conninfo = server.start()
        add_row(conninfo)
        kill(server)
        with broken(folder):
            for _ in range(2):
                with pytest.raises(ServerFailed):
                    server.start()
            with pytest.raises(AlreadyRunning):
                EmbeddedPostgres(folder).start()
        assert server.start() == conninfo
        assert count_rows(conninfo) == 1
    finally:
        server.stop()


def test_up_tries_again_until_it_starts(
    server: EmbeddedPostgres, data_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(up, "START_AGAIN_S", 0.05)
    server.start()
    said: list[str] = []

    async def outage() -> None:
        kill(server)
        with broken(data_folder):
            starting = asyncio.create_task(up.start_again(server, said.append))
            await eventually(lambda: told_twice(said))
        await starting

    asyncio.run(outage())
    assert server.alive()


async def told_twice(said: list[str]) -> bool:
    assert all("did not start" in sentence for sentence in said)
    return len(said) > 1
