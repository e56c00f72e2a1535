"""Follow the log: every event after a position, in order, then live."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import structlog

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from domain.log import RecordedEvent

_logger = structlog.get_logger()

PAGE = 500
"""Events read at once; the library's subscription uses the same."""


async def follow(log: EventLog, after: int, poll_s: float) -> AsyncGenerator[list[RecordedEvent]]:
    """Yield batches of events after the position; an empty batch marks each quiet look.

    A lost notification costs at most `poll_s`. StorageUnavailable ends the iteration: start again
    from the last position that was handled.
    """
    async with aclosing(log.wakeups(poll_s)) as wakeups:
        async for _ in wakeups:
            while True:
                batch, after = await _page(log, after)
                yield batch
                if not batch:
                    break


async def _page(log: EventLog, after: int) -> tuple[list[RecordedEvent], int]:
    """Read a page, and the position to go on from: an event that cannot be read is passed over.

    It stays in the log for a build that knows it; every other stream goes on meanwhile.
    """
    while True:
        try:
            batch = await log.read(after, PAGE)
        except UnreadableEvent as error:
            _logger.warning("event passed over", error=str(error), position=error.position)
            after = error.position
            continue
        return batch, batch[-1].position if batch else after
