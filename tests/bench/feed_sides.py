"""The processes of `bench feed`: what serves, who reads, and who writes to the log meanwhile."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from adapters import clock
from adapters.event_log.database import Database
from adapters.event_log.store import PostgresEventLog
from adapters.keys import VARIABLE, Keys
from app.dispatch import Dispatch
from app.feed_reader import encode
from domain.log import Origin
from domain.wishes import RegisterAccount
from projections.feed import FeedProjection
from tests.bench.feed_crowd import Facts, Kind, Order
from tests.end_to_end.installation import free_port
from tests.opened_log import MASTER_KEY, open_log
from tests.plain_http import NO_TLS
from tests.waiting import eventually

CHECKOUT = Path(__file__).resolve().parents[2]
ORIGIN = Origin(actor="worker:bench", correlation_id="req_0123456789abcdef")
START_LIMIT_S = 30.0
END_LIMIT_S = 15.0
LARGEST_ANSWER = 256 * 1024 * 1024
"""What a crowd saw, on one line."""

Commits = dict[int, float]
"""Position -> when its writer was told that it is in the log."""


class Helper:
    """A process that obeys lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def tell(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")

    async def answer(self) -> Any:  # noqa: ANN401  any JSON
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("a process of the benchmark ended before it answered")
        return msgspec.json.decode(line)

    async def obey(self, order: Order) -> Any:  # noqa: ANN401  any JSON
        self.tell(msgspec.json.encode(order))
        return await self.answer()


@asynccontextmanager
async def helper(*command: str, **environment: str) -> AsyncGenerator[Helper]:
    """Run `python -m …`; it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        limit=LARGEST_ANSWER,
    )
    try:
        yield Helper(process)
    finally:
        await end(process)


async def end(process: asyncio.subprocess.Process) -> None:
    """End it kindly, or not."""
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(END_LIMIT_S):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def crowd(kind: Kind, port: int, readers: int, key: str = "") -> AsyncGenerator[Helper]:
    """Run readers, who wait for orders."""
    facts = Facts(kind=kind, port=port, key=key, readers=readers)
    async with helper("tests.bench.feed_crowd", msgspec.json.encode(facts).decode()) as run:
        yield run


class Service:
    """Linkwright's own process `serve`, and a writer to its log."""

    def __init__(self, process: Helper, port: int, log: PostgresEventLog) -> None:
        self.pid = process.process.pid
        self.port = port
        self.key = Keys(MASTER_KEY).operator
        self.log = log
        self._dispatch = Dispatch(log)

    async def commit(self) -> tuple[int, float]:
        """Register an account; give its position and when that was acknowledged."""
        command = RegisterAccount(at=clock.now(), workspace="bench", label="Front desk")
        answer = await self._dispatch.submit(f"acc_{uuid4().hex}", command, ORIGIN)
        return answer.position, clock.monotonic_s()

    async def frame(self) -> bytes:
        """Give what a reader of SSE gets for such a commit."""
        position, _ = await self.commit()
        (recorded,) = await self.log.read(position - 1, 1)
        item = FeedProjection().item(recorded)
        assert item is not None
        return encode(item).frame


@asynccontextmanager
async def service(conninfo: str, data: Path) -> AsyncGenerator[Service]:
    """Serve a database of ours, as `up` has it served."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(Database(conninfo))
        log = open_log(pool)
        stack.push_async_callback(log.close)
        port = free_port()
        process = await stack.enter_async_context(
            helper(
                "app",
                "serve",
                f"--parent={os.getpid()}",
                DATABASE_URL=conninfo,
                LINKWRIGHT_DATA=str(data),
                LINKWRIGHT_PORT=str(port),
                **{VARIABLE: base64.b64encode(MASTER_KEY).decode()},
            )
        )
        headers = {"Authorization": f"Bearer {Keys(MASTER_KEY).operator}"}
        async with httpx.AsyncClient(trust_env=False, headers=headers, verify=NO_TLS) as client:

            async def follows() -> bool:
                try:
                    answered = await client.get(f"http://127.0.0.1:{port}/health/ready")
                except httpx.TransportError:
                    return False
                return any(one["name"] == "feed" and one["ok"] for one in answered.json()["checks"])

            await eventually(follows, START_LIMIT_S)
        yield Service(process, port, log)


@asynccontextmanager
async def broadcaster() -> AsyncGenerator[tuple[Helper, int]]:
    """Run the reference; gives its port."""
    async with helper("tests.bench.feed_broadcaster") as run:
        yield run, await run.answer()


async def steadily(times: int, every_s: float, act: Callable[[], Any]) -> list[Any]:
    """Do something each time it is due, whatever became of the time before."""
    done: list[asyncio.Task[Any]] = []
    loop, all_begun = asyncio.get_running_loop(), asyncio.Event()
    for number in range(times):
        loop.call_later(number * every_s, lambda: done.append(asyncio.ensure_future(act())))
    loop.call_later(times * every_s, all_begun.set)
    await all_begun.wait()
    return list(await asyncio.gather(*done))
