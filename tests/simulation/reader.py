"""A reader that follows the log from the beginning, as the feed does, and goes on after a cut."""

from collections.abc import Set as AbstractSet

from adapters.event_log.interface import EventLog
from app.tail import follow
from domain.log import RecordedEvent
from tests.simulation.stories import Stories

POLL_S = 1.0


class Reader:
    """Sees every event that this build can read once, in order, and as it was written."""

    def __init__(self, log: EventLog, stories: Stories, unreadable: AbstractSet[int]) -> None:
        self.seen = 0
        self._log = log
        self._stories = stories
        self._unreadable = unreadable

    async def run(self) -> None:
        """Read until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        async for batch in follow(self._log, self.seen, POLL_S):
            for recorded in batch:
                self._see(recorded)

    def _see(self, recorded: RecordedEvent) -> None:
        assert recorded.position > self.seen, f"position {recorded.position} came twice"
        missed = set(range(self.seen + 1, recorded.position)) - self._unreadable
        assert not missed, f"positions {sorted(missed)} were never read"
        told = self._stories.events[recorded.position - 1]
        assert recorded in (told, self._stories.read_before.get(recorded.position))
        self.seen = recorded.position
