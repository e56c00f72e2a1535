"""A whole Linkwright of the test's own: `python -m app up` in a folder and on ports of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import httpx

from tests.plain_http import NO_TLS
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
        self.environment = {
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
            verify=NO_TLS,
        )

    def launch(self) -> subprocess.Popen[bytes]:
        """Start without waiting; the output goes to `self.output`, anew each time."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "up"],
                cwd=CHECKOUT,
                env=self.environment,
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
        """Kill without warning: `up`, `serve`, `worker`, `sandbox`, `postgres` or `browser`."""
        pids = self.pids(part)
        assert pids, f"nothing to kill: no {part}"
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if part == "up":
            assert self._process is not None
            self._process.wait(STOP_LIMIT_S)

    def pids(self, part: str) -> list[int]:
        """The processes of a part; of a browser or database only the one that the rest hang on."""
        return [process.pid for process in self._processes() if _is(part, process.arguments)]

    def database(self) -> str:
        """Give the database's address, as the service was told it."""
        setting = "DATABASE_URL="
        [found] = {
            line.removeprefix(setting)
            for process in self._processes()
            for line in process.environment
            if _is("serve", process.arguments) and line.startswith(setting)
        }
        return found

    def leftovers(self) -> list[str]:
        """Every process that still belongs to this installation."""
        return [" ".join(process.arguments) for process in self._processes()]

    def _processes(self) -> list["_Process"]:
        """Ours are told by their settings, by a path of ours, or by where they stand."""
        setting, path = f"LINKWRIGHT_DATA={self.data}", str(self.data)
        return [
            process
            for process in _all_processes()
            if setting in process.environment
            or any(path in argument for argument in process.arguments)
            or process.folder.startswith(path)
        ]


class _Process(NamedTuple):
    pid: int
    arguments: list[str]
    environment: list[str]
    folder: str


def _is(part: str, arguments: list[str]) -> bool:
    if part == "postgres":
        return arguments[0].endswith("/postgres")  # its children rewrite their arguments
    if part == "browser":
        typed = any(argument.startswith("--type=") for argument in arguments)
        return not typed and any(a.startswith("--user-data-dir=") for a in arguments)
    return arguments[1:4] == ["-m", "app", part]


def _all_processes() -> Iterator[_Process]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with suppress(OSError):
            arguments = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            environment = (entry / "environ").read_bytes().decode(errors="replace").split("\0")
            if arguments[0]:
                yield _Process(
                    int(entry.name), arguments, environment, str((entry / "cwd").readlink())
                )
