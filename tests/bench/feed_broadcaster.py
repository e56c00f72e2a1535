"""The reference of `bench feed`: sends each line that it is told to whoever is connected.

No log, no filters, no resume, no keys: what no server on asyncio can undercut.
"""

import asyncio
import json
import os
import sys

from app.open_files import allow_open_files
from app.process import end_with_parent

FILES = 8192


class Listener(asyncio.Protocol):
    """One connection, kept until it goes."""

    def __init__(self, everybody: set[asyncio.Transport]) -> None:
        self._everybody = everybody
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002  whatever it asks for, it gets all
        if self._transport is not None and self._transport not in self._everybody:
            self._everybody.add(self._transport)
            self._transport.write(b"HTTP/1.1 200 OK\r\n\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._transport is not None:
            self._everybody.discard(self._transport)


async def main() -> None:
    """Tell where it listens, and send until standard input ends."""
    end_with_parent(os.getppid())
    allow_open_files(FILES)
    everybody: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Listener(everybody), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    while line := await asyncio.to_thread(sys.stdin.readline):
        frame = json.loads(line).encode()
        for transport in everybody:
            transport.write(frame)


if __name__ == "__main__":
    asyncio.run(main())
