"""Writes to one reader: its past from the log, then what comes, each item when it comes.

A waiting reader costs no task and no timer: a task exists while something is being written. That
halves what each of thousands of readers takes; see docs/decisions/feed-readers.md.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Protocol

import structlog

from adapters.event_log.errors import StorageUnavailable
from app.feed_hub import FeedHub, NotFollowing
from app.feed_reader import Reader, Sent

SEND_LIMIT_S = 30.0
"""A client that takes no byte for so long is gone; it resumes if it was only slow."""
END_LIMIT_S = 5.0
"""For the last word to one that is let go."""

Write = Callable[[], Awaitable[None]]

_logger = structlog.get_logger()


class Wire(Protocol):
    """How items reach one client."""

    async def items(self, items: list[Sent]) -> None:
        """Send items, in order."""
        ...

    async def mark(self, position: int) -> None:
        """Give a sign of life, and say up to where the client has seen everything."""
        ...

    async def end(self, because: str) -> None:
        """Say that nothing follows."""
        ...


class Delivery:
    """Serves one admitted reader from `start` to `stop`; when it ends itself, `until` expires."""

    __slots__ = ("_hub", "_reader", "_until", "_wire", "_writing", "failure")

    def __init__(self, hub: FeedHub, reader: Reader, wire: Wire, until: asyncio.Timeout) -> None:
        self._hub = hub
        self._reader = reader
        self._wire = wire
        self._until = until
        self._writing: asyncio.Task[None] | None = None
        self.failure: Exception | None = None
        """A defect of ours that ended it."""

    def start(self, before: Write | None = None) -> None:
        """Begin with what `before` sends, then resume from the log, then go live."""
        self._work(partial(self._resume, before))

    def cancel(self) -> None:
        """Write nothing any more; `stop` waits until it is so."""
        self._reader.listen(None)
        if self._writing is not None:
            self._writing.cancel()

    async def stop(self) -> None:
        """Write nothing any more."""
        self.cancel()
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def _hear(self) -> None:
        if self._writing is not None:
            if not self._reader.let_go:
                return  # it looks again when it has written
            self._writing.cancel()  # its client takes nothing, and the slot is needed
        self._work(self._write_what_waits)

    def _work(self, write: Write) -> None:
        self._writing = asyncio.create_task(self._end_after(write), name="feed reader")

    async def _end_after(self, write: Write) -> None:
        try:
            because = await self._ended_by(write)
            if not because:
                self._writing = None  # nothing is awaited since the last look: no news is lost
                return
            await self._limited(self._wire.end(because), END_LIMIT_S)
        except OSError:  # the client is gone, or takes nothing any more (TimeoutError)
            pass
        except Exception as error:  # noqa: BLE001  told by whoever waits for the end
            self.failure = error
        if not self._until.expired():
            self._until.reschedule(asyncio.get_running_loop().time())

    async def _ended_by(self, write: Write) -> str:
        """Write, and say why nothing follows; empty if something may."""
        try:
            await write()
        except (StorageUnavailable, NotFollowing) as error:
            _logger.warning("feed reader ended", because=str(error))  # it resumes by itself
            return "storage_unavailable"
        return self._reader.let_go

    async def _resume(self, before: Write | None) -> None:
        if before is not None:
            await self._limited(before())
        async with aclosing(self._hub.resume(self._reader)) as pages:
            async for page in pages:
                if page:
                    await self._limited(self._wire.items(page))
                else:
                    await self._limited(self._wire.mark(self._reader.position))
        self._reader.listen(self._hear)
        await self._write_what_waits()

    async def _write_what_waits(self) -> None:
        reader = self._reader
        while not reader.let_go:
            if items := reader.take():
                await self._limited(self._wire.items(items))
            elif reader.mark_due:
                reader.position = max(reader.position, self._hub.position)
                await self._limited(self._wire.mark(reader.position))
            else:
                return
            reader.mark_due = False

    async def _limited(self, sending: Awaitable[None], limit_s: float = SEND_LIMIT_S) -> None:
        async with asyncio.timeout(limit_s):
            await sending
