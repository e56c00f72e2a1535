"""An account with 10,000 events costs what one with 10 costs: counted, not timed."""

import asyncio
import math
from collections.abc import AsyncIterator

import pytest

from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from app.dispatch import Dispatch
from app.feed_hub import PAGE as FEED_PAGE
from app.feed_hub import FeedHub
from app.feed_reader import FeedFilter
from app.loading import KEPT, PAGE, SNAPSHOT_EACH
from app.snapshots import Snapshots
from domain.evolve import replay
from domain.log import Origin
from domain.observations import RecordSealedSession
from tests.examples import at
from tests.opened_log import open_log
from tests.service.long_accounts import CountingDatabase, write, years
from tests.service.test_loops import ONE, steps_to_ready, submit_all

LONG, SHORT = "acc_long", "acc_short"
STREAMS = {SHORT: 11, LONG: 10_001}
"""Both end READY."""
BY_TEST = Origin(actor="worker:test")


@pytest.fixture
async def database_with_both(database: str) -> str:
    """Give a database with a short and a long account that were loaded once."""
    async with Database(database) as opened:
        log = open_log(opened)
        snapshots = Snapshots(log)
        for stream, versions in STREAMS.items():
            await write(log, stream, years(versions))
            await Dispatch(log, snapshots).load(stream)
            await snapshots.settle()
        await log.close()
    return database


@pytest.fixture
async def counting(database_with_both: str) -> AsyncIterator[tuple[CountingDatabase, EventLog]]:
    """Give a log on it whose queries are counted."""
    async with CountingDatabase(database_with_both) as opened:
        log = open_log(opened)
        yield opened, log
        await log.close()


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_cold_load_reads_the_snapshot_and_few_events(
    counting: tuple[CountingDatabase, EventLog], stream: str
) -> None:
    database, log = counting
    held = await Dispatch(log, Snapshots(log)).load(stream)
    queries, rows = database.count()
    assert held.account == replay(years(STREAMS[stream]))
    assert held.version == STREAMS[stream]
    assert queries <= 3  # the snapshot with its tail; the account's key; what is sealed behind it
    assert rows <= 1 + SNAPSHOT_EACH + 2


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_warm_load_is_one_look_that_finds_nothing(
    counting: tuple[CountingDatabase, EventLog], stream: str
) -> None:
    database, log = counting
    dispatch = Dispatch(log, Snapshots(log))
    held = await dispatch.load(stream)
    database.count()
    assert await dispatch.load(stream) is held
    assert database.count() == (1, 0)


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_command_on_a_cached_account_reads_nothing(
    counting: tuple[CountingDatabase, EventLog], stream: str
) -> None:
    database, log = counting
    dispatch = Dispatch(log, Snapshots(log))
    held = await dispatch.load(stream)
    assert held.account.attempt is not None
    database.count()
    seal = RecordSealedSession(
        at=at(1e9), attempt=held.account.attempt.id, digest="seal", size_bytes=1
    )
    assert (await dispatch.submit(stream, seal, BY_TEST)).outcome == "accepted"
    assert database.count() == (0, 0)  # the append has connections of its own


async def test_a_conflict_reads_the_tail_alone(
    counting: tuple[CountingDatabase, EventLog],
) -> None:
    database, log = counting
    here, there = Dispatch(log), Dispatch(log)
    attempt = (await here.load(LONG)).account.attempt
    assert attempt is not None
    await there.load(LONG)
    seals = [
        RecordSealedSession(at=at(1e9), attempt=attempt.id, digest=name, size_bytes=1)
        for name in ("one", "two")
    ]
    await there.submit(LONG, seals[0], BY_TEST)
    database.count()
    await here.submit(LONG, seals[1], BY_TEST)
    assert database.count() == (1, 1)


@pytest.mark.parametrize("version", [1, 150, 4_321, 9_999])
async def test_looking_back_reads_as_little(
    counting: tuple[CountingDatabase, EventLog], version: int
) -> None:
    database, log = counting
    snapshots = Snapshots(log)
    held = await Dispatch(log, snapshots).as_of(LONG, version)
    _, rows = database.count()
    assert (held.account, held.version) == (replay(years(version)), version)
    assert rows <= 1 + KEPT * SNAPSHOT_EACH + PAGE
    await snapshots.settle()
    if version > KEPT * SNAPSHOT_EACH:  # before the first that is kept, all is folded anew
        assert database.count() == (0, 0)  # none is taken again that was thinned out


@pytest.mark.parametrize("after", [0, 5_000, 9_990])
async def test_a_reader_of_its_feed_pages_and_folds_nothing_twice(
    counting: tuple[CountingDatabase, EventLog], after: int
) -> None:
    """Half a stream away from its start, a page costs the page and a few look-ups."""
    database, log = counting
    hub = FeedHub(log, Dispatch(log, Snapshots(log)).as_of)
    running = asyncio.create_task(hub.run())
    await hub.following()
    database.count()
    with hub.admit(FeedFilter(account_id=LONG), after) as reader:
        ids = [item.position async for page in hub.resume(reader) for item in page]
    pages = math.ceil(len(ids) / FEED_PAGE) + 1
    queries, rows = database.count()
    running.cancel()
    await asyncio.wait([running])
    story = await log.load(LONG)
    assert ids == [recorded.position for recorded in story if recorded.position > after]
    assert queries <= 2 * pages + 10  # sealed events ask for their key, once
    assert rows <= len(ids) + KEPT * SNAPSHOT_EACH + PAGE + 10


async def test_a_command_now_and_then_leaves_snapshots_behind(log: EventLog) -> None:
    """Nobody has to load the account for that: the appends count."""
    snapshots = Snapshots(log)
    dispatch = Dispatch(log, snapshots)
    await submit_all(dispatch, ONE, steps_to_ready("attempt-one"))
    for number in range(SNAPSHOT_EACH):
        seal = RecordSealedSession(
            at=at(100 + number), attempt="attempt-one", digest=f"seal-{number}", size_bytes=1
        )
        await dispatch.submit(ONE, seal, BY_TEST)
    await snapshots.settle()
    held, events = await snapshots.resume(
        ONE, type(await dispatch.load(ONE)), until_version=None, limit=10
    )
    assert held is not None
    assert held.version == SNAPSHOT_EACH
    assert [recorded.version for recorded in events] == list(
        range(SNAPSHOT_EACH + 1, (await dispatch.load(ONE)).version + 1)
    )
    await snapshots.close()
