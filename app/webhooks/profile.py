"""What a profile is: one way to tell an endpoint what has happened."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

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


Fill = Callable[[FeedItem], Awaitable[bytes]]
"""Gives the body at delivery, of an item that the profile tells, where something must be looked up
for it. May raise StorageUnavailable."""
