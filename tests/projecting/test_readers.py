"""Readers of the log and clocks: what they cannot take in is parked, and done once it can be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.database import Database
from adapters.event_log.errors import UnknownTopic
from adapters.event_log.interface import EventLog
from adapters.event_log.partitions import Reading
from adapters.event_log.store import PostgresEventLog
from app.deadline_clock import DeadlineClock
from app.dispatch import Dispatch
from app.feed_hub import FeedHub
from app.feed_reader import FeedFilter
from app.projecting.registry import BROWSERS, DEADLINES, FEED, REACTOR, WORKER_WATCH
from app.projecting.retry import retry
from app.reactor import CURSOR, Reactor
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.commands import DestroyAccount
from domain.log import RecordedEvent, workspace_stream
from domain.status import Status
from projections import feed
from tests.examples import PHONE_KEYED, at
from tests.opened_log import open_log
from tests.projecting.conftest import Poison
from tests.service.test_loops import ONE, TWO, status, steps_to_ready, submit_all
from tests.waiting import eventually

NEWER = "acc_newer"


class OlderCodec(Codec):
    """Does not know one topic of one account."""

    def __init__(self, topic: str, stream: str = NEWER) -> None:
        super().__init__()
        self._unknown = (topic, stream)

    def decode_event(self, row: StoredAs, state: bytes) -> RecordedEvent:
        if (row.topic, row.stream) == self._unknown:
            raise UnknownTopic("it is newer", row.topic, row.stream, row.version, row.position)
        return super().decode_event(row, state)


@asynccontextmanager
async def older_build(
    conninfo: str, topic: str = "QrIssued", stream: str = NEWER
) -> AsyncIterator[PostgresEventLog]:
    """Open the log as a build does that does not know one topic of one account."""
    async with Database(conninfo) as opened:
        log = open_log(opened, OlderCodec(topic, stream))
        yield log
        await log.close()


async def react_to_all(log: EventLog) -> None:
    """Run a reactor until it has come to the end of the log."""
    reactor = Reactor(log, Dispatch(log), WorkspaceDispatch(log))
    running = asyncio.create_task(reactor.run())

    async def at_the_end() -> bool:
        assert not running.done(), running.exception()
        return await log.load_cursor(CURSOR) == await log.head()

    await eventually(at_the_end)
    running.cancel()
    await asyncio.wait([running])


async def test_the_reactor_parks_an_account_of_a_newer_build_and_carries_the_others_on(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading, database: str
) -> None:
    """And what it did not do is done by the retry: the newer account holds the number."""
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await submit_all(dispatch, NEWER, steps_to_ready("newer-1", 10))
    async with older_build(database) as older:
        await react_to_all(older)
    (parked,) = await log.parked()
    assert (parked.projection, parked.stream) == (REACTOR, NEWER)
    assert await status(dispatch, ONE) is Status.READY

    assert (await retry(log, reading, parked)).freed

    workspace, _ = await WorkspaceDispatch(log).load(workspace_stream("shop"))
    assert workspace.holders == {PHONE_KEYED: NEWER}
    await react_to_all(log)
    assert await status(dispatch, ONE) is Status.DISCONNECTED


async def test_what_a_parked_account_was_to_hear_it_hears_from_the_retry(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading, database: str
) -> None:
    """The workspace told it, while it could not be told: that is not lost."""
    await submit_all(dispatch, NEWER, steps_to_ready("newer-1"))
    await react_to_all(log)
    async with older_build(database, "LinkCompleted") as older:
        await submit_all(dispatch, ONE, steps_to_ready("one-1", 10))
        await react_to_all(older)
        (parked,) = await log.parked()
        assert (parked.projection, parked.stream) == (REACTOR, NEWER)
        assert await status(dispatch, NEWER) is Status.READY
        assert not (await retry(older, reading, parked)).freed

    assert (await retry(log, reading, parked)).freed
    assert await status(dispatch, NEWER) is Status.DISCONNECTED


async def test_a_reactor_that_runs_meanwhile_notices_that_an_account_is_free_again(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading
) -> None:
    await submit_all(dispatch, ONE, steps_to_ready("one-1"))
    await log.park(REACTOR, ONE, 1, "as if it could not be taken in")
    reactor = Reactor(log, Dispatch(log), WorkspaceDispatch(log))
    running = asyncio.create_task(reactor.run())

    async def at_the_end() -> bool:
        return await log.load_cursor(CURSOR) == await log.head()

    await eventually(at_the_end)
    assert not (await dispatch.load(ONE)).account.primary
    assert (await retry(log, reading, (await log.parked())[0])).freed
    await submit_all(dispatch, TWO, steps_to_ready("two-1", 10))

    async def superseded() -> bool:
        return await status(dispatch, ONE) is Status.DISCONNECTED

    await eventually(superseded)
    running.cancel()
    await asyncio.wait([running])


async def test_an_unreadable_event_at_the_end_is_no_lag(
    dispatch: Dispatch, log: PostgresEventLog, database: str
) -> None:
    await submit_all(dispatch, NEWER, steps_to_ready("newer-1")[:3])
    async with older_build(database) as older:
        await react_to_all(older)
    assert await log.load_cursor(CURSOR) == await log.head()


async def following(hub: FeedHub, position: int) -> None:
    async def there() -> bool:
        return hub.position >= position

    await eventually(there)


async def test_the_feed_leaves_an_account_out_from_its_unreadable_event_on(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading, database: str
) -> None:
    async with older_build(database) as older:
        hub = FeedHub(older, Dispatch(older).as_of, poll_s=0.05)
        running = asyncio.create_task(hub.run())
        await hub.following()
        with hub.admit(FeedFilter()) as reader:
            async for _ in hub.resume(reader):
                pass
            await submit_all(dispatch, NEWER, steps_to_ready("newer-1"))
            await submit_all(dispatch, ONE, steps_to_ready("one-1"))
            await following(hub, await log.head())
            items = [sent.item for sent in reader.take()]
            assert [item.type for item in items if item.account_id == NEWER] == [
                "account.registered",
                "link.requested",
            ]
            assert len([item for item in items if item.account_id == ONE]) == 6
        (parked,) = await log.parked()
        assert (parked.projection, parked.stream, parked.position) == (FEED, NEWER, 3)

        with hub.admit(FeedFilter(), after=0) as late:  # reads the log, over the event
            pages = [sent async for page in hub.resume(late) for sent in page]
        assert [sent.position for sent in pages] == [item.id for item in items]

        assert not (await retry(older, reading, parked)).freed
        assert (await retry(log, reading, parked)).freed
        running.cancel()
        await asyncio.wait([running])


async def test_a_projection_with_a_defect_does_not_end_the_feed(
    dispatch: Dispatch,
    log: PostgresEventLog,
    reading: Reading,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = feed.item_data

    def breaks(row: feed.AccountRow, event: object) -> dict[str, object]:
        if row.account_id == ONE:
            raise ZeroDivisionError
        return whole(row, event)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(feed, "item_data", breaks)
    hub = FeedHub(log, Dispatch(log).as_of, poll_s=0.05)
    running = asyncio.create_task(hub.run())
    await hub.following()
    with hub.watch(TWO) as reader:
        await submit_all(dispatch, ONE, steps_to_ready("one-1"))
        await submit_all(dispatch, TWO, steps_to_ready("two-1"))
        await following(hub, await log.head())
        assert len(reader.take()) == 6
    (parked,) = await log.parked()
    assert parked.error.startswith("AccountRegistered (version 1) raised ZeroDivisionError")

    monkeypatch.setattr(feed, "item_data", whole)
    assert (await retry(log, reading, parked)).freed
    with hub.watch(ONE) as reader:
        await submit_all(dispatch, ONE, [DestroyAccount(at=at(50))])
        await following(hub, await log.head())
        assert [sent.item.type for sent in reader.take()][-1:] == ["destroyed"]
    running.cancel()
    await asyncio.wait([running])


async def test_a_parked_row_does_not_keep_a_deadline_from_firing(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    """The table does not know it; the account does."""
    poison("accounts", "LinkRequested", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1")[:2])
    clock = DeadlineClock(log, dispatch, lambda: at(1000))
    assert await log.due_deadlines(at(1000)) == []
    assert await clock.fire_due() == 1
    assert await status(dispatch, ONE) is Status.FAILED
    assert await clock.fire_due() == 0


async def test_a_stale_deadline_of_a_parked_row_is_not_fired_over_and_over(
    dispatch: Dispatch, log: PostgresEventLog, poison: Poison
) -> None:
    await submit_all(dispatch, ONE, steps_to_ready("one-1")[:2])
    poison("accounts", "QrIssued", ONE)
    await submit_all(dispatch, ONE, steps_to_ready("one-1")[2:])
    clock = DeadlineClock(log, dispatch, lambda: at(1000))
    inputs = len(await log.read_inputs(ONE))
    for _ in range(3):
        assert await clock.fire_due() == 0
    assert len(await log.read_inputs(ONE)) == inputs
    assert await status(dispatch, ONE) is Status.READY


async def test_clocks_park_what_they_cannot_load_and_go_on_once_they_can(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading, database: str
) -> None:
    await submit_all(dispatch, NEWER, steps_to_ready("newer-1")[:3])
    await submit_all(dispatch, ONE, steps_to_ready("one-1")[:2])

    async def silent_s() -> float:
        return 60.0

    async with older_build(database) as older:
        clock = DeadlineClock(older, Dispatch(older), lambda: at(1000))
        await clock.fire_due()
        await clock.fire_due()
        watch = WorkerWatch(older, Dispatch(older), silent_s=silent_s, now=lambda: at(50))
        await watch.look()
    assert [(one.projection, one.stream) for one in await log.parked()] == [
        (DEADLINES, NEWER),
        (WORKER_WATCH, NEWER),
    ]
    assert await status(dispatch, ONE) is Status.FAILED

    newer = DeadlineClock(log, Dispatch(log), lambda: at(1000))
    await newer.fire_due()
    assert await status(dispatch, NEWER) is Status.WAITING_QR  # parked for every build, until
    for parked in await log.parked():
        assert (await retry(log, reading, parked)).freed
    await newer.fire_due()
    assert await status(dispatch, NEWER) is Status.FAILED


async def test_a_page_that_could_not_be_opened_is_parked_and_freed(
    dispatch: Dispatch, log: PostgresEventLog, reading: Reading
) -> None:
    await submit_all(dispatch, ONE, steps_to_ready("one-1")[:2])
    await log.park(BROWSERS, ONE, 2, "as if the worker could not take it in")
    (parked,) = await log.parked(BROWSERS)
    assert (await retry(log, reading, parked)).freed
    assert await log.parked() == []
