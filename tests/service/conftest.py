"""The service's parts over a whole log: in memory, and on PostgreSQL."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.event_log.memory import MemoryEventLog
from tests.decided_again import assert_decided_again_alike
from tests.opened_log import open_log


@pytest.fixture(params=["memory", "postgres"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[EventLog]:
    """Give an empty log, once in memory and once on PostgreSQL."""
    if request.param == "memory":
        memory = MemoryEventLog()
        yield memory
        await assert_decided_again_alike(memory)
        await memory.close()
        return
    async with Database(cast("str", request.getfixturevalue("database"))) as database:
        postgres = open_log(database)
        yield postgres
        await assert_decided_again_alike(postgres)
        await postgres.close()
