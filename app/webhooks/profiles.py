"""What an endpoint is sent: the body, and the headers that sign it. Pure.

A profile is one way to tell an item. `standard` is ours, by Standard Webhooks; others speak as the
systems that an endpoint was made for.
"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from adapters.webhook_signatures import sign_standard
from app.dropin.blazz_webhooks import blazz_body, blazz_signature
from app.webhooks.profile import Profile, Signing
from projections.feed import FeedItem


class StandardBody(msgspec.Struct, frozen=True, kw_only=True):
    """As Standard Webhooks has it."""

    type: str
    timestamp: datetime
    data: FeedItem


_encoder = msgspec.json.Encoder()


def standard_body(item: FeedItem) -> tuple[bytes, Mapping[str, str]]:
    """Tell an item as the feed does."""
    return _encoder.encode(StandardBody(type=item.type, timestamp=item.at, data=item)), {}


def standard_signature(signing: Signing) -> Mapping[str, str]:
    """Sign by Standard Webhooks. ValueError for a secret that is none."""
    return sign_standard(signing.message_id, signing.at, signing.body, signing.secrets)


PROFILES: dict[str, Profile] = {
    "standard": Profile(body=standard_body, signed=standard_signature),
    "blazz": Profile(body=blazz_body, signed=blazz_signature),
}
"""Name -> profile, as endpoints name it."""
