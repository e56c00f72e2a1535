"""One WebSocket with any number of channels of the feed, written straight to ASGI.

The words on the wire are those of a `Dialect`: ours (feed_socket.py) or one of a drop-in's. Slots
are held by the block that serves, so they are free however the client leaves.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Protocol

import msgspec
import structlog
from litestar.types import Receive, ReceiveMessage, Send

from adapters.event_log.errors import StorageUnavailable
from app.feed_delivery import SEND_LIMIT_S, Delivery, Write
from app.feed_hub import FeedHub, NotFollowing, TooManyReaders
from app.feed_reader import Reader, Sent
from app.http.feed_channel import Channel, ChannelMessage
from app.problems import ProblemFound, as_sentence, kind_of

MOST_CHANNELS = 32
"""On one socket; each is a reader of the feed and takes one of its slots."""
MOST_BYTES = 4096
"""Of one incoming message; the longest that makes sense has some 2,000."""
CLOSE_LIMIT_S = 5.0
GOING_AWAY = 1001
TOO_LARGE = 1009
BROKEN = 1011
PROBLEM = 4000
"""Added to the HTTP status of the problem that ends a socket; the reason is the problem's code."""

Before = Callable[[int], Awaitable[None]]

_logger = structlog.get_logger()


class Close(msgspec.Struct, frozen=True):
    """Why we end a socket."""

    code: int
    reason: str


IDLE = Close(4408, "idle")
ENDS = {
    "ending": Close(GOING_AWAY, "ending"),
    "too_slow": Close(4429, "too_slow"),
    "storage_unavailable": Close(4503, "storage_unavailable"),
}
"""Why a delivery ends."""


class Dialect(Protocol):
    """What is said on a socket, and how."""

    async def begin(self) -> None:
        """Say the first words; a ProblemFound ends the socket."""
        ...

    async def hear(self, message: bytes) -> None:
        """Take a message of the client; a ProblemFound is told and does no more."""
        ...

    def problem(self, found: ProblemFound) -> bytes:
        """Word what is wrong."""
        ...


class ChannelWire(ABC):
    """Writes one channel's items to its socket. A dialect says in which words."""

    __slots__ = ("channel", "session")

    def __init__(self, session: "SocketSession", channel: Channel) -> None:
        self.session = session
        self.channel = channel

    async def items(self, items: list[Sent]) -> None:
        """Send what the channel says of items, in order."""
        tell = self.channel.tell
        for sent in items:
            message = await tell(sent.item) if tell is not None else None
            if tell is None or message is not None:
                await self.session.say(self.worded(sent, message))

    async def mark(self, position: int) -> None:
        """Give a sign of life."""
        await self.session.say(self.sign_of_life(position))

    async def end(self, because: str) -> None:
        """Have the socket closed; the client comes back and resumes."""
        self.session.close(ENDS[because])

    @abstractmethod
    def worded(self, sent: Sent, message: ChannelMessage | None) -> bytes:
        """Word an item; `message` is None where the channel tells items as they are."""

    @abstractmethod
    def sign_of_life(self, position: int) -> bytes:
        """Word a sign of life."""


class SocketSession:
    """Serves one client from its handshake to its end."""

    __slots__ = ("_close", "_followed", "_hub", "_idle_limit_s", "_receive", "_send", "_until")

    def __init__(
        self, hub: FeedHub, receive: Receive, send: Send, *, idle_limit_s: float | None = None
    ) -> None:
        """`idle_limit_s`: how long a client that follows nothing may say nothing; None: for ever.

        Strangers who are told apart by what they say first must not keep their sockets.
        """
        self._hub = hub
        self._idle_limit_s = idle_limit_s
        self._receive = receive
        self._send = send
        self._until = asyncio.timeout(None)
        self._followed: dict[str, tuple[Reader, Delivery]] = {}
        self._close: Close | None = None

    async def serve(self, dialect: Dialect) -> None:
        """Accept, and serve until the client leaves, a channel ends, or a problem does."""
        try:
            await self._receive()  # websocket.connect
            await self._send({"type": "websocket.accept", "subprotocol": None, "headers": []})
            with suppress(TimeoutError):
                async with self._until:
                    await self._converse(dialect)
        except OSError:
            self._close = None  # it left while something was written (uvicorn: ClientDisconnected)
        finally:
            await self._follow_nothing()
        if self._close is not None:
            await self._say_farewell(self._close)

    async def _converse(self, dialect: Dialect) -> None:
        problem = await self._attempt(dialect, dialect.begin)
        if problem is not None:
            self.close(Close(PROBLEM + kind_of(problem.code).status, problem.code))
            return
        while (message := await self._next())["type"] == "websocket.receive":
            text = message.get("text")
            heard = text.encode() if text is not None else message.get("bytes") or b""
            if len(heard) > MOST_BYTES:
                self.close(Close(TOO_LARGE, "message_too_large"))
                return
            await self._attempt(dialect, partial(dialect.hear, heard))

    async def _next(self) -> ReceiveMessage:
        try:
            async with asyncio.timeout(None if self._followed else self._idle_limit_s):
                return await self._receive()
        except TimeoutError:
            self.close(IDLE)
            raise

    async def _attempt(self, dialect: Dialect, act: Write) -> ProblemFound | None:
        """Do something; a problem that it meets is told."""
        try:
            await act()
        except ProblemFound as found:
            problem = found
        except TooManyReaders as error:
            problem = ProblemFound("too_many_readers", as_sentence(error))
        except (NotFollowing, StorageUnavailable) as error:
            problem = ProblemFound("storage_unavailable", as_sentence(error))
        except OSError:
            raise
        except Exception as error:
            _logger.exception("feed socket broke", exc_info=error)
            problem = ProblemFound("internal_error", "The service broke here.")
        else:
            return None
        await self.say(dialect.problem(problem))
        return problem

    def close(self, because: Close) -> None:
        """Say why the socket ends; the first reason counts."""
        self._close = self._close or because

    async def say(self, message: bytes) -> None:
        """Send one text message."""
        async with asyncio.timeout(SEND_LIMIT_S):
            await self._send({"type": "websocket.send", "bytes": None, "text": message.decode()})

    async def follow(self, wire: ChannelWire, after: int | None, before: Before) -> None:
        """Follow a channel; one that is followed already starts anew.

        `before` says the first words, and is given the position that the channel starts from.
        """
        name = wire.channel.name
        await self.leave(name)
        if len(self._followed) >= MOST_CHANNELS:
            raise ProblemFound("invalid_request", f"{MOST_CHANNELS} channels are followed already.")
        reader = self._hub.enter(wire.channel.wanted, after)
        delivery = Delivery(self._hub, reader, wire, self._until)
        self._followed[name] = (reader, delivery)
        delivery.start(partial(before, reader.position))

    async def leave(self, name: str) -> bool:
        """Follow a channel no longer; False if it was not followed."""
        if name not in self._followed:
            return False
        reader, delivery = self._followed.pop(name)
        self._hub.leave(reader)
        await delivery.stop()
        return True

    async def _follow_nothing(self) -> None:
        """Free every slot before anything is awaited."""
        for reader, delivery in self._followed.values():
            self._hub.leave(reader)
            delivery.cancel()
        for _, delivery in self._followed.values():
            await delivery.stop()
            if delivery.failure is not None:
                _logger.error("feed socket broke", exc_info=delivery.failure)
                self.close(Close(BROKEN, "internal_error"))

    async def _say_farewell(self, close: Close) -> None:
        with suppress(OSError):  # TimeoutError too: it takes nothing any more
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self._send(
                    {"type": "websocket.close", "code": close.code, "reason": close.reason}
                )
