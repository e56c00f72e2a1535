"""How `up` stops a child: one that gets on is let, one that does not is killed."""

import asyncio
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator

import pytest

from adapters.browser.processes import descendants
from app.up import stop_process
from tests.waiting import wait_until

DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("begun", flush=True)
sys.stdin.read()
"""
"""Hears no SIGTERM, and ends at the end of its input."""
PARENT = """
import subprocess, sys
child = subprocess.Popen(["/bin/sh", "-c", "tail -f /dev/null & echo begun; wait"])
sys.stdin.read()
subprocess.run(["pkill", "-P", str(child.pid)])
"""


async def deaf_child() -> Process:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DEAF, stdin=PIPE, stdout=PIPE
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"begun\n"
    return child


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """What is seen of the child's browsers, look by look."""
    seen: list[set[int]] = []
    monkeypatch.setattr("app.up.STOP_S", 0.05)
    monkeypatch.setattr("app.up.descendants", lambda _: seen.pop(0))
    return seen


async def test_a_child_whose_browsers_go_on_ending_is_waited_for(
    looks: list[set[int]], monkeypatch: pytest.MonkeyPatch
):
    child = await deaf_child()
    looks += [{1, 2, 3}, {1, 2}, {1}, set()]

    def look(_: int) -> set[int]:
        assert child.returncode is None, "it was killed too early"
        assert child.stdin is not None
        if len(looks) == 1:
            child.stdin.close()
        return looks.pop(0)

    monkeypatch.setattr("app.up.descendants", look)
    monkeypatch.setattr("app.up.STOP_S", 0.3)
    await stop_process(child)
    assert child.returncode == 0
    assert looks == []


@pytest.mark.parametrize("browsers", [{1, 2}, set[int]()])
async def test_a_child_that_gets_no_further_is_killed(looks: list[set[int]], browsers: set[int]):
    child = await deaf_child()
    looks += [{1, 2, 3}, browsers, browsers]
    await stop_process(child)
    assert child.returncode == -signal.SIGKILL
    assert looks == []


async def test_new_processes_are_no_progress(looks: list[set[int]]):
    child = await deaf_child()
    looks += [{1}, {1, 2}]
    await stop_process(child)
    assert child.returncode == -signal.SIGKILL


@pytest.fixture
def family() -> Iterator[subprocess.Popen[str]]:
    """A process whose child has a child."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "begun\n"
        yield parent


def test_those_below_a_process_are_its_childrens_children_too(family: subprocess.Popen[str]):
    wait_until(lambda: len(descendants(family.pid)) == 2)
    assert family.stdin is not None
    family.stdin.close()
    wait_until(lambda: not descendants(family.pid))
