from collections.abc import AsyncGenerator

import pytest_asyncio

from tests.webhook_delivery.parts import Installation, installation
from tests.webhook_delivery.receiver import Receiver, receiving


@pytest_asyncio.fixture
async def here(database: str) -> AsyncGenerator[Installation]:
    async with installation(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    async with receiving() as listening:
        yield listening
