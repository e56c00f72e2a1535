"""Channels: parts of the feed that a WebSocket subscribes to, each told in its own words.

A channel is a filter and a function. Whoever needs other words for the same events adds a channel,
and has resume, heartbeats, limits and slow readers dealt with.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from app.feed_reader import FeedFilter
from projections.feed import FeedItem


class ChannelMessage(msgspec.Struct, frozen=True):
    """What a channel says of one item."""

    event: str
    data: Any


Tell = Callable[[FeedItem], Awaitable[ChannelMessage | None]]
"""Words an item; None: this channel says nothing of it. Asynchronous, for what has to be looked up
when it is delivered, such as a code's image; else it is pure."""


class Channel(msgspec.Struct, frozen=True):
    """One channel as one client sees it."""

    name: str
    wanted: FeedFilter
    tell: Tell | None = None
    """None: the items as they are."""
