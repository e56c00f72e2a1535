"""Gathers what one endpoint's deliverer must not forget, and stores it a few times a second."""

import asyncio
from datetime import datetime, timedelta

from adapters.webhook_endpoints import Endpoint
from adapters.webhook_outbox import Redelivery, Save, SetAside, Try, WebhookOutbox
from app.webhooks.pace import Pace
from app.webhooks.schedule import Schedule
from app.webhooks.sending import Sending
from projections.feed import FeedItem

SAVE_EVERY_S = 0.1
"""What was delivered since the last save comes twice after a crash."""


class Ledger:
    """What has changed since the last save."""

    def __init__(
        self, outbox: WebhookOutbox, endpoint: Endpoint, schedule: Schedule[FeedItem]
    ) -> None:
        self._outbox = outbox
        self._endpoint = endpoint
        self._schedule = schedule
        self._saves = endpoint.saves
        self._position = endpoint.position
        self._tries: list[Try] = []
        self._set_aside: list[SetAside] = []
        self._taken_back: list[int] = []
        self._redelivery: Redelivery | None = None
        self._saving = asyncio.Lock()
        self.news = asyncio.Event()
        """Something may have to be saved."""

    def tried(self, line: Try) -> None:
        """Note one try."""
        self._tries.append(line)
        self.news.set()

    def redelivered(self, redelivery: Redelivery, *, arrived: int | None = None) -> None:
        """Note how far a redelivery has come, and what has arrived that was set aside perhaps."""
        self._redelivery = redelivery
        if arrived is not None:
            self._taken_back.append(arrived)
        self.news.set()

    def set_aside(self, given_up: SetAside) -> None:
        """Note an item that was given up."""
        self._set_aside.append(given_up)
        self.news.set()

    async def keep_saving(self, pace: Pace) -> None:
        """Save until cancelled; raises StorageUnavailable and LostEndpoint."""
        never = asyncio.Event()
        while True:
            await pace.wait(self.news, None)
            self.news.clear()
            await self.save()
            await pace.wait(never, pace.now() + timedelta(seconds=SAVE_EVERY_S))

    async def save(self) -> None:
        """Store what has changed, all or nothing."""
        async with self._saving:
            save = self._gathered()
            if save is not None:
                await self._outbox.save(save)
                self._saves += 1
                self._position = save.position

    def _gathered(self) -> Save | None:
        changes = self._schedule.changes()
        tries, self._tries = self._tries, []
        given_up, self._set_aside = [*changes.set_aside, *self._set_aside], []
        taken_back, self._taken_back = self._taken_back, []
        redelivery, self._redelivery = self._redelivery, None
        if changes.cursor <= self._position and not (
            changes.held or changes.freed or tries or given_up or redelivery
        ):
            return None
        return Save(
            endpoint_id=self._endpoint.id,
            number=self._saves,
            position=changes.cursor,
            delivered_at=self._schedule.delivered_at,
            failing_since=self._schedule.failing_since,
            last_error=self._schedule.last_error,
            held=changes.held,
            freed=changes.freed,
            set_aside=given_up,
            taken_back=taken_back,
            tries=tries,
            redelivery=redelivery,
        )


def line_of(
    item: FeedItem, sending: Sending, began: datetime, number: int, redelivery: str | None = None
) -> Try:
    """Write the line of the delivery log for a try."""
    return Try(
        position=item.id,
        account_id=item.account_id,
        type=item.type,
        at=began,
        number=number,
        outcome="failed" if sending.error else "delivered",
        redelivery=redelivery,
        status=sending.status,
        error=sending.error,
        duration_ms=sending.duration_ms,
        next_at=None,
    )
