"""The parts of one Linkwright, each started alone: workers on machines that share only a database.

A machine is a data folder of its own. The sandbox and the API have theirs, so that whatever a
worker's folder holds is the worker's doing.
"""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from adapters.keys import Keys
from tests.end_to_end.installation import CHECKOUT, START_LIMIT_S, STOP_LIMIT_S, free_port
from tests.plain_http import NO_TLS
from tests.waiting import wait_until

MASTER_KEY = bytes(range(100, 132))


class Machines:
    """Start, stop and kill workers; the rest runs from `start` to `stop`."""

    def __init__(self, folder: Path, database: str, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **os.environ,
            "DATABASE_URL": database,
            "LINKWRIGHT_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
            "LINKWRIGHT_PORT": str(self.port),
            "LINKWRIGHT_SANDBOX_PORT": str(free_port()),
            **environment,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start what all machines share, and wait until the API answers."""
        for part in ("sandbox", "serve"):
            self._start(part, part, self.folder / "shared")
        wait_until(self._answers, START_LIMIT_S)

    def start_missing(self, machine: str) -> None:
        """Start the worker and the standby of this machine, whichever does not run."""
        if machine not in self._running:
            self.start_worker(machine)
        if _standby_of(machine) not in self._running:
            self.start_standby(machine)

    def client(self) -> httpx.Client:
        """A client with the operator's key; close it."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {Keys(MASTER_KEY).operator}"},
            timeout=60.0,
            trust_env=False,
            verify=NO_TLS,
        )

    def start_worker(self, machine: str) -> None:
        """Start a worker on this machine; it begins when the one before has ended."""
        self._start(machine, "worker", self.data(machine))

    def start_standby(self, machine: str) -> None:
        """Start the standby process beside this machine's worker."""
        self._start(_standby_of(machine), "standby", self.data(machine))

    def stop_standby(self, machine: str) -> None:
        """Stop it as a supervisor does."""
        self._end(_standby_of(machine), signal.SIGTERM)

    def signal_process(self, machine: str, number: signal.Signals, *, standby: bool) -> None:
        """Send a signal to the worker or the standby process alone, not to its browsers."""
        name = _standby_of(machine) if standby else machine
        self._running[name].send_signal(number)
        if number is signal.SIGKILL:
            self._running.pop(name).wait(STOP_LIMIT_S)

    def conflicts(self, account_id: str) -> int:
        """How often WhatsApp threw a page of this account out because another one came."""
        headers = {"Authorization": f"Bearer {Keys(MASTER_KEY).sandbox_control}"}
        url = f"http://127.0.0.1:{self.environment['LINKWRIGHT_SANDBOX_PORT']}"
        answer = httpx.get(
            f"{url}/control/accounts/{account_id}", headers=headers, timeout=20.0, verify=NO_TLS
        )
        conflicts: int = answer.raise_for_status().json()["conflicts"]
        return conflicts

    def data(self, machine: str) -> Path:
        """The machine's data folder."""
        return self.folder / machine

    def sessions_on(self, machine: str) -> list[str]:
        """Every folder of a page's Local Storage on this machine; folders may go away meanwhile."""
        walked = os.walk(self.data(machine))
        return [folder for folder, _, _ in walked if folder.endswith("/Local Storage")]

    def stop_worker(self, machine: str) -> None:
        """Stop it as a supervisor does."""
        self._end(machine, signal.SIGTERM)

    def kill_worker(self, machine: str) -> None:
        """Kill it and its browsers at once, as a machine that loses its power."""
        for pid in self.browsers(machine):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._end(machine, signal.SIGKILL)
        wait_until(lambda: not self.browsers(machine))

    def browsers(self, machine: str, kept_in: str = "") -> list[int]:
        """The browser processes whose profile lies on this machine, or in this folder of it."""
        return [pid for pid, command in _commands() if f"{self.data(machine)}/{kept_in}" in command]

    def content(self, machine: str) -> bytes:
        """Everything that the machine's disk holds for Linkwright, names included."""
        files = [path for path in self.data(machine).rglob("*") if path.is_file()]
        return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in files)

    def stop(self) -> None:
        """Stop everything that still runs."""
        for name in reversed(list(self._running)):
            self._end(name, signal.SIGTERM)

    def _start(self, name: str, part: str, data: Path) -> None:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        environment = {**self.environment, "LINKWRIGHT_DATA": str(data)}
        with (self.folder / f"{name}.txt").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "app", part],
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def _end(self, name: str, number: signal.Signals) -> None:
        process = self._running.pop(name)
        process.send_signal(number)
        process.wait(STOP_LIMIT_S)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return client.get("/health/live").is_success
        except httpx.HTTPError:
            return False


def _standby_of(machine: str) -> str:
    return f"{machine}-standby"


def _commands() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes().decode(errors="replace")
