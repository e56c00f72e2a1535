"""Writes into accounts' stories that their attempts do not reach a webhook, and do again."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from adapters.webhook_endpoints import Endpoint
from adapters.webhook_outbox import Held
from app.dispatch import Dispatch
from domain.log import Origin
from domain.observations import RecordWebhookHeard, RecordWebhookSilent
from domain.refusals import Refused
from domain.status import LINKING
from projections.feed import FeedItem

ACTOR = "webhooks"


class StoryTeller:
    """Tells each outage once, and only while the attempt runs that it keeps from its client."""

    def __init__(self, dispatch: Dispatch, now: Callable[[], datetime]) -> None:
        self._dispatch = dispatch
        self._now = now

    async def silent(self, endpoint: Endpoint, item: FeedItem, held: Held) -> bool:
        """Tell an outage; False when the item is of an attempt that is over."""
        account = (await self._dispatch.load(item.account_id)).account
        running = account.attempt.id if account.attempt and account.status in LINKING else None
        if item.attempt is None or item.attempt.id != running:
            return False
        if endpoint.id not in account.silent_webhooks:
            now = self._now()
            told = RecordWebhookSilent(
                at=now,
                attempt=item.attempt.id,
                endpoint=endpoint.id,
                since=held.first_tried_at or now,
                error=held.error,
            )
            with suppress(Refused):
                await self._dispatch.submit(item.account_id, told, _origin(item))
        return True

    async def heard(self, endpoint: Endpoint, item: FeedItem) -> None:
        """Tell that an outage is over."""
        told = RecordWebhookHeard(at=self._now(), endpoint=endpoint.id)
        with suppress(Refused):
            await self._dispatch.submit(item.account_id, told, _origin(item))


def _origin(item: FeedItem) -> Origin:
    return Origin(actor=ACTOR, correlation_id=item.correlation_id)
