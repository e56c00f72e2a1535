"""Two readers that follow the log through everything: over the feed, and beside it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import httpx

from adapters.event_log.interface import EventLog
from app.feed_hub import BEAT_S
from app.steady import keep_running
from app.tail import follow
from domain.log import RecordedEvent
from tests.campaign.clients import RETRY_S, bearing, rest
from tests.event_stream import StreamEvent

SILENCE_S = BEAT_S + 10.0
"""A feed that says nothing for longer is dead; 10 s for a busy machine."""
POLL_S = 1.0


class FeedFollower:
    """Reads /v1/feed as an EventSource does: it comes back with the id of what it saw last."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self._http = http
        self._key = key
        self.position = 0
        """The last id, also of marks without data: everything before it was delivered."""
        self.items: list[int] = []
        self.resumed = 0
        self.wrong: list[str] = []

    async def run(self, stopping: asyncio.Event) -> None:
        """Read until cancelled; comes back whenever the stream ends."""
        while not stopping.is_set():
            try:
                await self._read()
            except httpx.ReadTimeout:
                self.wrong.append(f"the feed was silent for {SILENCE_S} s at {self.position}")
            except httpx.TransportError:
                pass  # the service was killed
            self.resumed += 1
            await rest(stopping, RETRY_S)

    async def _read(self) -> None:
        headers = {**bearing(self._key), "Last-Event-ID": str(self.position)}
        limits = httpx.Timeout(SILENCE_S)
        async with self._http.stream("GET", "/v1/feed", headers=headers, timeout=limits) as feed:
            if feed.is_success:
                async with aclosing(_events(feed.aiter_lines())) as events:
                    async for event in events:
                        self.take(event)

    def take(self, event: StreamEvent) -> None:
        """Note one event, and whether it may come now."""
        if event.type == "reset":
            self.wrong.append(f"the log ends before {self.position}, which was delivered")
        elif event.id is not None:
            if event.id < self.position + (event.data is not None):
                self.wrong.append(f"{event.id} was delivered after {self.position}")
            if event.data is not None:
                self.items.append(event.id)
            self.position = event.id


async def _events(lines: AsyncIterator[str]) -> AsyncGenerator[StreamEvent]:
    gathered: list[str] = []
    async for line in lines:
        if line:
            gathered.append(line)
        elif gathered:
            yield StreamEvent(gathered)
            gathered = []


class LogFollower:
    """Tails the log as the service's own readers do."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.position = 0
        self.wrong: list[str] = []

    async def run(self) -> None:
        """Follow through any outage until cancelled."""
        await keep_running("campaign", self._follow)

    async def _follow(self) -> None:
        async with aclosing(follow(self._log, self.position, POLL_S)) as batches:
            async for batch in batches:
                self.take(batch)

    def take(self, batch: Sequence[RecordedEvent]) -> None:
        """Note what was read, and whether it is what comes next."""
        for recorded in batch:
            if recorded.position != self.position + 1:
                self.wrong.append(f"{recorded.position} was read after {self.position}")
            self.position = recorded.position
