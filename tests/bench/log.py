"""One-event commands a second and their latency, and replay, beside eventsourcing and bare inserts.

One embedded server that waits for its disk at every commit, and one process for all clients. The
contestants take turns in short rounds, so that what else the machine does meets all of them alike.
For a command Linkwright writes an input, an event and an account's row, with two hashes; the others
write the event alone.
"""

import asyncio
import gc
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
from msgspec.structs import replace
from psycopg.conninfo import make_conninfo

from adapters import clock
from adapters.account_keys import KeyRing
from adapters.event_log.checked_replay import checked_events
from adapters.event_log.codec import Codec
from adapters.event_log.database import Database
from adapters.event_log.migrate import migrate
from adapters.event_log.personal import seal_body
from adapters.event_log.verify import verify
from adapters.keys import Keys
from adapters.postgres_server import EmbeddedPostgres
from app.cli.figures import Figure, Report, figure, machine, ratio
from app.dispatch import Dispatch
from domain.account import NEW, Account
from domain.events import AccountEvent, AttemptEvent
from domain.evolve import evolve
from domain.log import RecordedEvent
from tests.bench.log_contestants import (
    ORIGIN,
    Timed,
    appending,
    dispatching,
    run_clients,
    run_library,
    run_raw,
)
from tests.bench.log_projections import (
    Projected,
    measure_lag,
    measure_loading,
    measure_rebuild,
    projected_figures,
    projected_ratios,
)
from tests.examples import LINKED, at
from tests.opened_log import MASTER_KEY, open_log

CLIENTS = (1, 8, 64)
RAW_BATCHES = (1, 8, 64, 500)
ROUND_S = 0.5
"""Of each contestant, as often as there are samples: ten samples take about 80 s."""
EVENTS_PER_SAMPLE = 20_000
"""Of the log that is replayed; `--samples 50` makes it a million."""
REPLAYS = 3
REPLAY_AIM, FOLD_AIM, VERIFY_AIM = 100_000.0, 1_000_000.0, 66_667.0
"""Events a second; issue 3, "How it is judged" (verify: a million within 15 s)."""
MEMORY_AIM_MB = 5.0
"""Flat, but for what the allocator keeps."""
FILL = """select count(*) from append_stored_events(
    %b::text[], %b::bigint[], %b::text[], %b::bytea[])"""
FILL_KEYS = """insert into account_keys (account_id, wrapped)
    select * from unnest(%b::text[], %b::bytea[])"""

Say = Callable[[str], None]


class Samples:
    """What was measured: commands by contestant and clients, rates of events, bytes of growth."""

    def __init__(self) -> None:
        self.ours = {
            f"{name}_{clients}": Timed() for name in ("append", "dispatch") for clients in CLIENTS
        }
        self.library = {clients: Timed() for clients in CLIENTS}
        self.raw = {batch: Timed() for batch in RAW_BATCHES}
        self.replay: list[float] = []
        self.verify: list[float] = []
        self.fold: list[float] = []
        self.growth: list[float] = []
        self.projected = Projected()


def measure(say: Say, samples: int) -> Report:
    """Measure each thing in so many rounds; what is started here is stopped and deleted here."""
    about = machine(samples=samples)
    taken = Samples()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        # The server may run as another user than we do, who must get to its own folder below.
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            conninfo = server.start()
            migrate(conninfo)
            _write(conninfo, taken, samples, say)
            with psycopg.connect(conninfo, autocommit=True) as connection:
                connection.execute("drop table bench_library, bench_raw")
                connection.execute("create database bench_replay")
            _replay(make_conninfo(conninfo, dbname="bench_replay"), taken, samples, say)
    return log_report(taken, about)


def _write(conninfo: str, taken: Samples, rounds: int, say: Say) -> None:
    with asyncio.Runner() as runner:
        for number in range(rounds):
            for clients in CLIENTS:
                say(f"Round {number + 1} of {rounds}: {clients} clients …")
                runner.run(_write_ours(conninfo, taken, clients))
                run_library(conninfo, clients, ROUND_S, taken.library[clients])
            for batch in RAW_BATCHES:
                run_raw(conninfo, batch, ROUND_S, taken.raw[batch])
            say(f"Round {number + 1} of {rounds}: lag of the feed …")
            runner.run(measure_lag(conninfo, taken.projected))
        say("Loading a long account …")
        runner.run(measure_loading(conninfo, rounds, taken.projected))


async def _write_ours(conninfo: str, taken: Samples, clients: int) -> None:
    async with Database(conninfo) as database:
        log = open_log(database)
        try:
            commands = [appending(log, "Front desk") for _ in range(clients)]
            for command in commands:  # so that connections and plans are there
                await command()
            await run_clients(commands, ROUND_S, taken.ours[f"append_{clients}"])
            dispatch = Dispatch(log)
            wishes = [dispatching(dispatch) for _ in range(clients)]
            for wish in wishes:  # registered
                await wish()
            await run_clients(wishes, ROUND_S, taken.ours[f"dispatch_{clients}"])
        finally:
            await log.close()


def _replay(conninfo: str, taken: Samples, samples: int, say: Say) -> None:
    migrate(conninfo)
    events = samples * EVENTS_PER_SAMPLE // len(LINKED) * len(LINKED)
    say(f"Writing {events:,} events …")
    _fill(conninfo, events)
    stories = LINKED * 10_000
    for number in range(REPLAYS):
        say(f"Replay {number + 1} of {REPLAYS} …")
        taken.replay.append(_rate(events, lambda: _replay_once(conninfo, events, taken)))
        taken.verify.append(_rate(events, lambda: verify(conninfo)))
        taken.fold.append(_rate(len(stories), lambda: _fold(stories)))
        measure_rebuild(conninfo, events, taken.projected)


def _fill(conninfo: str, events: int) -> None:
    """Write account after account from its registration to READY, as the service would."""
    codec, ring = Codec(), KeyRing(Keys(MASTER_KEY))
    stories = range(events // len(LINKED))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for begin in range(0, len(stories), 1000):
            rows: list[tuple[str, int, str, bytes]] = []
            keys: list[tuple[str, bytes]] = []
            for _ in stories[begin : begin + 1000]:
                stream = f"acc_{uuid4().hex}"
                wrapped = ring.make(stream)
                keys.append((stream, wrapped))
                key = ring.add(stream, wrapped)
                sealed = (seal_body(event, stream, key) for event in linked(stream))
                rows += [_row(codec, stream, n, e) for n, e in enumerate(sealed, start=1)]
            connection.execute(FILL_KEYS, [list(column) for column in zip(*keys, strict=True)])
            connection.execute(FILL, [list(column) for column in zip(*rows, strict=True)])
        connection.execute("vacuum analyze events")


def linked(stream: str) -> list[AccountEvent]:
    """Tell an account's story from its registration to READY, under an attempt of its own."""
    return [
        replace(event, attempt=f"att_{stream}") if isinstance(event, AttemptEvent) else event
        for event in LINKED
    ]


def _row(
    codec: Codec, stream: str, version: int, event: AccountEvent
) -> tuple[str, int, str, bytes]:
    recorded = RecordedEvent(
        position=0,
        stream=stream,
        version=version,
        topic=type(event).__name__,
        event=event,
        input_id=version,
        origin=ORIGIN,
        recorded_at=at(version),
    )
    return stream, version, recorded.topic, codec.encode_event(recorded)


def _rate(events: int, work: Callable[[], object]) -> float:
    gc.collect()
    began_s = clock.monotonic_s()
    work()
    return events / (clock.monotonic_s() - began_s)


def _replay_once(conninfo: str, events: int, taken: Samples) -> None:
    """Read, check, decode and fold everything; note how memory grew after the first tenth."""
    open_stories: dict[str, Account] = {}
    early = 0
    for recorded in checked_events(conninfo, Keys(MASTER_KEY)):
        if isinstance(recorded.event, AccountEvent):
            before = open_stories.pop(recorded.stream, NEW)
            account = evolve(before, recorded.event)
            if recorded.version < len(LINKED):
                open_stories[recorded.stream] = account
        if recorded.position == events // 10:
            early = resident_bytes()
    taken.growth.append(float(max(0, resident_bytes() - early)))


def _fold(stories: tuple[AccountEvent, ...]) -> None:
    account = NEW
    for event in stories:
        account = evolve(account, event)


def resident_bytes() -> int:
    """Give this process's memory now; 0 where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def log_report(taken: Samples, about: dict[str, str | int | float]) -> Report:
    figures: dict[str, Figure] = {}
    for name, timed in taken.ours.items():
        figures |= _of_commands(name, timed)
    figures |= {
        "replay": figure(
            taken.replay, "read, chain checked, decoded and folded", unit="/s", aim=REPLAY_AIM
        ),
        "fold": figure(taken.fold, "folded, from memory", unit="/s", aim=FOLD_AIM),
        "verify": figure(taken.verify, "rows whose hashes are checked", unit="/s", aim=VERIFY_AIM),
        "replay_growth": figure(
            taken.growth, "memory from a tenth of a replay to its end", unit="MB", aim=MEMORY_AIM_MB
        ),
        **projected_figures(taken.projected),
    }
    references: dict[str, Figure] = {}
    for clients, timed in taken.library.items():
        references |= _of_commands(f"library_{clients}", timed)
    for batch, timed in taken.raw.items():
        references |= _of_commands(f"raw_{batch}", timed)
    pairs = (
        *(f"append_{clients} / library_{clients}" for clients in CLIENTS),
        *(f"dispatch_{clients} / library_{clients}" for clients in CLIENTS),
        *(f"append_{clients} / raw_{clients}" for clients in CLIENTS),
        "append_64 / raw_500",
    )
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair) for pair in pairs}
        | projected_ratios(figures),
        machine=about,
    )


MEANINGS = {
    "append": "EventLog.append: input, event and row, {} clients",
    "dispatch": "app.dispatch: loaded, decided, appended; {} clients",
    "library": "eventsourcing's own PostgreSQL recorder, {} threads",
    "raw": "bare inserts on one connection, {} rows a commit",
}


def _of_commands(name: str, timed: Timed) -> dict[str, Figure]:
    kind, _, number = name.partition("_")
    meaning = MEANINGS[kind].format(number)
    return {
        name: figure(timed.rates, meaning, unit="/s"),
        f"{name}_latency": figure(timed.latencies, "the same: each one's time", unit="ms"),
    }
