"""A receiver on loopback that keeps what it was told, and answers as a test says."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec


class Told(msgspec.Struct, frozen=True):
    """One request."""

    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def item(self) -> dict[str, Any]:
        return msgspec.json.decode(self.body)["data"]


class Receiver:
    """`answer` gives for each request what is answered: a status line, with headers if any."""

    def __init__(self) -> None:
        self.port = 0
        self.told: list[Told] = []
        self.accepted: list[Told] = []
        self.answer: Callable[[Told], str] = lambda _: "204 No Content"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def positions(self, account: str | None = None) -> list[int]:
        """Positions in the order in which they were accepted, each once."""
        found = dict.fromkeys(
            one.item["id"] for one in self.accepted if account in (None, one.item["account_id"])
        )
        return list(found)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                told = await _read(reader)
                self.told.append(told)
                answered = self.answer(told)
                if answered.startswith("2"):
                    self.accepted.append(told)
                writer.write(f"HTTP/1.1 {answered}\r\ncontent-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()


async def _read(reader: asyncio.StreamReader) -> Told:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()[1:]
    headers = dict(line.split(": ", 1) for line in lines if line)
    headers = {name.lower(): value for name, value in headers.items()}
    return Told(headers, await reader.readexactly(int(headers["content-length"])))


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    """Listen until the block is left."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
