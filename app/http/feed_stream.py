"""Server-Sent Events, written straight to ASGI.

Litestar's own stream keeps its generator when the client leaves (litestar-org/litestar#3772) and
never runs the clean-up of one that was not started. Here the slot belongs to the block that serves.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from litestar.response import Response
from litestar.types import Receive, Scope, Send

from app.feed_delivery import Delivery
from app.feed_hub import FeedHub, NotFollowing, TooManyReaders
from app.feed_reader import FeedFilter, Reader, Sent
from app.problems import ProblemFound, as_sentence

RETRY_MS = 2000
"""How long an EventSource waits before it comes back."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold items back
]

Reset = Callable[[], Awaitable[bytes]]
"""Gives the `reset` event, for a reader whose position the log never had."""


class EventStreamWire:
    """Writes items as Server-Sent Events."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    async def begin(self, position: int, reset: Reset | None) -> None:
        """Send the headers, where the stream starts, and a reset if there is one."""
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._write(b": connected\nretry: %d\nid: %d\n\n" % (RETRY_MS, position))
        if reset is not None:
            await self._write(await reset())

    async def items(self, items: list[Sent]) -> None:
        """Send items, in order."""
        await self._write(b"".join(item.frame for item in items))

    async def mark(self, position: int) -> None:
        """Send a comment that moves the reader's last id on, so that a resume reads little again.

        An event without data is not dispatched, but its id counts (HTML, 9.2.6 "Interpreting an
        event stream": the last event ID is set before the data buffer is looked at).
        """
        await self._write(b": still here\nid: %d\n\n" % position)

    async def end(self, because: str) -> None:  # noqa: ARG002  an answer that has begun cannot say why
        """End the answer; an EventSource comes back by itself."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, chunk: bytes) -> None:
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})


class FeedStream:
    """An ASGI application that serves one reader until it leaves, is let go, or the hub ends."""

    __slots__ = ("_after", "_hub", "_reset", "_wanted", "_wire")

    def __init__(
        self,
        hub: FeedHub,
        wanted: FeedFilter,
        *,
        after: int | None,
        reset: Reset | None,
        wire: Callable[[Send], EventStreamWire] = EventStreamWire,
    ) -> None:
        """`wire` writes the items; a drop-in has its own."""
        self._hub = hub
        self._wanted = wanted
        self._after = after
        self._reset = reset
        self._wire = wire

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Serve; the slot is taken and given back here, so no path can keep it."""
        try:
            with self._hub.admit(self._wanted, self._after) as reader:
                await self._serve_until_it_ends(reader, receive, send)
        except TooManyReaders as error:
            raise ProblemFound("too_many_readers", as_sentence(error)) from error
        except NotFollowing as error:
            raise ProblemFound("storage_unavailable", as_sentence(error)) from error

    async def _serve_until_it_ends(self, reader: Reader, receive: Receive, send: Send) -> None:
        """Watch for the client's leaving, while what there is to write is written beside."""
        wire, until_it_ends = self._wire(send), asyncio.timeout(None)
        delivery = Delivery(self._hub, reader, wire, until_it_ends)
        try:
            with suppress(TimeoutError):
                async with until_it_ends:
                    delivery.start(partial(wire.begin, reader.position, self._reset))
                    while (await receive())["type"] != "http.disconnect":
                        pass
        finally:
            await delivery.stop()
        if delivery.failure is not None:
            raise delivery.failure


class FeedResponse(Response[bytes]):
    """Hands the stream to Litestar as a response."""

    def __init__(self, stream: FeedStream) -> None:
        super().__init__(content=b"", media_type="text/event-stream")
        self._stream = stream

    def to_asgi_response(  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        self, *_: object, **__: object
    ) -> FeedStream:
        """Give the application that writes the answer itself."""
        return self._stream
