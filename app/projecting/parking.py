"""What a projection does with an event that it cannot take in: it parks that stream and goes on.

A parked stream is passed over from that event on, for whatever comes later would be built on a gap.
It stays so, over restarts, until `projections retry` has worked; app/projecting/watch.py raises the
alarm. An outage is no such event: it passes, and the loop is run again.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from adapters.event_log.interface import EventLog
from app.dispatch import TooBusy
from app.poison import sentence_of
from domain.log import RecordedEvent


class Parking:
    """The parked streams of one projection, as its one reader in this process knows them.

    Ask `prepare` after reading events and before handling them. Then an event that is passed over
    was in the log when its stream was still parked, so that the retry that frees it sees it too.
    """

    def __init__(self, log: EventLog, projection: str) -> None:
        self._log = log
        self._projection = projection
        self._stopped: dict[str, int] | None = None
        """Stream -> position that it stopped at; None before the first look."""

    async def prepare(self, streams: Sequence[str]) -> None:
        """Look again whether what is known to be parked still is, if it matters to these."""
        known = self._stopped
        if known is None or any(stream in known for stream in streams):
            parked = await self._log.parked(self._projection)
            self._stopped = {one.stream: one.position for one in parked}

    def stops(self, stream: str, position: int | None = None) -> bool:
        """Tell whether the stream is parked, at or before this position if one is given."""
        stopped = (self._stopped or {}).get(stream)
        return stopped is not None and (position is None or position >= stopped)

    async def park(self, stream: str, position: int, error: str) -> None:
        """Park a stream, durably, before anything behind it is handled."""
        await self._log.park(self._projection, stream, position, error)
        if self._stopped is None:
            self._stopped = {}
        self._stopped.setdefault(stream, position)

    async def park_unreadable(self, error: UnreadableEvent) -> None:
        """Park the stream of an event that this build cannot read."""
        await self.park(error.stream, error.position, sentence_of(error))

    @asynccontextmanager
    async def guarding(
        self, stream: str, recorded: RecordedEvent | None = None
    ) -> AsyncGenerator[None]:
        """Park the stream if what is done inside fails; without an event, position 0 stands."""
        try:
            yield
        except (StorageUnavailable, TooBusy):
            raise
        except UnreadableEvent as error:
            # At the event in hand: those before it were handled, even if one of them is the cause.
            position = recorded.position if recorded else error.position
            await self.park(stream, position, sentence_of(error))
        except Exception as error:  # noqa: BLE001  one account's trouble is no other's
            position = recorded.position if recorded else 0
            await self.park(stream, position, sentence_of(error, recorded))
