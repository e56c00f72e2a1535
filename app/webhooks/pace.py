"""What time it is, and waiting. Tests have a clock of their own, which stands still."""

import asyncio
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from adapters import clock


class Pace(Protocol):
    """All that delivering knows of time."""

    def now(self) -> datetime:
        """Give the time."""
        ...

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until there is news, or it is so late; for as long as it takes without a time."""
        ...


class RealPace:
    """Time as it passes."""

    def now(self) -> datetime:
        """Give the time."""
        return clock.now()

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        """Wait until there is news, or it is so late."""
        left_s = None if until is None else max(0.0, (until - self.now()).total_seconds())
        with suppress(TimeoutError):
            async with asyncio.timeout(left_s):
                await news.wait()
