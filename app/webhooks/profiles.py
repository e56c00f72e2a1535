"""What an endpoint is sent: the body, and the headers that sign it. Pure.

A profile is one way to tell an item. `standard` is ours, by Standard Webhooks; others speak as the
systems that an endpoint was made for.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from adapters.webhook_signatures import sign_standard
from projections.feed import FeedItem

BodyOf = Callable[[FeedItem], tuple[bytes, Mapping[str, str]] | None]
"""Gives the body and its own headers; None for an item that this profile does not tell of."""


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What a signature is made of."""

    message_id: str
    at: datetime
    body: bytes
    secrets: Sequence[str]
    """That sign now, the newest first."""

    def __repr__(self) -> str:
        """Keep the secrets out of tracebacks and logs."""
        return f"Signing({self.message_id})"


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One way to tell an item."""

    body: BodyOf
    signed: Callable[[Signing], Mapping[str, str]]
    """Gives the headers that prove who sends it, and when. ValueError for a secret that is none."""


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
}
"""Name -> profile, as endpoints name it."""
