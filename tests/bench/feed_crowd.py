"""A crowd of the feed's readers, in a process of its own: `python -m tests.bench.feed_crowd FACTS`.

Its parent tells it on standard input when to do what, a line of JSON at a time, and each is
answered by one on standard output. What arrives is looked at no further than for its position.
"""

import asyncio
import os
import re
import sys
from collections.abc import Iterator
from random import Random
from typing import Literal

import msgspec

from adapters import clock
from app.open_files import allow_open_files
from app.process import end_with_parent
from tests.waiting import eventually

AT_ONCE = 50
"""Connections that are being opened."""
OPEN_LIMIT_S = 120.0
TELL_LIMIT_S = 300.0
SPARE_FILES = 100
TAIL = 64 * 1024
"""What is kept of a stream to find an item that came in two pieces."""
ITEM = {
    "sse": re.compile(rb"id: (\d+)\nevent: [^\n]+\ndata: [^\n]+\n\n"),
    "socket": re.compile(rb'"channel":"feed","id":(\d+),"data":\{'),
}
PING, PONG_HEAD = b"\x89\x04", b"\x8a\x84\x00\x00\x00\x00"
"""uvicorn pings with four bytes; a client answers masked, here with a mask of zeroes."""
MOST_ITEMS = 12
"""That a reader takes before it is cut off again."""

Kind = Literal["sse", "socket"]


Seen = list[tuple[int, float]]
"""Position and time of arrival, of each item."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Where and who."""

    kind: Kind
    port: int
    key: str = ""
    """Empty: the bare broadcaster, which asks nobody."""
    readers: int


class Open(msgspec.Struct, frozen=True, tag="open"):
    """Connect everybody; answered by how many are."""


class Cut(msgspec.Struct, frozen=True, tag="cut"):
    """Cut everybody off again and again, so often in all; each comes back with its last id."""

    times: int
    start: int
    """The position that everybody starts behind."""


class Tell(msgspec.Struct, frozen=True, tag="tell"):
    """Wait until everybody has seen the position, and answer what they saw."""

    until: int


Order = Open | Cut | Tell


class Reader(asyncio.Protocol):
    """One connection that notes what position arrived when."""

    def __init__(self, request: bytes, kind: Kind, seen: Seen, most: int | None = None) -> None:
        self._request = request
        self._kind = kind
        self._item = ITEM[kind]
        self._seen = seen
        self._most = most
        self._tail = b""
        self._transport: asyncio.Transport | None = None
        self.opened = asyncio.get_running_loop().create_future()
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now_s = clock.monotonic_s()
        if not self.opened.done():
            self.opened.set_result(data.startswith((b"HTTP/1.1 200", b"HTTP/1.1 101", b"open")))
        if self._kind == "socket" and self._transport and data.startswith(PING):
            self._transport.write(PONG_HEAD + data[2:6])
        data = self._tail + data
        end = 0
        for found in self._item.finditer(data):
            end = found.end()
            if self.closed.done():
                return
            self._seen.append((int(found[1]), now_s))
            if self._most is not None and len(self._seen) >= self._most:
                self.cut()
                return
        self._tail = data[end:][-TAIL:]

    def cut(self) -> None:
        """Go without a word."""
        if self._transport is not None:
            self._transport.abort()
        if not self.closed.done():
            self.closed.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if not self.opened.done():
            self.opened.set_result(False)
        if not self.closed.done():
            self.closed.set_result(None)


class Crowd:
    """All readers of this process."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._seen: list[Seen] = [[] for _ in range(facts.readers)]
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def obey(self, order: Order) -> object:
        """Carry out an order and give the answer."""
        match order:
            case Open():
                readers = await asyncio.gather(*(self._connect(seen) for seen in self._seen))
                return len(readers)
            case Cut(times, start):
                left = iter(range(times))
                for seen in self._seen:
                    seen.clear()
                cut = [self._cut_off(Random(n), n, start, left) for n in range(len(self._seen))]  # noqa: S311  chance, not secrecy
                return sum(await asyncio.gather(*cut))
            case Tell(until):

                async def all_have() -> bool:
                    return all(seen and seen[-1][0] >= until for seen in self._seen)

                await eventually(all_have, TELL_LIMIT_S)
                return self._seen

    async def _cut_off(self, chance: Random, number: int, start: int, left: Iterator[int]) -> int:
        """Come back until enough are cut off, and then once more to stay."""
        seen, cuts = self._seen[number], 0
        while next(left, None) is not None:
            most = len(seen) + chance.randrange(MOST_ITEMS)
            reader = await self._connect(seen, seen[-1][0] if seen else start, most)
            await reader.closed
            cuts += 1
        await self._connect(seen, seen[-1][0] if seen else start)
        return cuts

    async def _connect(
        self, seen: Seen, after: int | None = None, most: int | None = None
    ) -> Reader:
        async with self._slots, asyncio.timeout(OPEN_LIMIT_S):
            loop, request = asyncio.get_running_loop(), handshake(self._facts, after)
            _, reader = await loop.create_connection(
                lambda: Reader(request, self._facts.kind, seen, most),
                "127.0.0.1",
                self._facts.port,
            )
            if not await reader.opened:
                raise RuntimeError("a reader was not let in")
        if most == len(seen):
            reader.cut()  # before its first item
        return reader


def handshake(facts: Facts, after: int | None) -> bytes:
    """Build the request; the bare broadcaster takes any."""
    path = "/v1/feed/ws" if facts.kind == "socket" else "/v1/feed"
    query = "" if after is None else f"?after={after}"
    lines = [f"GET {path}{query} HTTP/1.1", "Host: 127.0.0.1"]
    lines.append(f"Authorization: Bearer {facts.key}")
    if facts.kind == "socket":
        lines += ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
        lines.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def main(facts: Facts) -> None:
    """Obey until standard input ends, or its parent does."""
    end_with_parent(os.getppid())
    if missing := allow_open_files(facts.readers + SPARE_FILES):
        raise RuntimeError(missing)
    crowd = Crowd(facts)
    while line := await asyncio.to_thread(sys.stdin.readline):
        answer = await crowd.obey(msgspec.json.decode(line, type=Order))
        sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Facts)))
