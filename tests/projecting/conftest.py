"""A log on PostgreSQL with its door, and what reads it for projections."""

from collections.abc import AsyncIterator, Callable

import pytest
from msgspec.structs import replace

from adapters.event_log.database import Database
from adapters.event_log.partitions import Reading
from adapters.event_log.store import PostgresEventLog
from adapters.keys import Keys
from app.dispatch import Dispatch
from domain.log import RecordedEvent
from projections.tables import TABLES, TableName
from tests.opened_log import MASTER_KEY, open_log


@pytest.fixture
async def log(database: str) -> AsyncIterator[PostgresEventLog]:
    """Give an empty log."""
    async with Database(database) as opened:
        log = open_log(opened)
        yield log
        await log.close()


@pytest.fixture
def dispatch(log: PostgresEventLog) -> Dispatch:
    """Give the door to it."""
    return Dispatch(log)


@pytest.fixture
def reading(database: str) -> Reading:
    """Give what it takes to read the log stream by stream."""
    return Reading(database, Keys(MASTER_KEY))


Poison = Callable[..., None]


class Defect(Exception):
    """What a projection with a defect raises; its text may quote the event."""


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Poison:
    """Give a way to put a defect into a projection: it raises at one topic of one account."""
    whole = dict(TABLES)

    def put(table: TableName, topic: str, stream: str) -> None:
        def project(row: object, recorded: RecordedEvent) -> object:
            if (recorded.topic, recorded.stream) == (topic, stream):
                raise Defect(f"cannot take in {recorded.event}")
            return whole[table].project(row, recorded)

        monkeypatch.setitem(TABLES, table, replace(whole[table], project=project))

    return put


@pytest.fixture
def mend(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give a way to repair every projection, as another build would."""
    whole = dict(TABLES)

    def put_back() -> None:
        for table, projection in whole.items():
            monkeypatch.setitem(TABLES, table, projection)

    return put_back
