"""Talks to the feed over a real WebSocket, as a client does."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.running_api import RunningApi

LIMIT_S = 10.0
Message = dict[str, Any]
HEARTBEAT = "feed:heartbeat"


class FeedSocket:
    """One connection; every wait has a limit."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def next(self, *, beats: bool = False) -> Message:
        """Take the next message; on a busy machine a heartbeat may come before it."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                message: Message = json.loads(await self.connection.recv())
                if beats or message["event"] != HEARTBEAT:
                    return message

    async def hears(self, event: str) -> Message:
        """Take the next message, which is this one."""
        message = await self.next(beats=event == HEARTBEAT)
        assert message["event"] == event, message
        return message

    async def items(self, count: int) -> list[Message]:
        return [await self.next() for _ in range(count)]

    async def says(self, action: str, **fields: object) -> None:
        await self.connection.send(json.dumps({"action": action, **fields}))

    async def ends(self) -> tuple[int, str]:
        """Wait for the end, which must come; give its code and reason."""
        async with asyncio.timeout(LIMIT_S):
            await self.connection.wait_closed()
        return self.connection.close_code or 0, self.connection.close_reason or ""


@asynccontextmanager
async def feed_socket(
    api: RunningApi,
    path: str = "/v1/feed/ws",
    key: str | None = None,
    headers: dict[str, str] | None = None,
) -> AsyncGenerator[FeedSocket]:
    """Open a socket; `key` None is the installation's, an empty one is none."""
    presented = api.key if key is None else key
    brought = {"Authorization": f"Bearer {presented}"} if presented else headers or {}
    url = api.url.replace("http://", "ws://") + path
    async with connect(url, additional_headers=brought, open_timeout=LIMIT_S, proxy=None) as socket:
        yield FeedSocket(socket)
