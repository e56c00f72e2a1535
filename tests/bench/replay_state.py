"""The state of a long account at any of its events, over HTTP."""

import random
import tempfile
from collections.abc import Callable
from datetime import datetime
from math import ceil
from pathlib import Path

import httpx

from adapters import clock
from app.cli.figures import Figure, figure
from tests.running_api import RunningApi, running_api
from tests.service.long_accounts import write, years

ACCOUNT = "acc_states"
EVENTS = 10_000
ASKED = 100
"""Of each kind in a round: the p95 is the sixth-longest."""
NINETY_FIFTH = 0.95
P95_AIM_MS = 50.0
"""Issue 5, "How it is judged"."""
STATE = f"/v1/accounts/{ACCOUNT}/replay/state"

Say = Callable[[str], None]


class StateTaken:
    """Seconds from the request to the whole answer, and each round's p95 of them."""

    def __init__(self) -> None:
        self.by_version: list[float] = []
        self.by_time: list[float] = []
        self.alive: list[float] = []
        self.p95_by_version: list[float] = []
        self.p95_by_time: list[float] = []


async def measure_states(conninfo: str, rounds: int, taken: StateTaken, say: Say) -> None:
    """Serve the API on this database, and ask for states of an account of its own at random."""
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        async with running_api(conninfo, Path(folder), with_snapshots=True) as api:
            say(f"Writing an account of {EVENTS:,} events …")
            times = await _fill(api)
            choose = random.Random(EVENTS)  # noqa: S311  the same questions in every run
            for number in range(rounds):
                say(f"Round {number + 1} of {rounds}: states over HTTP …")
                await _round(api.client, choose, times, taken)


async def _fill(api: RunningApi) -> list[datetime]:
    """Write the account, and load it as the service does; give when each event was recorded."""
    log = api.services.log
    await write(log, ACCOUNT, years(EVENTS))
    await api.services.dispatch.load(ACCOUNT)
    return [one.recorded_at for one in await log.load(ACCOUNT)]


async def _round(
    client: httpx.AsyncClient, choose: random.Random, times: list[datetime], taken: StateTaken
) -> None:
    by_version: list[float] = []
    by_time: list[float] = []
    for _ in range(ASKED):
        version = choose.randrange(1, EVENTS + 1)
        by_version.append(await _timed(client, STATE, {"version": str(version)}))
        by_time.append(await _timed(client, STATE, {"at": choose.choice(times).isoformat()}))
        taken.alive.append(await _timed(client, "/health/live", {}))
    taken.by_version += by_version
    taken.by_time += by_time
    taken.p95_by_version.append(_p95(by_version))
    taken.p95_by_time.append(_p95(by_time))


async def _timed(client: httpx.AsyncClient, path: str, query: dict[str, str]) -> float:
    began = clock.monotonic_s()
    answered = await client.get(path, params=query)
    took = clock.monotonic_s() - began
    if answered.status_code != httpx.codes.OK:
        raise RuntimeError(f"{path} answered {answered.status_code}")
    return took


def _p95(samples: list[float]) -> float:
    return sorted(samples)[ceil(NINETY_FIFTH * len(samples)) - 1]


def state_figures(taken: StateTaken) -> dict[str, Figure]:
    """Boil down what was measured."""
    of = f"an account of {EVENTS:,} events"
    return {
        "state": figure(taken.by_version, f"state at any version of {of}", unit="ms"),
        "state_p95": figure(
            taken.p95_by_version, "each round's p95 of it", unit="ms", aim=P95_AIM_MS
        ),
        "state_at": figure(taken.by_time, f"state at any time of {of}", unit="ms"),
        "state_at_p95": figure(
            taken.p95_by_time, "each round's p95 of it", unit="ms", aim=P95_AIM_MS
        ),
    }


def state_references(taken: StateTaken) -> dict[str, Figure]:
    """Boil down what the same client and server take for nothing."""
    return {"alive": figure(taken.alive, "the same server saying that it lives", unit="ms")}
