"""Deliveries a second of one process, and commit to delivery; beside bare httpx posting the same.

A receiver on this machine answers 204 at once. First an endpoint is told a past of some thousand
items of fifty accounts; then things happen one by one, each as soon as the last has arrived.
"""

import asyncio
import base64
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters import clock
from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres
from app.cli.figures import Report, figure, machine, ratio
from tests.running_api import MASTER_KEY
from tests.webhook_delivery.parts import Installation, installation
from tests.webhook_delivery.receiver import Receiver, Told, receiving

ACCOUNTS = 50
EACH = 40
"""Items of each account in the past, beside its two first ones."""
ONE_BY_ONE = 20
"""Items for each sample whose way from commit to delivery is timed."""
AIMED_RATE = 500.0
"""Deliveries a second of one process: issue 6."""
LIMIT_S = 300.0
CHECKOUT = Path(__file__).resolve().parents[2]

Say = Callable[[str], None]


class Arrivals:
    """When each request came."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.at_s: list[float] = []
        self._came = asyncio.Event()
        receiver.answer = self._answer

    def _answer(self, _: Told) -> str:
        self.at_s.append(clock.monotonic_s())
        self._came.set()
        return "204 No Content"

    async def until(self, count: int) -> None:
        """Wait until so many have come."""
        while len(self.at_s) < count:
            self._came.clear()
            await self._came.wait()

    def rate(self, since: int) -> float:
        """Give requests a second from the first one of a run to its last."""
        run = self.at_s[since:]
        return (len(run) - 1) / (run[-1] - run[0])


class Samples:
    """What was measured."""

    def __init__(self) -> None:
        self.rates: list[float] = []
        self.delays: list[float] = []
        self.bare: list[float] = []


def measure(say: Say, samples: int) -> Report:
    """Deliver the same past `samples` times on each side; all is stopped and deleted here."""
    taken = Samples()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        data = Path(folder)
        with EmbeddedPostgres(data / "postgres", durable=True) as server:
            conninfo = server.start()
            migrate(conninfo)
            asyncio.run(_measured(conninfo, data, taken, samples, say))
    return webhooks_report(taken, machine())


async def _measured(conninfo: str, data: Path, taken: Samples, samples: int, say: Say) -> None:
    async with (
        asyncio.timeout(LIMIT_S),
        installation(conninfo) as here,
        receiving() as receiver,
    ):
        say("Writing a past …")
        total = await _past(here)
        arrivals = Arrivals(receiver)
        for number in range(1, samples + 1):
            say(f"Sample {number} of {samples} …")
            endpoint = await here.endpoint(receiver.url)
            since = len(arrivals.at_s)
            receiver.told.clear()
            receiver.accepted.clear()
            async with _process(conninfo, data):
                await arrivals.until(since + total)
                taken.rates.append(arrivals.rate(since))
                total += await _one_by_one(here, arrivals, taken)
            await here.endpoints.delete(endpoint.id)
            bodies = [told.body.decode() for told in receiver.told]
            await _bare(arrivals, data, bodies, taken)


async def _past(here: Installation) -> int:
    names = [f"acc_{number:03}" for number in range(ACCOUNTS)]

    async def live(name: str) -> None:
        await here.account(name)
        await here.happens(name, EACH)

    await asyncio.gather(*map(live, names))
    return await here.log.head()


async def _one_by_one(here: Installation, arrivals: Arrivals, taken: Samples) -> int:
    for _ in range(ONE_BY_ONE):
        since = len(arrivals.at_s)
        await here.happens("acc_000")
        committed_s = clock.monotonic_s()
        await arrivals.until(since + 1)
        taken.delays.append(max(0.0, arrivals.at_s[-1] - committed_s))
    return ONE_BY_ONE


async def _bare(arrivals: Arrivals, data: Path, bodies: list[str], taken: Samples) -> None:
    file = data / "bodies.json"
    file.write_text(json.dumps(bodies), "utf-8")
    since = len(arrivals.at_s)
    arguments = (sys.executable, "-m", "tests.bench.webhook_posts", arrivals.receiver.url, file)
    poster = await asyncio.create_subprocess_exec(*arguments, cwd=CHECKOUT)
    if await poster.wait():
        raise RuntimeError("bare httpx broke off")
    taken.bare.append(arrivals.rate(since))


@asynccontextmanager
async def _process(conninfo: str, data: Path) -> AsyncGenerator[None]:
    given = {
        "DATABASE_URL": conninfo,
        "LINKWRIGHT_DATA": str(data),
        "LINKWRIGHT_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
        "LINKWRIGHT_WEBHOOK_ALLOW": "127.0.0.0/8",
    }
    arguments = (sys.executable, "-m", "app", "webhooks", "--parent", str(os.getpid()))
    started = await asyncio.create_subprocess_exec(
        *arguments, env={**os.environ, **given}, cwd=CHECKOUT
    )
    try:
        yield
    finally:
        started.terminate()
        await started.wait()


def webhooks_report(taken: Samples, about: dict[str, Any]) -> Report:
    """Boil it down."""
    figures = {
        "deliveries": figure(
            taken.rates,
            "signed deliveries of one process, each account in order, each recorded",
            unit="/s",
            aim=AIMED_RATE,
        ),
        "commit_to_delivery": figure(
            taken.delays, "an event's commit to its arrival at the receiver", unit="ms"
        ),
    }
    references = {
        "bare_httpx": figure(taken.bare, "httpx posts the same bodies, 16 at once", unit="/s")
    }
    pair = "deliveries / bare_httpx"
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair)},
        machine=about,
    )
