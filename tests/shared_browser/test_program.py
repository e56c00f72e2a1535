"""The program that accounts share: who is let in, and what tells that a profile is open."""

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from adapters.browser.processes import presence_of
from adapters.browser.shared import SharedBrowsers
from adapters.shared_browser.presence import Presence, present
from app.processes.browsers import sharing
from tests.shared_browser.running import free_port, needs_the_browser, program
from tests.waiting import eventually

ROUNDS = 10
MANY = 1_000_000
"""As often the same may happen again."""


@needs_the_browser
async def test_only_who_knows_the_secret_comes_in_and_only_once(tmp_path: Path):
    packages = sharing(os.environ, 1).packages
    browsers = SharedBrowsers(packages, accounts_each=1, environment=os.environ)
    try:
        folder = tmp_path / "acc_1" / "browser"
        address = await browsers.open(folder, flags=(), user_agent=str, limit_s=20)
        wrong = address[:-1] + ("a" if address[-1] != "a" else "b")
        async with connect(address, proxy=None):
            for tried in (wrong, address):
                with pytest.raises((WebSocketException, OSError, EOFError)):
                    await _says_something(tried)
            program = present(presence_of(folder))
            assert program is not None
            assert len(_listening(program)) == 1, "that is our own port, and DevTools have none"
    finally:
        await browsers.stop()


@needs_the_browser
@pytest.mark.parametrize("number", [1, 999, 1000, 10_009, 100_000, 999_999_999])
async def test_every_command_is_answered_however_many_there_were(tmp_path: Path, number: int):
    browsers = SharedBrowsers(
        sharing(os.environ, 1).packages, accounts_each=1, environment=os.environ
    )
    try:
        folder = tmp_path / "acc_1" / "browser"
        address = await browsers.open(folder, flags=(), user_agent=str, limit_s=20)
        async with connect(address, proxy=None) as connected, asyncio.timeout(20):
            await connected.send(json.dumps({"id": number, "method": "Browser.getVersion"}))
            assert json.loads(await connected.recv())["id"] == number
    finally:
        await browsers.stop()


@needs_the_browser
async def test_a_browser_that_somebody_else_has_reached_first_is_not_used():
    """Every moment until the door is shut: somebody knocks, comes in, and stays."""
    port = free_port()

    async def comes_in() -> asyncio.StreamWriter | None:
        try:
            return (await asyncio.open_connection("127.0.0.1", port))[1]
        except OSError:
            return None

    async with program(port, 1) as started:
        intruder = await eventually(comes_in, pause_s=0.001)
        async with asyncio.timeout(20):
            said, why = await started.communicate()
        assert said == b""
        assert b"others have connected to the browser" in why
        assert intruder is not None
        intruder.close()


@needs_the_browser
async def test_nothing_runs_out_nor_piles_up_however_many_accounts_come_and_go(tmp_path: Path):
    """PySide6 takes a None more than it gives with each call; Python before 3.12 dies of it."""
    counts: list[list[int]] = []
    connections: list[int] = []
    async with program(free_port(), 1, "tests.shared_browser.counting") as started:
        assert "ready" in await _news(started)
        for number in range(ROUNDS + 1):
            folder = tmp_path / f"acc_{number}" / "browser"
            order = {"folder": str(folder), "presence": str(presence_of(folder)), "user_agent": "x"}
            opened = await _news(started, open=f"acc_{number}", **order)
            async with connect(opened["address"], proxy=None) as connected:
                await connected.send('{"id": 1, "method": "Browser.getVersion"}')
                await connected.recv()
            closed = await _news(started)  # for its client is gone
            counts.append(closed["counts"])
            connections.append(closed["connections"])
    for first, last in zip(counts[0], counts[-1], strict=True):
        assert last > (first - last) * MANY
    assert connections[-1] == connections[1]


@needs_the_browser
async def test_an_account_leaves_nothing_outside_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    folder = tmp_path / "accounts" / "acc_1" / "browser"
    order = {"folder": str(folder), "presence": str(presence_of(folder)), "user_agent": "x"}
    async with program(free_port(), 1) as started:
        assert "ready" in await _news(started)
        opened = await _news(started, open="acc_1", **order)
        await _says_something(opened["address"])
        assert (await _news(started))["closed"] == "acc_1"
    assert list(folder.iterdir()), "it wrote there"
    assert list(home.rglob("*")) == []


@needs_the_browser
async def test_a_browser_with_many_places_starts_like_any_other():
    """Chromium lets few connections wait, and the kernel turns others away for seconds."""
    async with program(free_port(), 200) as started, asyncio.timeout(15):
        assert started.stdout is not None
        assert b'"ready"' in await started.stdout.readline()


@needs_the_browser
async def test_it_ends_when_its_input_does_also_before_it_is_ready():
    async with program(free_port(), 1) as started, asyncio.timeout(15):
        assert started.stdin is not None
        started.stdin.close()
        assert await started.wait() == 0


def test_a_mark_on_a_profile_tells_who_has_it_as_long_as_he_has(tmp_path: Path):
    path = tmp_path / "acc_1" / "shared"
    assert present(path) is None
    mark = Presence(path)
    mark.tell([5, 3])
    assert present(path) == os.getpid()
    assert path.read_text().splitlines()[1] == "3 5"
    with pytest.raises(BlockingIOError):
        Presence(path)
    mark.give_up()
    assert present(path) is None


async def _says_something(address: str) -> None:
    async with connect(address, proxy=None) as connection:
        await connection.send('{"id":1,"method":"Browser.getVersion"}')
        await connection.recv()


def _listening(pid: int) -> list[str]:
    """Find the ports at which a process listens."""
    sockets = set[str]()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it was closed just now
            sockets.add(str(entry.readlink()))
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    return [
        fields[1]
        for fields in map(str.split, lines)
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets
    ]


async def _news(started: asyncio.subprocess.Process, **order: str) -> dict[str, Any]:
    """Give an order, if any, and hear what comes next."""
    assert started.stdin is not None
    assert started.stdout is not None
    if order:
        started.stdin.write(json.dumps(order).encode() + b"\n")
    async with asyncio.timeout(20):
        return json.loads(await started.stdout.readline())
