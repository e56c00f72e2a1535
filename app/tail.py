"""Follow the log: every event after a position, in order, then live."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import structlog

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import EventLog
from domain.log import RecordedEvent

_logger = structlog.get_logger()

PAGE = 500
"""Events read at once; the library's subscription uses the same."""

Unreadable = Callable[[UnreadableEvent], Awaitable[None]]
"""Hears of an event that this build cannot read, in its place in the order."""


async def _tell(error: UnreadableEvent) -> None:
    _logger.warning("event passed over", error=str(error), position=error.position)


async def follow(
    log: EventLog, after: int, poll_s: float, unreadable: Unreadable = _tell
) -> AsyncGenerator[list[RecordedEvent]]:
    """Yield batches of events after the position; an empty batch marks each quiet look.

    A lost notification costs at most `poll_s`. StorageUnavailable ends the iteration: start again
    from the last position that was handled.
    """
    async with aclosing(log.wakeups(poll_s)) as wakeups:
        async for _ in wakeups:
            while True:
                batch, after = await read_page(log, after, PAGE, unreadable)
                yield batch
                if not batch:
                    break


async def read_page(
    log: EventLog, after: int, limit: int, unreadable: Unreadable, *, stream: str | None = None
) -> tuple[list[RecordedEvent], int]:
    """Read a page, and the position to go on from: an event that cannot be read is passed over.

    It stays in the log for a build that knows it; every other stream goes on meanwhile.
    """
    while True:
        try:
            batch = await log.read(after, limit, stream=stream)
        except UnreadableEvent as error:
            await unreadable(error)
            after = error.position
            continue
        return batch, batch[-1].position if batch else after
