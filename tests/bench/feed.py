"""Readers of the feed: memory of each, commit to client, and forced disconnects with resume.

One process serves, as `up` has it; readers are processes of their own, so that what they take is
not counted. The reference is a bare asyncio broadcaster that sends the same frames to as many
sockets: no log, no filters, no resume, no keys.
"""

import asyncio
import tempfile
from collections.abc import Callable
from math import ceil
from pathlib import Path

import msgspec

from adapters import clock
from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres
from app.cli.figures import NINETY_NINTH, Figure, Report, figure, machine, ratio
from app.feed_hub import MOST_READERS
from tests.bench.feed_crowd import Cut, Kind, Open, Seen, Tell
from tests.bench.feed_sides import Commits, Service, broadcaster, crowd, service, steadily
from tests.bench.process_tree import pss_bytes
from tests.waiting import let_pass

HELD = {"sse": 5_000, "socket": 1_000}
"""Readers whose memory is measured."""
WATCHING = {"sse": 1_000, "socket": 200}
"""Readers of the commits that are timed."""
COMMITS_PER_SAMPLE = 4
EVERY_S = 0.25
"""Between two commits that are timed: an account being linked brings some ten events a minute."""
WARM = 50
"""Readers that are there before the first look at the memory."""
SETTLE_S = 2.0
CUT = {"sse": 1_000, "socket": 100}
"""Forced disconnects for each sample."""
COMING_BACK = {"sse": 100, "socket": 50}
"""Readers that are cut off."""
WRITTEN_EVERY_S = 0.1
"""Between two commits while readers are cut off; faster, and most of the time goes by reading what
they have left behind."""
BYTES_AIM = 16_000.0
LATENCY_AIM_MS = 100.0
"""Issue 6, "How it is judged": 16 kB a reader, and commit to client p99 under 100 ms."""
KINDS: tuple[Kind, ...] = ("sse", "socket")

Say = Callable[[str], None]


class Taken:
    """What was measured, by kind of reader."""

    def __init__(self) -> None:
        self.bytes: dict[Kind, list[float]] = {"sse": [], "socket": []}
        self.latencies: dict[str, list[float]] = {"sse": [], "socket": [], "bare": []}
        self.worst: dict[str, list[float]] = {"sse": [], "socket": [], "bare": []}
        """Of each commit, the 99th percentile over its readers."""
        self.disconnects = dict.fromkeys(KINDS, 0)
        self.gaps = dict.fromkeys(KINDS, 0)
        self.doubles = dict.fromkeys(KINDS, 0)


def measure(say: Say, samples: int) -> Report:
    """Measure on a server of our own; what is started here is stopped and deleted here."""
    about = machine(samples=samples, readers_at_most=MOST_READERS)
    taken = Taken()
    with tempfile.TemporaryDirectory(prefix="linkwright-bench-") as folder:
        Path(folder).chmod(0o711)  # the server may run as another user than we do
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            conninfo = server.start()
            migrate(conninfo)
            data = Path(folder) / "data"
            data.mkdir()
            asyncio.run(_measure_all(conninfo, data, taken, samples, say))
    return feed_report(taken, about)


async def _measure_all(conninfo: str, data: Path, taken: Taken, samples: int, say: Say) -> None:
    frame = b""
    for kind in KINDS:
        async with service(conninfo, data) as served:
            say(f"{HELD[kind]:,} readers ({kind}) …")
            await _hold(served, kind, taken)
            say(f"Commit to client, {WATCHING[kind]:,} readers ({kind}) …")
            await _time(served, kind, taken, samples)
            say(f"{CUT[kind] * samples:,} forced disconnects ({kind}) …")
            await _cut(served, kind, taken, samples)
            frame = await served.frame()
    say(f"The bare broadcaster, {WATCHING['sse']:,} readers …")
    await _time_bare(frame, taken, samples)


async def _hold(served: Service, kind: Kind, taken: Taken) -> None:
    """Weigh the serving process with and without so many readers who wait."""
    async with crowd(kind, served.port, WARM, served.key) as first:
        await first.obey(Open())
        before = await _weight(served.pid)
        async with crowd(kind, served.port, HELD[kind], served.key) as many:
            assert await many.obey(Open()) == HELD[kind]
            after = await _weight(served.pid)
    taken.bytes[kind].append((after - before) / HELD[kind])


async def _weight(pid: int) -> int:
    """Look when what opened the readers has settled."""
    await let_pass(SETTLE_S)
    return pss_bytes([pid])


async def _time(served: Service, kind: Kind, taken: Taken, samples: int) -> None:
    async with crowd(kind, served.port, WATCHING[kind], served.key) as watching:
        await watching.obey(Open())
        await served.commit()  # so that plans and connections are there
        done = await steadily(samples * COMMITS_PER_SAMPLE, EVERY_S, served.commit)
        commits: Commits = dict(done)
        _note(taken, kind, commits, await watching.obey(Tell(max(commits))))


async def _time_bare(frame: bytes, taken: Taken, samples: int) -> None:
    async with (
        broadcaster() as (bare, port),
        crowd("sse", port, WATCHING["sse"]) as watching,
    ):
        await watching.obey(Open())
        commits: Commits = {}

        async def send() -> None:
            position = len(commits) + 1
            commits[position] = clock.monotonic_s()
            _, _, rest = frame.partition(b"\n")
            bare.tell(msgspec.json.encode((b"id: %d\n" % position + rest).decode()))

        await steadily(samples * COMMITS_PER_SAMPLE, EVERY_S, send)
        _note(taken, "bare", commits, await watching.obey(Tell(max(commits))))


def _note(taken: Taken, name: str, commits: Commits, told: list[Seen]) -> None:
    """Take the time from each commit to each of its readers.

    The feed may be faster than the answer to the writer: no time has passed then.
    """
    seen = [dict(one) for one in told]
    for position, committed_s in commits.items():
        times = sorted(max(0.0, one[position] - committed_s) for one in seen)
        taken.latencies[name] += times
        taken.worst[name].append(times[ceil(NINETY_NINTH * len(times)) - 1])


async def _cut(served: Service, kind: Kind, taken: Taken, samples: int) -> None:
    """Cut readers off while the log grows, and compare what each saw with the log."""
    start = await served.log.head()
    async with crowd(kind, served.port, COMING_BACK[kind], served.key) as coming_back:
        order = Cut(times=CUT[kind] * samples, start=start)
        cutting = asyncio.create_task(coming_back.obey(order))
        positions: list[int] = []
        while not cutting.done():
            positions.append((await served.commit())[0])
            await asyncio.wait([cutting], timeout=WRITTEN_EVERY_S)
        positions.append((await served.commit())[0])
        told: list[Seen] = await coming_back.obey(Tell(positions[-1]))
    taken.disconnects[kind] += await cutting
    for seen in told:
        gaps, doubles = compare([position for position, _ in seen], positions)
        taken.gaps[kind] += gaps
        taken.doubles[kind] += doubles


def compare(seen: list[int], log: list[int]) -> tuple[int, int]:
    """Count what a reader missed of the log, and what it saw again or out of order."""
    newest, doubles = 0, 0
    for position in seen:
        doubles += position <= newest
        newest = max(newest, position)
    return len(set(log) - set(seen)), doubles


def feed_report(taken: Taken, about: dict[str, str | int | float]) -> Report:
    """Boil everything down."""
    figures: dict[str, Figure] = {}
    for kind in KINDS:
        figures |= _figures(kind, taken)
    references = {
        "bare": figure(
            taken.latencies["bare"], "the bare broadcaster: told to received", unit="ms"
        ),
        "bare_p99": figure(
            taken.worst["bare"], "its p99 over the readers, of each item", unit="ms"
        ),
    }
    pairs = [f"{kind}{what} / bare{what}" for kind in KINDS for what in ("", "_p99")]
    return Report(
        figures=figures,
        references=references,
        ratios={pair: ratio(figures, references, pair) for pair in pairs},
        machine=about,
    )


def _figures(kind: Kind, taken: Taken) -> dict[str, Figure]:
    aim = LATENCY_AIM_MS if kind == "sse" else None
    return {
        f"{kind}_bytes": figure(
            taken.bytes[kind],
            f"PSS of the serving process for each of {HELD[kind]:,} waiting readers",
            unit="",
            aim=BYTES_AIM if kind == "sse" else None,
        ),
        kind: figure(
            taken.latencies[kind],
            f"commit acknowledged to item received, each of {WATCHING[kind]:,} readers",
            unit="ms",
        ),
        f"{kind}_p99": figure(
            taken.worst[kind], "its p99 over the readers, of each commit", unit="ms", aim=aim
        ),
        f"{kind}_disconnects": figure(
            [float(taken.disconnects[kind])], "forced, each followed by a resume", unit=""
        ),
        f"{kind}_gaps": figure(
            [float(taken.gaps[kind])], "items missed by any of them", unit="", aim=0.0
        ),
        f"{kind}_doubles": figure(
            [float(taken.doubles[kind])], "items seen twice, or out of order", unit="", aim=0.0
        ),
    }
