"""A database and keys for everything that keeps secrets."""

from collections.abc import AsyncIterator

import pytest

from adapters.event_log.database import Database
from adapters.keys import Keys


@pytest.fixture
async def opened(database: str) -> AsyncIterator[Database]:
    """Give an open migrated database."""
    async with Database(database) as connected:
        yield connected


@pytest.fixture
def keys() -> Keys:
    """Give the keys of a fixed master key."""
    return Keys(bytes(range(32)))
