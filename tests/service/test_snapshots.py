"""Loading from a snapshot is the same as folding the whole story; a bad one is passed over."""

import ast
import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import Append, EventLog, Snapshot
from adapters.event_log.memory import MemoryEventLog
from app.dispatch import Dispatch
from app.fold_fingerprint import FOLLOWED, fold_fingerprint, folding_modules
from app.folded_cache import FoldedCache
from app.held import Held, fold
from app.snapshots import MOST_WAITING, Snapshots
from app.workspace_dispatch import HeldWorkspace, WorkspaceDispatch
from domain.log import InputToAppend, RecordedEvent, workspace_stream
from domain.workspace import ClaimPhone, LoseReadiness, ReleasePhone, WorkspaceCommand
from tests.examples import at
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import Story
from tests.service.long_accounts import write, years
from tests.service.test_loops import BY_TEST
from tests.waiting import settle

promise = settings(deadline=None, max_examples=40)
SHOP = workspace_stream("shop")
STREAM = "acc_1"


async def log_of(story: Story) -> MemoryEventLog:
    """Put a told story into a log."""
    log = MemoryEventLog()
    for told in story.inputs:
        assert told.command is not None
        await log.append(
            Append(
                stream=told.stream,
                expected_version=told.stream_version,
                input=InputToAppend(
                    command=told.command, outcome=told.outcome, origin=told.origin, rule=told.rule
                ),
                events=tuple(r.event for r in story.events if r.input_id == told.input_id),
            )
        )
    return log


def prefixes(events: list[RecordedEvent]) -> list[Held]:
    """Fold a story, and give the account after each event; the new one first."""
    held = [Held()]
    for recorded in events:
        held.append(fold(held[-1], recorded))
    return held


@promise
@given(stories)
def test_a_load_from_any_snapshot_is_a_fold_of_the_whole_story(story: Story) -> None:
    async def check(stream: str) -> None:
        log = await log_of(story)
        held = prefixes(await log.load(stream))
        snapshots = Snapshots(log)
        for taken in held[1:]:
            await log.forget_snapshots(stream)
            snapshots.offer(stream, taken, keep_each=1)
            await snapshots.settle()
            assert await Dispatch(log, snapshots).load(stream) == held[-1]
        await snapshots.close()

    for stream in ACCOUNTS:
        asyncio.run(check(stream))


@promise
@given(stories, st.sets(st.integers(1, 40)))
def test_looking_back_is_a_fold_up_to_there(story: Story, taken: set[int]) -> None:
    """With snapshots at any versions, and whatever was loaded or looked back to before."""

    async def check(stream: str) -> None:
        log = await log_of(story)
        held = prefixes(await log.load(stream))
        snapshots = Snapshots(log)
        for version in sorted(taken.intersection(range(1, len(held)))):
            snapshots.offer(stream, held[version], keep_each=3)
            await snapshots.settle()
        dispatch = Dispatch(log, snapshots)
        for version in range(1, len(held) + 2):
            asked = await dispatch.as_of(stream, version)
            assert asked == held[min(version, len(held) - 1)]
        await dispatch.load(stream)
        assert [await dispatch.as_of(stream, v) for v in range(len(held))] == held
        await snapshots.close()

    for stream in ACCOUNTS:
        asyncio.run(check(stream))


NAMES = st.sampled_from(["acc_1", "acc_2", "acc_3"])
NUMBERS = st.sampled_from(["phone-1", "phone-2"])
TIMES = st.integers(0, 99).map(at)
NEWS: st.SearchStrategy[WorkspaceCommand] = st.one_of(
    st.builds(ClaimPhone, at=TIMES, account=NAMES, phone_fingerprint=NUMBERS),
    st.builds(LoseReadiness, at=TIMES, account=NAMES),
    st.builds(
        ReleasePhone, at=TIMES, account=NAMES, because=st.sampled_from(["logged_out", "destroyed"])
    ),
)


@promise
@given(st.lists(NEWS, max_size=20))
def test_a_workspace_too(news: list[WorkspaceCommand]) -> None:
    async def check() -> None:
        log = MemoryEventLog()
        snapshots = Snapshots(log)
        for command in news:
            await WorkspaceDispatch(log, snapshots).submit(SHOP, command, BY_TEST)
            workspace, version = await WorkspaceDispatch(log).load(SHOP)
            if version:
                snapshots.offer(SHOP, HeldWorkspace(workspace, version), keep_each=1)
                await snapshots.settle()
            assert await WorkspaceDispatch(log, snapshots).load(SHOP) == (workspace, version)
        await snapshots.close()

    asyncio.run(check())


Spoil = Callable[[EventLog, str, Snapshot], Awaitable[None]]


async def damaged(log: EventLog, fingerprint: str, good: Snapshot) -> None:
    """Put one in whose bytes were changed, cut off or replaced."""
    for state in (good.state[:-1], good.state[:40] + b"?" + good.state[41:], b"", b"{}"):
        await log.save_snapshot(STREAM, fingerprint, Snapshot(version=20, state=state), 1)


async def of_another_stream(log: EventLog, fingerprint: str, _: Snapshot) -> None:
    """Put another account's in."""
    await write(log, "acc_2", years(20))
    foreign = await taken(log, "acc_2", 20)
    await log.save_snapshot(STREAM, fingerprint, foreign, 1)


async def of_another_version(log: EventLog, fingerprint: str, _: Snapshot) -> None:
    """Say of an older one that it is newer."""
    older = await taken(log, STREAM, 12)
    await log.save_snapshot(STREAM, fingerprint, Snapshot(version=20, state=older.state), 1)


async def of_another_fold(log: EventLog, _: str, good: Snapshot) -> None:
    """Put one in that another build's code made."""
    await log.save_snapshot(STREAM, "another build", good, 1)


async def ahead_of_the_log(log: EventLog, fingerprint: str, good: Snapshot) -> None:
    """Put one in whose events are not there: a backup was restored."""
    await log.save_snapshot(STREAM, fingerprint, Snapshot(version=99, state=good.state), 1)


async def taken(log: EventLog, stream: str, version: int) -> Snapshot:
    """Take a snapshot at a version, and give it as it is stored."""
    snapshots = Snapshots(log)
    snapshots.offer(stream, await Dispatch(log).as_of(stream, version), keep_each=1)
    await snapshots.settle()
    snapshot, _ = await log.resume(stream, fold_fingerprint(), until_version=version, limit=1)
    assert snapshot is not None
    assert snapshot.version == version
    await log.forget_snapshots(stream)
    return snapshot


@pytest.mark.parametrize(
    "spoil", [damaged, of_another_stream, of_another_version, of_another_fold, ahead_of_the_log]
)
async def test_one_that_is_not_what_it_should_be_is_passed_over(
    log: EventLog, spoil: Spoil
) -> None:
    await write(log, STREAM, years(25))
    whole = await Dispatch(log).load(STREAM)
    await spoil(log, fold_fingerprint(), await taken(log, STREAM, 20))
    snapshots = Snapshots(log)
    assert await Dispatch(log, snapshots).load(STREAM) == whole
    assert await Dispatch(log, snapshots).as_of(STREAM, 21) == await Dispatch(log).as_of(STREAM, 21)


async def test_none_of_them_is_missed(log: EventLog) -> None:
    await write(log, STREAM, years(25))
    snapshots = Snapshots(log)
    whole = await Dispatch(log, snapshots).load(STREAM)
    await log.forget_snapshots(STREAM)
    assert await Dispatch(log, snapshots).load(STREAM) == whole


def test_what_folds_has_a_part_in_the_fingerprint_and_what_decides_has_not() -> None:
    modules = folding_modules()
    assert {"domain.evolve", "domain.link_story", "domain.attempt_story"} <= modules
    assert {"domain.events", "domain.facts", "domain.workspace", "domain.policy"} <= modules
    assert {"projections.accounts", "projections.attempts", "app.held"} <= modules
    assert "adapters.event_log.lifting" in modules
    assert not {"domain.decide", "domain.codes", "projections.sentences"} & modules


def test_every_import_is_seen_wherever_it_stands() -> None:
    modules = folding_modules()

    for name in modules:
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[name]))):
            imported: list[str] = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            assert {one for one in imported if one.startswith(FOLLOWED)} & set(
                sys.modules
            ) <= modules


def test_other_code_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fold_fingerprint()
    assert fold_fingerprint() == before
    monkeypatch.setattr("inspect.getsource", lambda module: f"# changed: {module.__name__}")
    assert fold_fingerprint() != before


class SlowLog(MemoryEventLog):
    """Saves a snapshot when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[int] = []
        self.go_on = asyncio.Event()
        self.gone = False

    async def save_snapshot(
        self, stream: str, fold: str, snapshot: Snapshot, keep_each: int
    ) -> None:
        await self.go_on.wait()
        if self.gone:
            raise StorageUnavailable("the database is away")
        await super().save_snapshot(stream, fold, snapshot, keep_each)
        self.saved.append(snapshot.version)


async def test_they_are_taken_one_at_a_time_and_dropped_when_too_many_wait() -> None:
    log = SlowLog()
    snapshots = Snapshots(log)
    for version in range(1, MOST_WAITING + 50):
        snapshots.offer(STREAM, Held(version=version), keep_each=1)
    log.go_on.set()
    await snapshots.settle()
    assert log.saved == list(range(1, MOST_WAITING + 1))


async def test_closing_waits_for_nothing() -> None:
    log = SlowLog()
    snapshots = Snapshots(log)
    for version in (1, 2):
        snapshots.offer(STREAM, Held(version=version), keep_each=1)
    await settle(1)
    await snapshots.close()
    snapshots.offer(STREAM, Held(version=3), keep_each=1)
    log.go_on.set()
    await snapshots.settle()
    assert log.saved == []


async def test_an_outage_costs_snapshots_and_nothing_else() -> None:
    log = SlowLog()
    snapshots = Snapshots(log)
    log.gone = True
    log.go_on.set()
    snapshots.offer(STREAM, Held(version=1), keep_each=1)
    await snapshots.settle()
    log.gone = False
    snapshots.offer(STREAM, Held(version=2), keep_each=1)
    await snapshots.settle()
    assert log.saved == [2]


def test_the_cache_is_bounded_in_number_and_in_bytes_and_forgets_the_oldest() -> None:
    cache = FoldedCache[Held](most=3, most_bytes=100, weigh=lambda held: held.version)
    for name in "abcd":
        cache.keep(name, Held(version=10))
    assert [cache.get(name) is not None for name in "abcd"] == [False, True, True, True]
    cache.keep("b", Held(version=20))
    assert cache.bytes == 40
    cache.keep("e", Held(version=70))
    assert [cache.get(name) is not None for name in "bcde"] == [True, False, True, True]
    cache.keep("b", Held(version=5))
    assert cache.get("b") == Held(version=20)
    cache.keep("f", Held(version=101))
    assert (len(cache), cache.bytes) == (0, 0)


def test_what_weighs_nothing_any_more_is_let_go() -> None:
    cache = FoldedCache[Held](most=3, most_bytes=100, weigh=lambda held: held.version % 50)
    cache.keep("a", Held(version=20))
    cache.keep("a", Held(version=50))
    assert cache.get("a") is None
    assert (len(cache), cache.bytes) == (0, 0)
