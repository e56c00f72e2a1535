"""Snapshots of folded streams: only one of this very history, made by this very fold, is used."""

import psycopg
import pytest

from adapters.event_log.interface import EventLog, Snapshot
from adapters.event_log.store import PostgresEventLog
from domain.log import RecordedEvent
from tests.event_log.appends import fetched, observation, register, registration
from tests.examples import at

FOLD = "fold-1"
STREAM = "acc_1"


async def a_stream(log: EventLog, versions: int, stream: str = STREAM) -> None:
    await register(log, stream)
    events = [fetched(at(version)) for version in range(1, versions)]
    await log.append(observation(stream, 1, *events))


async def save(log: EventLog, version: int, fold: str = FOLD, keep_each: int = 1000) -> None:
    snapshot = Snapshot(version=version, state=b"state %d" % version)
    await log.save_snapshot(STREAM, fold, snapshot, keep_each)


async def resumed(log: EventLog, until: int | None = None, limit: int = 100) -> list[int]:
    """Give the version of the snapshot (0: none) and of the events behind it."""
    snapshot, events = await log.resume(STREAM, FOLD, until_version=until, limit=limit)
    assert snapshot is None or snapshot.state == b"state %d" % snapshot.version
    return [snapshot.version if snapshot else 0, *versions_of(events)]


def versions_of(events: list[RecordedEvent]) -> list[int]:
    return [recorded.version for recorded in events]


async def test_the_newest_snapshot_comes_with_what_follows_it(log: EventLog) -> None:
    await a_stream(log, 6)
    await save(log, 2)
    await save(log, 4)
    assert await resumed(log) == [4, 5, 6]


async def test_without_a_snapshot_the_story_begins_at_its_beginning(log: EventLog) -> None:
    await a_stream(log, 3)
    assert await resumed(log) == [0, 1, 2, 3]
    assert await log.resume("acc_none", FOLD, limit=10) == (None, [])


async def test_the_tail_has_a_limit(log: EventLog) -> None:
    await a_stream(log, 6)
    await save(log, 2)
    assert await resumed(log, limit=3) == [2, 3, 4, 5]
    assert versions_of(await log.load(STREAM, 1, until_version=5, limit=2)) == [2, 3]
    assert versions_of(await log.load(STREAM, 1, until_version=3, limit=9)) == [2, 3]


@pytest.mark.parametrize(
    ("until", "expected"), [(6, [4, 5, 6]), (4, [4]), (3, [2, 3]), (1, [0, 1])]
)
async def test_looking_back_uses_the_newest_that_is_old_enough(
    log: EventLog, until: int, expected: list[int]
) -> None:
    await a_stream(log, 6)
    await save(log, 2)
    await save(log, 4)
    assert await resumed(log, until) == expected


async def test_what_another_fold_made_is_not_used_and_goes_with_the_next(log: EventLog) -> None:
    await a_stream(log, 6)
    await save(log, 5, fold="fold-0")
    assert (await resumed(log))[0] == 0
    await save(log, 3)
    assert (await resumed(log))[0] == 3
    snapshot, _ = await log.resume(STREAM, "fold-0", limit=1)
    assert snapshot is None


async def test_one_that_is_ahead_of_the_log_is_not_kept(log: EventLog) -> None:
    await a_stream(log, 3)
    await save(log, 4)
    await log.append(observation(STREAM, 3, fetched(at(4))))
    assert (await resumed(log))[0] == 0


async def test_older_ones_are_thinned_out(log: EventLog) -> None:
    await a_stream(log, 12)
    for version in range(1, 13):
        await save(log, version, keep_each=4)
    held = {(await resumed(log, until))[0] for until in range(1, 13)}
    assert held == {0, 3, 7, 11, 12}


async def test_forgotten_ones_are_gone(log: EventLog) -> None:
    await a_stream(log, 4)
    await save(log, 2)
    await log.forget_snapshots(STREAM)
    assert await resumed(log) == [0, 1, 2, 3, 4]


async def test_one_of_another_history_is_not_used(
    postgres_log: PostgresEventLog, database: str
) -> None:
    """A backup was restored behind its back: version 4 is there again, and is another event."""
    await a_stream(postgres_log, 5)
    await save(postgres_log, 2)
    await save(postgres_log, 4)
    with psycopg.connect(database) as connection:
        connection.execute("set session_replication_role = replica")  # no trigger keeps the rows
        connection.execute("delete from events where originator_version >= 4")
    assert await resumed(postgres_log) == [2, 3]
    await postgres_log.append(observation(STREAM, 3, fetched(at(40)), fetched(at(50))))
    assert await resumed(postgres_log) == [2, 3, 4, 5]


async def test_an_erasure_deletes_them_with_its_event(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await a_stream(postgres_log, 3)
    await a_stream(postgres_log, 3, "acc_2")
    await save(postgres_log, 2)
    await postgres_log.save_snapshot("acc_2", FOLD, Snapshot(version=2, state=b"its"), 10)
    with psycopg.connect(database) as connection:
        connection.execute(
            "select append_stored_events('{acc_1}', '{4}', '{AccountErased}', '{\"{}\"}')"
        )
        left = connection.execute("select stream from snapshots").fetchall()
    assert left == [("acc_2",)]


@pytest.mark.parametrize("noise", [0, 7])
async def test_a_reader_of_one_stream_goes_on_from_any_position(log: EventLog, noise: int) -> None:
    for number in range(noise):
        await log.append(registration(f"acc_noise_{number}"))
    await a_stream(log, 9)
    await log.append(registration("acc_last"))
    story = await log.load(STREAM)
    for after in range(await log.head() + 2):
        behind = [recorded for recorded in story if recorded.position > after]
        assert await log.read(after, 3, stream=STREAM) == behind[:3]
