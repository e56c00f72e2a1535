from collections.abc import AsyncGenerator
from pathlib import Path

import pytest_asyncio

from tests.running_api import RunningApi, running_api


@pytest_asyncio.fixture
async def api(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    """Serve the API on a database of the test's own."""
    async with running_api(database, tmp_path) as running:
        yield running
