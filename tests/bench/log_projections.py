"""What `bench log` measures of projections: how far the feed lags, rebuilding, and loading.

The feed follows the log in the process that appends, as in `serve`. Its reader notes when it has an
event in hand, which is a little after the hub has handed it out.
"""

import asyncio
from collections.abc import Callable, Coroutine
from math import ceil
from typing import Any

from adapters import clock
from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.event_log.partitions import Reading
from adapters.keys import Keys
from app.cli.figures import NINETY_NINTH, Figure, figure, ratio
from app.dispatch import Dispatch
from app.feed_hub import FeedHub
from app.feed_reader import FeedFilter, Reader
from app.projecting.rebuild import rebuild
from app.snapshots import Snapshots
from domain.log import Origin
from domain.observations import RecordSealedSession
from projections.tables import TABLES
from tests.bench.log_contestants import dispatching
from tests.examples import at
from tests.opened_log import MASTER_KEY, open_log
from tests.service.long_accounts import write, years
from tests.waiting import eventually

ORIGIN = Origin(actor="worker:bench")
EVENTS_A_S = 1000
ACCOUNTS = 64
"""That take turns, so that hardly any of them gets a command before its last one was answered."""
LAG_ROUND_S = 1.0
LATEST_S = 10.0
"""Within this everything acknowledged must have been handed out."""
LAG_AIM_MS = 100.0
REBUILD_AIM = 1_000_000 / 60
"""Events a second; both from issue 3, "How it is judged"."""
EVENTS_OF = {"short": 11, "long": 10_001}
"""Both end READY."""
LOADS = 10
"""Of each account in each round, cold and warm by turns."""


class Projected:
    """What was measured, in seconds and events a second."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.worst: list[float] = []
        """The 99th percentile of each round's lags."""
        self.rates: list[float] = []
        self.rebuilt: list[float] = []
        self.loads: dict[str, list[float]] = {
            f"{heat}_{length}": [] for heat in ("cold", "warm") for length in EVENTS_OF
        }


async def measure_lag(conninfo: str, taken: Projected) -> None:
    """Append at a steady rate for a round, while the feed follows."""
    async with Database(conninfo) as database:
        log = open_log(database)
        dispatch = Dispatch(log)
        hub = FeedHub(log, dispatch.as_of)
        following = asyncio.create_task(hub.run())
        try:
            await hub.following()
            with hub.admit(FeedFilter()) as reader:
                async for _ in hub.resume(reader):
                    pass
                await _one_round(dispatch, reader, taken)
        finally:
            following.cancel()
            await asyncio.wait([following])
            await log.close()


async def _one_round(dispatch: Dispatch, reader: Reader, taken: Projected) -> None:
    seen: dict[int, float] = {}
    reading = asyncio.create_task(_read(reader, seen))
    began_s = clock.monotonic_s()
    acknowledged = await _append_steadily(dispatch)
    took_s = clock.monotonic_s() - began_s

    async def all_seen() -> bool:
        assert not reader.let_go, "the feed let its reader go"
        return acknowledged.keys() <= seen.keys()

    await eventually(all_seen, LATEST_S)
    reading.cancel()
    await asyncio.wait([reading])
    # The feed may be faster than the answer to whoever appended.
    lags = [max(0.0, seen[position] - when) for position, when in acknowledged.items()]
    taken.lags += lags
    taken.worst.append(sorted(lags)[ceil(NINETY_NINTH * len(lags)) - 1])
    taken.rates.append(len(lags) / took_s)


def _begin(
    appends: asyncio.TaskGroup, append: Callable[[int], Coroutine[Any, Any, None]], number: int
) -> None:
    appends.create_task(append(number))


async def _append_steadily(dispatch: Dispatch) -> dict[int, float]:
    """Begin each append when it is due, whatever became of those before."""
    acknowledged: dict[int, float] = {}
    wishes = [dispatching(dispatch) for _ in range(ACCOUNTS)]
    for wish in wishes:  # registered
        await wish()

    async def append(number: int) -> None:
        answer = await wishes[number % ACCOUNTS]()
        acknowledged[answer.position] = clock.monotonic_s()

    loop, all_begun = asyncio.get_running_loop(), asyncio.Event()
    async with asyncio.TaskGroup() as appends:
        for number in range(int(LAG_ROUND_S * EVENTS_A_S)):
            loop.call_later(number / EVENTS_A_S, _begin, appends, append, number)
        loop.call_later(LAG_ROUND_S, all_begun.set)
        await all_begun.wait()
    return acknowledged


async def _read(reader: Reader, seen: dict[int, float]) -> None:
    while not reader.let_go:
        await reader.news(LATEST_S)
        items = reader.take()
        now_s = clock.monotonic_s()
        seen.update((item.position, now_s) for item in items)


def measure_rebuild(conninfo: str, events: int, taken: Projected) -> None:
    """Make every table anew, as `projections rebuild all` does."""
    reading = Reading(conninfo, Keys(MASTER_KEY))
    began_s = clock.monotonic_s()
    for projection in TABLES.values():
        rebuild(reading, projection)
    taken.rebuilt.append(events / (clock.monotonic_s() - began_s))


async def measure_loading(conninfo: str, rounds: int, taken: Projected) -> None:
    """Let a short and a long account answer commands by turns: after a restart, and then again."""
    async with Database(conninfo) as database:
        log = open_log(database)
        snapshots = Snapshots(log)
        for length, events in EVENTS_OF.items():
            await write(log, length, years(events))
            await Dispatch(log, snapshots).load(length)
        await snapshots.settle()
        for number in range(rounds * LOADS):
            for length in EVENTS_OF:
                await _answer(log, snapshots, length, number, taken)
        await snapshots.close()
        await log.close()


async def _answer(
    log: EventLog, snapshots: Snapshots, length: str, number: int, taken: Projected
) -> None:
    dispatch = Dispatch(log, snapshots)
    attempt = (await Dispatch(log, snapshots).load(length)).account.attempt
    assert attempt is not None
    for heat in ("cold", "warm"):
        seal = RecordSealedSession(
            at=at(1e9 + number), attempt=attempt.id, digest=f"{heat}-{number}", size_bytes=1
        )
        began_s = clock.monotonic_s()
        await dispatch.submit(length, seal, ORIGIN)
        taken.loads[f"{heat}_{length}"].append(clock.monotonic_s() - began_s)


def projected_figures(taken: Projected) -> dict[str, Figure]:
    """Boil it down."""
    rate = f"{EVENTS_A_S:,} events/s"
    return {
        "lag": figure(taken.lags, f"acknowledged until handed out by the feed, {rate}", unit="ms"),
        "lag_p99": figure(taken.worst, "each round's p99 of it", unit="ms", aim=LAG_AIM_MS),
        "lag_rate": figure(taken.rates, f"appended meanwhile; {rate} were begun", unit="/s"),
        "rebuild": figure(
            taken.rebuilt, "events that all tables are rebuilt from", unit="/s", aim=REBUILD_AIM
        ),
        **{
            f"answer_{name}": figure(
                taken.loads[name],
                f"a command, {heat} cache, account of {EVENTS_OF[length]:,} events",
                unit="ms",
            )
            for name in taken.loads
            for heat, _, length in [name.partition("_")]
        },
    }


def projected_ratios(figures: dict[str, Figure]) -> dict[str, float]:
    """Say how much longer a long account takes to answer than a short one."""
    pairs = (f"answer_{heat}_long / answer_{heat}_short" for heat in ("cold", "warm"))
    return {pair: ratio(figures, figures, pair) for pair in pairs}
