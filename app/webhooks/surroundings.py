"""What the workers of all endpoints share."""

from collections.abc import Mapping

import msgspec

from adapters.event_log.interface import EventLog
from adapters.webhook_outbox import WebhookOutbox
from app.feed_hub import AsOf, FeedHub
from app.webhooks.pace import Pace
from app.webhooks.profile import Fill
from app.webhooks.telling import StoryTeller


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What the workers of all endpoints share."""

    log: EventLog
    as_of: AsOf
    hub: FeedHub
    outbox: WebhookOutbox
    telling: StoryTeller
    pace: Pace
    fills: Mapping[str, Fill] = msgspec.field(default_factory=dict[str, Fill])
    """By the name of the profile that needs it."""
