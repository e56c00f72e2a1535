"""A socket.io client of the tests' own: what the protocol's description says, and no more."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

LIMIT_S = 10.0


class SocketIoClient:
    """One connection of the main namespace."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def packet(self) -> str:
        """Take the next packet, pings included."""
        async with asyncio.timeout(LIMIT_S):
            said = await self._connection.recv()
        assert isinstance(said, str)
        return said

    async def send(self, packet: str) -> None:
        await self._connection.send(packet)

    async def next(self) -> tuple[str, Any]:
        """Take the next event; pings are answered."""
        while (said := await self.packet()) == "2":
            await self.send("3")
        assert said.startswith("42"), said
        name, payload = json.loads(said[2:])
        return name, payload

    async def events(self, count: int) -> list[tuple[str, Any]]:
        return [await self.next() for _ in range(count)]

    async def join(self, auth: object = None) -> str:
        """Join the main namespace; give the answer."""
        await self.send("40" + ("" if auth is None else json.dumps(auth)))
        return await self.packet()


@asynccontextmanager
async def socket_io_client(
    url: str, query: str = "EIO=4&transport=websocket", **headers: str
) -> AsyncGenerator[SocketIoClient]:
    """Open a connection; it has said its first words to us once this has been entered."""
    address = f"{url.replace('http', 'ws', 1)}/socket.io/?{query}"
    async with connect(address, additional_headers=headers, proxy=None) as connection:
        yield SocketIoClient(connection)
