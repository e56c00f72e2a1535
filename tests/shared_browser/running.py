"""The program, started by hand."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapters.browser.processes import presence_of

PROGRAM = "adapters.shared_browser"
needs_the_browser = pytest.mark.skipif(
    not os.environ.get("LINKWRIGHT_SHARED_BROWSER"),
    reason="no Qt WebEngine is here; ./linkwright test installs it where there is one",
)


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@asynccontextmanager
async def program(
    port: int, places: int, module: str = PROGRAM
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Start it; whatever is left of it is killed."""
    packages = os.environ["LINKWRIGHT_SHARED_BROWSER"]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, str(port), str(places)),
        env={
            **os.environ,
            "PYTHONPATH": f"{packages}{os.pathsep}{Path.cwd()}",
            "QT_QPA_PLATFORM": "offscreen",
            "QTWEBENGINE_REMOTE_DEBUGGING": f"127.0.0.1:{port}",
            "QTWEBENGINE_DISABLE_SANDBOX": "1",
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def group(leader: int) -> set[int]:
    """Find the living processes of a process group."""
    found = set[int]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                stat = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(stat[2]) == leader and stat[0] not in "ZX":
                found.add(int(entry.name))
    return found


def marked_pages(folder: Path) -> set[int]:
    """Give the processes that the mark on a profile names for its pages."""
    return {int(pid) for pid in presence_of(folder).read_text().splitlines()[1].split()}


def gone(program: int) -> Callable[[], Awaitable[bool]]:
    """Make what tells whether nothing of the program's group is left."""

    async def is_gone() -> bool:
        return not group(program)

    return is_gone
