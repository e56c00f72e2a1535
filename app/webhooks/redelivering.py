"""Sends again what a person asked for: one item, a range, or all that were set aside.

One after the other in the log's order, beside the live items. The content comes from the log, so
there is no limit to how far back it may go.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta

from msgspec.structs import replace

from adapters.event_log.errors import UnreadableEvent
from adapters.webhook_endpoints import Endpoint
from adapters.webhook_outbox import Redelivery, SetAside
from app.feed_hub import read_item
from app.tail import read_page
from app.webhooks.ledger import Ledger, line_of
from app.webhooks.patience import REDELIVERY_TRIES, delay_s
from app.webhooks.sending import Send
from app.webhooks.surroundings import Surroundings
from domain.log import RecordedEvent
from projections.feed import FeedItem, FeedProjection

PAGE = 200


class Redeliveries:
    """`run` carries out what is asked for, the oldest first, until cancelled."""

    def __init__(
        self,
        around: Surroundings,
        endpoint: Endpoint,
        ledger: Ledger,
        *,
        send: Send,
        wants: Callable[[FeedItem], bool],
    ) -> None:
        self._around = around
        self._endpoint = endpoint
        self._ledger = ledger
        self._send = send
        self._wants = wants
        self._projection = FeedProjection(capacity=PAGE)
        self.asked = asyncio.Event()
        """Somebody may have asked for another one."""

    async def run(self) -> None:
        """Raises StorageUnavailable."""
        while True:
            self.asked.clear()
            redelivery = await self._around.outbox.next_redelivery(self._endpoint.id)
            if redelivery is None:
                await self._around.pace.wait(self.asked, None)
            else:
                await self._carry_out(redelivery)

    async def _carry_out(self, asked: Redelivery) -> None:
        now = asked
        async for recorded in self._events(asked):
            item = await read_item(
                self._around.as_of, self._projection, recorded, self._around.hub.parking
            )
            if item is None or not self._wants(item):
                now = replace(now, position=recorded.position + 1)
            else:
                now = await self._send_until_settled(now, item)
        self._ledger.redelivered(replace(now, done_at=self._around.pace.now()))
        await self._ledger.save()  # or the next look would find it undone

    async def _events(self, asked: Redelivery) -> AsyncGenerator[RecordedEvent]:
        events = self._set_aside(asked) if asked.only_set_aside else self._in_range(asked)
        async for recorded in events:
            yield recorded

    async def _in_range(self, asked: Redelivery) -> AsyncGenerator[RecordedEvent]:
        after = asked.position - 1
        while after < asked.until:
            events, after = await read_page(
                self._around.log, after, PAGE, _pass_over, stream=self._endpoint.account_id
            )
            for recorded in events:
                if recorded.position <= asked.until:
                    yield recorded
            if not events:
                return

    async def _set_aside(self, asked: Redelivery) -> AsyncGenerator[RecordedEvent]:
        first = asked.position
        while page := await self._around.outbox.set_aside(
            self._endpoint.id, first, asked.until, PAGE
        ):
            for one in page:
                events, _ = await read_page(
                    self._around.log, one.position - 1, 1, _pass_over, stream=one.account_id
                )
                if events and events[0].position == one.position:
                    yield events[0]
            first = page[-1].position + 1

    async def _send_until_settled(self, now: Redelivery, item: FeedItem) -> Redelivery:
        """Send an item until it arrives, or has failed so often that it is set aside."""
        while True:
            await self._around.pace.wait(asyncio.Event(), now.next_at)
            began = self._around.pace.now()
            sending = await self._send(item)
            line = line_of(item, sending, began, now.tries + 1, now.id)
            after = replace(now, position=item.id + 1, tries=0, next_at=self._around.pace.now())
            if not sending.error:
                self._ledger.tried(line)
                after = replace(after, delivered=now.delivered + 1)
                self._ledger.redelivered(after, arrived=item.id)
                return after
            now = replace(now, tries=now.tries + 1)
            if now.tries >= REDELIVERY_TRIES:
                self._ledger.tried(replace(line, outcome="set_aside"))
                self._ledger.set_aside(
                    SetAside(
                        position=item.id,
                        account_id=item.account_id,
                        at=began,
                        tries=now.tries,
                        error=sending.error,
                    )
                )
                after = replace(after, failed=now.failed + 1)
                self._ledger.redelivered(after)
                return after
            pause_s = max(delay_s(now.tries, random.random()), sending.retry_after_s or 0.0)  # noqa: S311  spreads tries
            now = replace(now, next_at=self._around.pace.now() + timedelta(seconds=pause_s))
            self._ledger.tried(replace(line, next_at=now.next_at))
            self._ledger.redelivered(now)


async def _pass_over(error: UnreadableEvent) -> None:
    """Leave it: the hub has parked its stream."""
