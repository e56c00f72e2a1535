"""Delivers to one endpoint: reads the log for it, sends, and stores how far it has come.

What is decided is decided by the schedule; here it is carried out. A worker that ends, however it
does, is begun again from what was stored: then some items are sent twice, under the same id.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing, suppress
from datetime import timedelta

from msgspec.structs import replace

from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from adapters.webhook_endpoints import Disabled, Endpoint
from adapters.webhook_outbox import Held, LostEndpoint
from app.feed_hub import CATCH_UP_ROWS, read_item
from app.feed_reader import FeedFilter, Reader
from app.tail import read_page
from app.webhooks.ledger import Ledger, line_of
from app.webhooks.patience import SILENT_TRIES
from app.webhooks.redelivering import Redeliveries
from app.webhooks.schedule import Failure, Schedule, Work
from app.webhooks.sending import Send
from app.webhooks.surroundings import Surroundings
from domain.status import LINKING, Status
from projections.feed import FeedItem, FeedProjection

MOST_AT_ONCE = 16
"""Requests to one endpoint; a receiver with a handful of workers of its own is not drowned."""
AT_A_STRETCH = 50
"""Items of one account before others have their turn."""
LOOK_S = 1.0
"""How old the stored cursor of an endpoint is that has nothing to be told."""


class EndpointOver(Exception):
    """Nothing more is to be delivered; `disabled` says why, if the endpoint itself has shown it."""

    def __init__(self, disabled: Disabled = "") -> None:
        super().__init__(disabled)
        self.disabled: Disabled = disabled


class EndpointWorker:
    """`run` delivers until cancelled; raises EndpointOver, or StorageUnavailable to begin again."""

    def __init__(
        self,
        around: Surroundings,
        endpoint: Endpoint,
        held: list[Held],
        *,
        send: Send,
        tells: Callable[[FeedItem], bool],
    ) -> None:
        """`tells` is whether the endpoint's profile has words for an item."""
        self._around = around
        self._pace = around.pace
        self._endpoint = endpoint
        self._send = send
        self._tells = tells
        self._wanted = filter_of(endpoint)
        self._schedule: Schedule[FeedItem] = Schedule(
            endpoint.position,
            held,
            failing_since=endpoint.failing_since,
            delivered_at=endpoint.delivered_at,
        )
        self._projection = FeedProjection(capacity=CATCH_UP_ROWS)
        self._ledger = Ledger(around.outbox, endpoint, self._schedule)
        self.redeliveries = Redeliveries(
            around, endpoint, self._ledger, send=send, wants=self._wants
        )
        self._busy = 0
        self._to_do = asyncio.Event()
        self._room = asyncio.Event()
        self._to_read = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read())
                tasks.create_task(self._deliver(tasks))
                tasks.create_task(self._ledger.keep_saving(self._pace))
                tasks.create_task(self.redeliveries.run())
        except BaseExceptionGroup as group:
            failure = group.exceptions[0]
            if isinstance(failure, EndpointOver):
                await self._ledger.save()
            raise failure from None
        except asyncio.CancelledError:
            with suppress(StorageUnavailable, LostEndpoint):
                await self._ledger.save()
            raise

    async def _read(self) -> None:
        """Take in what the log has for the endpoint, from its cursor on and then live."""
        hub = self._around.hub
        await hub.following()
        while True:
            with hub.admit(self._wanted, after=self._schedule.seen) as reader:
                async with aclosing(hub.resume(reader)) as pages:
                    async for page in pages:
                        for sent in page:
                            await self._offer(sent.item)
                        if not reader.let_go:
                            self._reach(reader.position)
                await self._read_live(reader)

    async def _read_live(self, reader: Reader) -> None:
        reader.listen(self._to_read.set)
        while not reader.let_go:
            self._to_read.clear()
            items = reader.take()
            for sent in items:
                await self._offer(sent.item)
            if not items:
                # Nothing is awaited since the look: all before the hub's position was offered.
                self._reach(self._around.hub.position)
                until = self._pace.now() + timedelta(seconds=LOOK_S)
                await self._pace.wait(self._to_read, until)

    def _reach(self, position: int) -> None:
        if position > self._schedule.seen:
            self._schedule.seen = position
            self._ledger.news.set()

    async def _offer(self, item: FeedItem) -> None:
        if not self._tells(item):
            self._reach(item.id)
            return
        while not self._schedule.has_room:
            self._room.clear()
            await self._room.wait()
        self._schedule.offer(item, self._pace.now())
        self._to_do.set()
        self._ledger.news.set()
        held = self._schedule.held(item.account_id)
        if held is not None:
            await self._tell_silent(item, held)

    def _wants(self, item: FeedItem) -> bool:
        return self._wanted.wants(item) and self._tells(item)

    async def _deliver(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._to_do.clear()
            now = self._pace.now()
            while self._busy < MOST_AT_ONCE and (work := self._schedule.start(now)) is not None:
                self._busy += 1
                tasks.create_task(self._carry(work))
            full = self._busy >= MOST_AT_ONCE
            await self._pace.wait(self._to_do, None if full else self._schedule.next_at(now))

    async def _carry(self, work: Work) -> None:
        """Work on one account for a while."""
        if work.held is None:
            await self._carry_waiting(work.account_id)
        else:
            await self._carry_held(work, work.held)
        self._busy -= 1
        self._schedule.finish(work.account_id)
        for event in (self._to_do, self._room, self._ledger.news):
            event.set()

    async def _carry_waiting(self, account_id: str) -> None:
        for _ in range(AT_A_STRETCH):
            item = self._schedule.waiting(account_id)
            if item is None or not await self._try(item):
                return

    async def _carry_held(self, work: Work, held: Held) -> None:
        """Go on where the account was held up: what is behind is read from the log again."""
        log, parking = self._around.log, self._around.hub.parking
        events, _ = await read_page(
            log, held.position - 1, AT_A_STRETCH, _pass_over, stream=work.account_id
        )
        await parking.prepare([work.account_id])
        for recorded in events:
            if recorded.position > work.until:
                break
            item = await read_item(self._around.as_of, self._projection, recorded, parking)
            if item is None or not self._wants(item):
                self._schedule.pass_over(work.account_id, recorded.position, self._pace.now())
            elif not await self._try(item):
                return
        if len(events) < AT_A_STRETCH or events[-1].position > work.until:
            self._schedule.pass_over(work.account_id, work.until, self._pace.now())

    async def _try(self, item: FeedItem) -> bool:
        """Send an item; tells whether the account goes on with the next one."""
        before = self._schedule.held(item.account_id)
        began = self._pace.now()
        sending = await self._send(item)
        now = self._pace.now()
        number = before.tries + 1 if before else 1
        if not sending.error:
            self._schedule.delivered(item.account_id, item.id, now)
            self._ledger.tried(line_of(item, sending, began, number))
            if before is not None and before.told:
                self._schedule.tell(item.account_id, told=False)
                await self._around.telling.heard(self._endpoint, item)
            return True
        failure = Failure(
            error=sending.error, status=sending.status, retry_after_s=sending.retry_after_s
        )
        verdict = self._schedule.failed(item.account_id, item.id, failure, now, random.random())  # noqa: S311  spreads tries
        held = self._schedule.held(item.account_id)
        line = line_of(item, sending, began, number)
        if verdict == "set_aside":
            self._ledger.tried(replace(line, outcome="set_aside"))
            return True
        self._ledger.tried(replace(line, next_at=held.next_at if held else None))
        if verdict in ("gone", "given_up"):
            raise EndpointOver("gone" if verdict == "gone" else "failing")
        if held is not None:
            await self._tell_silent(item, held)
        return False

    async def _tell_silent(self, item: FeedItem, held: Held) -> None:
        """Write into the story of a running attempt that its client is not told of it."""
        newest = self._schedule.newest(item.account_id) or item
        running = newest.attempt is not None and newest.status in LINKING
        lasting = held.tries >= SILENT_TRIES or (held.tries == 0 and self._schedule.struggling)
        if running and lasting and not held.told:
            told = await self._around.telling.silent(self._endpoint, newest, held)
            if told:
                self._schedule.tell(item.account_id, told=True)


def filter_of(endpoint: Endpoint) -> FeedFilter:
    """Say which items an endpoint wants."""
    types, statuses = endpoint.types, endpoint.statuses
    return FeedFilter(
        account_id=endpoint.account_id,
        workspace=endpoint.workspace,
        types=None if types is None else frozenset(types),
        statuses=None if statuses is None else frozenset(map(Status, statuses)),
    )


async def _pass_over(error: UnreadableEvent) -> None:
    """Leave it: the hub has parked its stream."""
