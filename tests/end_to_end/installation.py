"""A whole Linkwright of the test's own: `python -m app up` in a folder and on ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 90.0
STOP_LIMIT_S = 60.0
READY_LINE = re.compile(r"Linkwright is ready: (\S+)")
KEY_LINE = re.compile(r"API key.*?: (lw_\w+)")


def free_port() -> int:
    """Ask the system for a port that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Installation:
    """One data folder with its ports; may be started, stopped and killed many times."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.sandbox_port = free_port()
        self.api_key = ""
        self.output = folder / "output.txt"
        self._environment = {
            **{k: v for k, v in os.environ.items() if k != "DATABASE_URL"},
            "LINKWRIGHT_DATA": str(self.data),
            "LINKWRIGHT_PORT": str(self.port),
            "LINKWRIGHT_SANDBOX_PORT": str(self.sandbox_port),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Base address of the API."""
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.Client:
        """A client with the key; close it."""
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=60.0,
            trust_env=False,
        )

    def launch(self) -> subprocess.Popen[bytes]:
        """Start without waiting; the output goes to `self.output`, anew each time."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "up"],
                cwd=CHECKOUT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self._process

    def start(self) -> None:
        """Start and wait until it says that it is ready."""
        process = self.launch()
        wait_until(
            lambda: READY_LINE.search(self.said()) or process.poll() is not None, START_LIMIT_S
        )
        assert READY_LINE.search(self.said()), self.said()
        if found := KEY_LINE.search(self.said()):
            self.api_key = found.group(1)

    def said(self) -> str:
        """All that it has printed since the last start."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does; returns the exit status."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
        return self._process.wait(STOP_LIMIT_S)

    def kill(self, part: str) -> None:
        """Kill a part without warning: `up`, `serve`, `worker`, `sandbox`, `postgres`, `browser`."""
        pids = self.pids(part)
        assert pids, f"nothing to kill: no {part}"
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if part == "up":
            assert self._process is not None
            self._process.wait(STOP_LIMIT_S)

    def pids(self, part: str) -> list[int]:
        """The processes of a part of this installation, found by what they were started with."""
        wanted = {
            "postgres": (f"{self.data}/postgres",),
            "browser": (f"--user-data-dir={self.data}",),
        }.get(part)
        return [
            pid
            for pid, arguments, environment in _processes()
            if f"LINKWRIGHT_DATA={self.data}" in environment or str(self.data) in arguments
            if (wanted and any(w in arguments for w in wanted) and "postgres" in arguments)
            or (part == "browser" and "--type=" not in arguments and "--user-data-dir" in arguments)
            or (wanted is None and f"-m app {part}" in arguments)
        ]

    def leftovers(self) -> list[str]:
        """Every process that still belongs to this installation."""
        return [
            arguments
            for _, arguments, environment in _processes()
            if f"LINKWRIGHT_DATA={self.data}" in environment or str(self.data) in arguments
        ]


def _processes() -> list[tuple[int, str, list[str]]]:
    found: list[tuple[int, str, list[str]]] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
            if arguments:
                found.append((int(entry.name), arguments, environment))
    return found
