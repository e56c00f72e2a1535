"""The program, started by hand."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

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
    port: int, places: int, module: str = "adapters.shared_browser"
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
