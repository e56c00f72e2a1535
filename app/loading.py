"""Loads a stream as it is now, or as it was: from memory, else from its newest snapshot.

However long the stream, that is one round trip and the few events behind the snapshot. A stream
that has none (a new build folds anew) is folded in pages, so that nothing else waits meanwhile.
"""

from collections.abc import Callable
from typing import Generic

from adapters.event_log.interface import EventLog
from app.folded_cache import Folded, FoldedCache, FoldedT
from app.snapshots import Snapshots
from domain.log import RecordedEvent

PAGE = 200
"""Events folded at once: 2 ms, in which nothing else of the process goes on."""
SNAPSHOT_EACH = 100
"""Versions between two snapshots: see docs/decisions/snapshots.md for what was measured."""
EVENT_BYTES = 1_000
"""About what an event adds to the log with its input. Large states are taken less often, so that
snapshots never write more than the log does."""
KEPT = 10
"""Of the older snapshots one in so many stays, for looking back."""


class Loader(Generic[FoldedT]):
    """Loads streams of one kind and remembers what was used last."""

    def __init__(
        self,
        log: EventLog,
        new: FoldedT,
        fold: Callable[[FoldedT, RecordedEvent], FoldedT],
        cache: FoldedCache[FoldedT],
        snapshots: Snapshots | None,
    ) -> None:
        self._log = log
        self._new = new
        self._fold = fold
        self._cache = cache
        self._snapshots = snapshots

    def cached(self, stream: str) -> FoldedT | None:
        """Give the stream as it was when this process last heard of it."""
        return self._cache.get(stream)

    def forget(self, stream: str) -> None:
        """Let go of a stream that nothing comes to any more."""
        self._cache.forget(stream)

    async def load(self, stream: str) -> FoldedT:
        """Load the stream as it is now: what is cached, and what has been appended since."""
        folded = await self._fold_on(stream, self._cache.get(stream), None)
        if folded.version:
            self._cache.keep(stream, folded)
        return folded

    async def as_of(self, stream: str, version: int) -> FoldedT:
        """Load the stream as it was at a version; as it is now if it has not come so far."""
        cached = self._cache.get(stream)
        if cached is not None and cached.version > version:
            cached = None
        return await self._fold_on(stream, cached, version)

    def appended(self, stream: str, before: FoldedT, after: FoldedT) -> None:
        """Remember what an append made of the stream."""
        self._cache.keep(stream, after)
        self._offer(stream, before, after)

    async def _fold_on(self, stream: str, folded: FoldedT | None, until: int | None) -> FoldedT:
        looking_back = False
        if folded is None:
            folded, events = await self._resume(stream, until)
            # Behind an old snapshot there were others, which were thinned out.
            looking_back = until is not None and folded.version > 0
        elif folded.version == until:
            return folded
        else:
            events = await self._page(stream, folded.version, until)
        while events:
            before = folded
            for recorded in events:
                folded = self._fold(folded, recorded)
            if not looking_back:
                self._offer(stream, before, folded)
            if len(events) < PAGE:
                break
            events = await self._page(stream, events[-1].version, until)
        return folded

    async def _resume(self, stream: str, until: int | None) -> tuple[FoldedT, list[RecordedEvent]]:
        if self._snapshots is None:
            return self._new, await self._page(stream, 0, until)
        found, events = await self._snapshots.resume(
            stream, type(self._new), until_version=until, limit=PAGE
        )
        return found or self._new, events

    async def _page(self, stream: str, after: int, until: int | None) -> list[RecordedEvent]:
        return await self._log.load(stream, after, until_version=until, limit=PAGE)

    def _offer(self, stream: str, before: FoldedT, after: FoldedT) -> None:
        """Have a snapshot taken whenever the versions pass a multiple."""
        if self._snapshots is None or not _passed(SNAPSHOT_EACH, before, after):
            return
        large = self._cache.weigh(after) // (SNAPSHOT_EACH * EVENT_BYTES)
        each = SNAPSHOT_EACH * max(1, large)
        if _passed(each, before, after):
            self._snapshots.offer(stream, after, keep_each=KEPT * each)


def _passed(multiple: int, before: Folded, after: Folded) -> bool:
    return after.version // multiple > before.version // multiple
