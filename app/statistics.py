"""Statistics of attempts, in pieces small enough to let requests pass in between.

All numbers but the causes are sums over rows of the attempts table. The cause of an ending is asked
of the log, once: it is kept as soon as the account's next attempt has begun, for nothing that is
recorded later can change it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator

import msgspec

from adapters.event_log.begun_rows import BegunAttempt, begun_rows
from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from adapters.event_log.interface import EventLog
from projections.attempts import AttemptRow
from projections.replay.account_log import AccountLog
from projections.statistics.causes import LOOKS_BACK, UNKNOWN, ending_cause
from projections.statistics.tally import Asked, Tally
from projections.statistics.told import Statistics
from projections.timeline import Before

PAGE = 200
"""Rows between two looks at what else there is to do: some 5 ms of work."""
MOST_ATTEMPTS = 200_000
MOST_CAUSES = 3_000
"""Endings looked up in the log for one answer."""
MOST_KEPT = 100_000
"""Causes in memory: some 20 MB."""
MOST_EVENTS = 1_000
"""Of one attempt: as much of a story as `why` looks at."""
TURN_S = 20.0
"""Waiting for the questions before it: the longest takes some 10 s."""


class TooMany(Exception):
    """The range holds more than one answer may take; the text says of what."""


class AttemptStatistics:
    """Answers one question at a time: the next one finds the causes that it looked up."""

    def __init__(self, database: Database, log: EventLog) -> None:
        self._database = database
        self._log = log
        self._kept: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._turn = asyncio.Lock()

    async def tell(self, asked: Asked) -> Statistics:
        """Sum up; TooMany when the range is too large, StorageUnavailable."""
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            raise StorageUnavailable("Other statistics are still being summed up.") from None
        try:
            return await self._sum_up(asked)
        finally:
            self._turn.release()

    async def _sum_up(self, asked: Asked) -> Statistics:
        tally = Tally(asked)
        looked_up = 0
        async for begun in self._begun(asked):
            row = msgspec.convert(begun.row, AttemptRow)
            cause = self._at_hand(row)
            if cause is None and row.reason is not None:
                looked_up += 1
                if looked_up > MOST_CAUSES:
                    raise TooMany(f"more than {MOST_CAUSES:,} endings to look up in the log")
                cause = await self._look_up(row, begun.next_version)
            tally.add(row, cause)
        return tally.told()

    async def _begun(self, asked: Asked) -> AsyncIterator[BegunAttempt]:
        count, after = 0, None
        while True:
            page = await begun_rows(
                self._database,
                since=asked.since,
                until=asked.until,
                workspace=asked.workspace,
                after=after,
                limit=PAGE,
            )
            count += len(page)
            if count > MOST_ATTEMPTS:
                raise TooMany(f"more than {MOST_ATTEMPTS:,} attempts")
            for begun in page:
                yield begun
            if len(page) < PAGE:
                return
            after = page[-1].row

    def _at_hand(self, row: AttemptRow) -> str | None:
        key = (row.account_id, row.number)
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    async def _look_up(self, row: AttemptRow, next_version: int | None) -> str:
        if row.began_version == 0 or row.ended_version is None:
            return UNKNOWN
        try:
            part = await self._read(row, row.ended_version, next_version)
        except UnreadableEvent:
            return UNKNOWN
        cause = ending_cause(part, row.ended_version)
        if next_version is not None:
            self._kept[row.account_id, row.number] = cause
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return cause

    async def _read(
        self, row: AttemptRow, ended_version: int, next_version: int | None
    ) -> AccountLog:
        """Read from the attempt's start to the next one's; of a long link, what is near its end."""
        start = 0 if row.reason in LOOKS_BACK else row.began_version - 1
        start = max(start, ended_version - MOST_EVENTS)
        until = ended_version + MOST_EVENTS
        until = min(until, next_version) if next_version else until
        events = await self._log.load(row.account_id, start, until_version=until)
        first_input = events[0].input_id if events else 0
        inputs = await self._log.read_inputs(row.account_id, first_input - 1, MOST_EVENTS)
        return AccountLog(
            account_id=row.account_id,
            before=Before(version=start),
            inputs=tuple(given for given in inputs if given.stream_version <= until),
            events=tuple(events),
        )
