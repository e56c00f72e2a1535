"""Replaying with the chain check gives what the log gives, or stops where it is broken."""

import pytest

from adapters.event_log.checked_replay import checked_events
from adapters.event_log.errors import ChainBroken
from adapters.event_log.store import PostgresEventLog
from adapters.keys import Keys
from tests.event_log.appends import observation, register
from tests.event_log.test_verify import tamper
from tests.examples import LINKED
from tests.opened_log import MASTER_KEY

KEYS = Keys(MASTER_KEY)


async def test_every_event_comes_as_the_log_reads_it(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await register(postgres_log, "acc_1")
    await postgres_log.append(observation("workspace:é", 0))
    await postgres_log.append(observation("acc_2", 0, *LINKED))
    assert list(checked_events(database, KEYS)) == await postgres_log.read(0, 100)


def test_an_empty_log_has_no_events(database: str) -> None:
    assert list(checked_events(database, KEYS)) == []


async def test_nothing_is_given_of_a_row_that_is_not_what_was_written(
    postgres_log: PostgresEventLog, database: str
) -> None:
    for number in range(3):
        await register(postgres_log, f"acc_{number}")
    tamper(database, "update events set originator_id = 'acc_9' where notification_id = 3")

    events = checked_events(database, KEYS)

    assert [next(events).position, next(events).position] == [1, 2]
    with pytest.raises(ChainBroken, match="row 3"):
        next(events)
