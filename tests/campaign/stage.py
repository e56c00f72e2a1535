"""What a campaign breaks: PostgreSQL, a proxy before it, `serve`, and a second writer.

The campaign stands for `linkwright up`: what has ended is started again, and nothing else is done.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import httpx
import msgspec
from psycopg import AsyncConnection

from adapters.keys import load_keys
from adapters.postgres_server import EmbeddedPostgres, PostgresServerError
from adapters.postgres_server.remains import servers_of
from app.settings import Settings
from app.up import prepare_database
from tests.campaign.clients import ANSWER_LIMIT_S
from tests.campaign.memory import Memory, Told
from tests.campaign.proxy import Proxy, proxy_to
from tests.end_to_end.installation import free_port
from tests.waiting import eventually

CLIENTS = tuple(f"client-{number}" for number in range(4))
CROWD = tuple(f"crowd-{number}" for number in range(5))
"""All of these work on one account, and wait there for each other."""
CHECKOUT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0
"""`up` gives its children as long."""
POLICY = '{"initialize_s": 1.0}'
"""Attempts that nobody opens a page for are over soon, so that deadlines fire all the time."""
BROKEN = (b"level=error", b"Traceback")
"""What the service must not have written in any outage."""


class KeptProcess:
    """A process that is started again whenever it ends. Its errors go to `output`."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        hear: Callable[[bytes], None] | None = None,
    ) -> None:
        self._command = command
        self._environment = environment
        self._output = output
        self._hear = hear
        self._process: Process | None = None
        self._killed = False
        self._stopping = False
        self._over = asyncio.Event()
        self.wrong: list[str] = []

    async def keep(self) -> None:
        """Run it until it is stopped, or this is cancelled."""
        try:
            with self._output.open("ab") as output:
                while not self._stopping:
                    self._killed = False
                    await self._run_once(output)
        finally:
            self._over.set()

    async def _run_once(self, output: BinaryIO) -> None:
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            env=self._environment,
            cwd=CHECKOUT,
            stdin=DEVNULL,
            stdout=PIPE if self._hear else output,
            stderr=output,
        )
        try:
            await self._listen(process)
            status = await process.wait()
        finally:
            await end(process)
        if not self._killed:
            self.wrong.append(f"{self._command[-1]} ended by itself with {status}")

    async def _listen(self, process: Process) -> None:
        while process.stdout is not None and self._hear is not None:
            line = await process.stdout.readline()
            if not line.endswith(b"\n"):
                return
            self._hear(line)

    async def kill(self) -> None:
        """Kill it without warning, and wait until it is dead."""
        process = self._process
        if process is not None and process.returncode is None:
            self._killed = True
            process.kill()
            await process.wait()

    async def stop(self) -> None:
        """Kill it for good, and wait until all that it said has been heard."""
        self._stopping = True
        await self.kill()
        await self._over.wait()

    def complaints(self) -> list[str]:
        """Give what it wrote that must not be, and whether it ever ended by itself."""
        lines = self._output.read_bytes().splitlines() if self._output.exists() else []
        broken = [line.decode(errors="replace") for line in lines if any(b in line for b in BROKEN)]
        return [*self.wrong, *broken]


async def end(process: Process) -> None:
    """Stop a process in order, and by force if it does not."""
    with suppress(ProcessLookupError, TimeoutError):
        process.terminate()
        async with asyncio.timeout(STOP_LIMIT_S):
            await process.wait()
    if process.returncode is None:
        process.kill()
        await process.wait()


class Stage:
    """Everything that runs; made by `set_up`."""

    def __init__(
        self,
        server: EmbeddedPostgres,
        cluster: Path,
        conninfo: str,
        data: Path,
        keys: tuple[str, str],
    ) -> None:
        self.server = server
        self._data = data
        self._cluster = cluster
        self.clients = {**dict.fromkeys(CLIENTS, keys[0]), **dict.fromkeys(CROWD, keys[1])}
        """Name -> key. One is looked up in the database; the operator's the service knows."""
        self.conninfo = conninfo
        """Past the proxy: for those who watch."""
        self.memory = Memory()
        self.proxy: Proxy
        self.serve: KeptProcess
        self.writer: KeptProcess
        self.http: httpx.AsyncClient
        self._closing = False

    async def keep_server(self) -> None:
        """Start PostgreSQL again whenever it has ended, until the stage is closed."""
        await eventually(self._is_over, float("inf"))
        while not self._closing:
            with suppress(PostgresServerError):  # the disk is full: again, until there is room
                self.conninfo = await asyncio.to_thread(self.server.start)
            await eventually(self._is_over, float("inf"))

    async def _is_over(self) -> bool:
        return self._closing or not self.server.alive()

    def settings(self, conninfo: str) -> Settings:
        """Give the settings of `serve`, for what reaches the database by another way."""
        return Settings(data=self._data, database_url=conninfo)

    def close(self) -> None:
        """Do not start PostgreSQL again."""
        self._closing = True

    def server_processes(self) -> list[int]:
        """Every process of PostgreSQL, the first one first."""
        first = self.server.pid
        pids = servers_of(self._cluster)
        return sorted(pids, key=lambda pid: (pid != first, pid))

    def signal_server(self, number: signal.Signals, pids: Sequence[int]) -> None:
        """Send a signal to processes of PostgreSQL, some of which may have ended."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    @asynccontextmanager
    async def administrator(self) -> AsyncGenerator[AsyncConnection]:
        """Connect past the proxy; may write whatever the database's defaults are."""
        async with await AsyncConnection.connect(
            self.conninfo, autocommit=True, options="-c default_transaction_read_only=off"
        ) as connection:
            yield connection

    def complaints(self) -> list[str]:
        """Give what went wrong in the processes."""
        return [*self.memory.wrong, *self.serve.complaints(), *self.writer.complaints()]


@asynccontextmanager
async def set_up(folder: Path, seed: int, database: Path | None = None) -> AsyncGenerator[Stage]:
    """Start everything in a folder; PostgreSQL's data may lie elsewhere. Nothing is left behind."""
    data = folder / "data"
    data.mkdir(parents=True)
    where = database or folder / "postgres"
    async with AsyncExitStack() as stack:
        server = EmbeddedPostgres(where)
        stack.callback(server.stop)
        conninfo = server.start()
        keys = load_keys({}, data / "master.key")
        key = await prepare_database(conninfo, keys)
        assert key is not None
        stage = Stage(server, where / "cluster", conninfo, data, (key, keys.operator))
        keeping = asyncio.create_task(stage.keep_server())
        stack.push_async_callback(_finish, keeping)
        stack.callback(stage.close)
        stage.proxy = await stack.enter_async_context(proxy_to(lambda: stage.conninfo))
        port = free_port()
        _cast(stage, folder, data, port, seed)
        for process in (stage.serve, stage.writer):
            kept = asyncio.create_task(process.keep())
            stack.push_async_callback(_cancel, kept)
        stage.http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                trust_env=False,
                timeout=ANSWER_LIMIT_S,
                limits=httpx.Limits(max_connections=None),
            )
        )
        await eventually(lambda: _answers(stage.http), START_LIMIT_S)
        yield stage


def _cast(stage: Stage, folder: Path, data: Path, port: int, seed: int) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": stage.proxy.conninfo,
        "LINKWRIGHT_DATA": str(data),
        "LINKWRIGHT_PORT": str(port),
        "LINKWRIGHT_POLICY": POLICY,
    }
    parent = str(os.getpid())
    stage.serve = KeptProcess(
        [sys.executable, "-m", "app", "serve", "--parent", parent],
        environment,
        folder / "serve.txt",
    )
    stage.writer = KeptProcess(
        [sys.executable, "-m", "tests.campaign.writer", str(seed), parent],
        environment,
        folder / "writer.txt",
        lambda line: stage.memory.tell(msgspec.json.decode(line, type=Told)),
    )


async def _answers(http: httpx.AsyncClient) -> bool:
    with suppress(httpx.TransportError):
        return (await http.get("/health/live")).is_success
    return False


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _finish(task: "asyncio.Task[None]") -> None:
    await task
