"""One reader's place in the feed, and what it wants of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import msgspec

from domain.status import Status
from projections.feed import FeedItem

MOST_WAITING = 256
"""Items that may wait for one reader (anchors.md 3.2); then it is let go and resumes."""

_encoder = msgspec.json.Encoder()


class Sent(msgspec.Struct, frozen=True):
    """One item as it goes over the wire, shared by all its readers."""

    item: FeedItem
    body: bytes
    """The item as JSON."""
    frame: bytes
    """The item as one event of a Server-Sent Events stream."""

    @property
    def position(self) -> int:
        """The event's position in the log."""
        return self.item.id


class FeedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wants; None is everything."""

    account_id: str | None = None
    workspace: str | None = None
    types: frozenset[str] | None = None
    statuses: frozenset[Status] | None = None
    """Right after the event."""
    reasons: frozenset[str] | None = None
    correlation_id: str | None = None

    def wants(self, item: FeedItem) -> bool:
        """Tell whether the item is for this reader."""
        return (
            self.account_id in (None, item.account_id)
            and self.workspace in (None, item.workspace)
            and (self.types is None or item.type in self.types)
            and (self.statuses is None or item.status in self.statuses)
            and (self.reasons is None or item.data.get("reason") in self.reasons)
            and self.correlation_id in (None, item.correlation_id)
        )


def encode(item: FeedItem) -> Sent:
    """Encode an item once for all readers."""
    body = _encoder.encode(item)
    frame = b"id: %d\nevent: %b\ndata: %b\n\n" % (item.id, item.type.encode(), body)
    return Sent(item, body, frame)


class Reader:
    """One reader's place in the feed. Made by `FeedHub.admit`, and let go there.

    There are thousands, and most wait: so a waiting one holds no task, no timer and no event.
    """

    __slots__ = ("_heard", "_waiting", "let_go", "mark_due", "position", "wanted")

    def __init__(self, wanted: FeedFilter, position: int) -> None:
        self.wanted = wanted
        self.position = position
        """Everything up to here that is wanted has been taken."""
        self.let_go: Literal["", "too_slow", "ending"] = ""
        """Why the hub has dropped it; empty: it has not."""
        self.mark_due = False
        """Time for a sign of life, whether or not there are items."""
        self._waiting: list[Sent] = []
        self._heard: Callable[[], None] | None = None

    def listen(self, heard: Callable[[], None] | None) -> None:
        """Have this called whenever `take`, `let_go` or `mark_due` may say something new."""
        self._heard = heard

    def offer(self, item: Sent) -> None:
        """Queue a live item; one that was read from the log already is passed over."""
        if item.position <= self.position or self.let_go or not self.wanted.wants(item.item):
            return
        if len(self._waiting) >= MOST_WAITING:
            self.drop("too_slow")
            return
        self._waiting.append(item)
        self._tell()

    def drop(self, because: Literal["too_slow", "ending"]) -> None:
        """Tell the reader to end; what waits is not delivered, so that the last id is true."""
        self.let_go = self.let_go or because
        self._waiting = []
        self._tell()

    def beat(self) -> None:
        """Ask for a sign of life."""
        self.mark_due = True
        self._tell()

    def take(self) -> list[Sent]:
        """Take what waits; empty when there is nothing."""
        items, self._waiting = self._waiting, []
        if items:
            self.position = items[-1].position
        return items

    async def news(self, limit_s: float) -> bool:
        """Wait until something waits or the reader is let go; False after `limit_s`."""
        heard = asyncio.Event()
        self.listen(heard.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not self._waiting and not self.let_go:
                    heard.clear()
                    await heard.wait()
        self.listen(None)
        return bool(self._waiting or self.let_go)

    def _tell(self) -> None:
        if self._heard is not None:
            self._heard()
