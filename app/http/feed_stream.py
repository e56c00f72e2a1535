"""Server-Sent Events, written straight to ASGI.

Litestar's own stream keeps its generator when the client leaves (litestar-org/litestar#3772) and
never runs the clean-up of one that was not started. Here the slot belongs to the block that serves.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import structlog
from litestar.response import Response
from litestar.types import Message, Receive, Scope, Send

from adapters.event_log.errors import StorageUnavailable
from app.feed_hub import FeedFilter, FeedHub, NotFollowing, Reader, TooManyReaders
from app.problems import ProblemFound, as_sentence

HEARTBEAT_S = 15.0
"""Proxies close a silent connection after 30 to 60 s (nginx: proxy_read_timeout 60 s)."""
SEND_LIMIT_S = 30.0
"""A client that takes no byte for so long is gone; it resumes if it was only slow."""
RETRY_MS = 2000
"""How long an EventSource waits before it comes back."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold items back
]

Reset = Callable[[], Awaitable[bytes]]
"""Gives the `reset` event, for a reader whose position the log never had."""

_logger = structlog.get_logger()


class FeedStream:
    """An ASGI application that serves one reader until it leaves, is let go, or the hub ends."""

    def __init__(
        self,
        hub: FeedHub,
        wanted: FeedFilter,
        *,
        after: int | None,
        reset: Reset | None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._hub = hub
        self._wanted = wanted
        self._after = after
        self._reset = reset
        self._heartbeat_s = heartbeat_s

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
        """Write and watch for the client's leaving at once, whichever ends first."""
        writing = asyncio.create_task(self._write(reader, send), name="feed reader")
        leaving = asyncio.create_task(_left(receive), name="feed reader leaves")
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            writing.cancel()
            ended = await asyncio.gather(writing, leaving, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]

    async def _write(self, reader: Reader, send: Send) -> None:
        await _send(send, {"type": "http.response.start", "status": 200, "headers": HEADERS})
        try:
            async with aclosing(self._chunks(reader)) as chunks:
                async for chunk in chunks:
                    await _send(
                        send, {"type": "http.response.body", "body": chunk, "more_body": True}
                    )
        except StorageUnavailable as error:
            _logger.warning("feed reader ended", because=str(error))  # it resumes by itself
        except TimeoutError:
            return  # it takes nothing any more; the server drops the connection
        await _send(send, {"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self, reader: Reader) -> AsyncGenerator[bytes]:
        yield b": connected\nretry: %d\nid: %d\n\n" % (RETRY_MS, reader.position)
        if self._reset is not None:
            yield await self._reset()
        async with aclosing(self._hub.resume(reader)) as pages:
            async for page in pages:
                frames = b"".join(item.frame for item in page)
                yield frames or _mark(reader.position)
        while not reader.let_go:
            if await reader.news(self._heartbeat_s):
                yield b"".join(item.frame for item in reader.take())
            else:
                reader.position = max(reader.position, self._hub.position)
                yield _mark(reader.position)


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


def _mark(position: int) -> bytes:
    """Build a comment that moves the reader's last id on, so that a resume reads little again.

    An event without data is not dispatched, but its id counts (HTML, 9.2.6 "Interpreting an event
    stream": the last event ID is set before the data buffer is looked at).
    """
    return b": still here\nid: %d\n\n" % position


async def _send(send: Send, message: Message) -> None:
    async with asyncio.timeout(SEND_LIMIT_S):
        await send(message)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
