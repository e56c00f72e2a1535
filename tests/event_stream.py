"""Reads Server-Sent Events off a real connection, as a client does."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

LIMIT_S = 10.0


class StreamEvent:
    """One event: its id (also of events without data), its type and its decoded data."""

    def __init__(self, lines: list[str]) -> None:
        self.id: int | None = None
        self.type = "message"
        self.comment = ""
        self.data: Any = None
        for line in lines:
            name, _, value = line.partition(": ")
            if name == "id":
                self.id = int(value)
            elif name == "event":
                self.type = value
            elif name == "data":
                self.data = json.loads(value)
            elif not name:
                self.comment = value


class EventStream:
    """What arrives, in order; every wait has a limit."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = _events(response)

    async def next(self) -> StreamEvent:
        """Take the next event, marks without data included."""
        async with asyncio.timeout(LIMIT_S):
            return await anext(self._events)

    async def item(self) -> StreamEvent:
        """Take the next event that has data."""
        while True:
            event = await self.next()
            if event.data is not None:
                return event

    async def items(self, count: int) -> list[StreamEvent]:
        return [await self.item() for _ in range(count)]

    async def ends(self) -> None:
        """Read to the end, which must come."""
        async with asyncio.timeout(LIMIT_S):
            async for _ in self._events:
                pass


async def _events(response: httpx.Response) -> AsyncIterator[StreamEvent]:
    lines: list[str] = []
    async for line in response.aiter_lines():
        if line:
            lines.append(line)
        elif lines:
            yield StreamEvent(lines)
            lines = []


@asynccontextmanager
async def event_stream(
    client: httpx.AsyncClient, path: str = "/v1/feed", **headers: str
) -> AsyncGenerator[EventStream]:
    """Open a stream; the slot is taken once this has been entered."""
    async with client.stream("GET", path, headers=headers) as response:
        yield EventStream(response)
