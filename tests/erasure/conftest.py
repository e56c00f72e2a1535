from collections.abc import AsyncIterator
from typing import cast

import pytest

from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.event_log.memory import MemoryEventLog
from adapters.event_log.store import PostgresEventLog
from tests.opened_log import open_log


@pytest.fixture(params=["memory", "postgres"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[EventLog]:
    """Give an empty log, once in memory and once on PostgreSQL."""
    if request.param == "memory":
        memory = MemoryEventLog()
        yield memory
        await memory.close()
        return
    async with Database(cast("str", request.getfixturevalue("database"))) as database:
        postgres = open_log(database)
        yield postgres
        await postgres.close()


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    async with Database(database) as pool:
        yield pool


@pytest.fixture
async def postgres_log(opened: Database) -> AsyncIterator[PostgresEventLog]:
    log = open_log(opened)
    yield log
    await log.close()
