"""Group commit: what queued while one commit was under way goes into the next one together.

PostgreSQL waits for the disk once for each commit, so many appends in one are many times as fast,
and a single one waits for nobody: there is no artificial delay.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from adapters.event_log.batch import EncodedAppend, encode_append, join_batch
from adapters.event_log.codec import Codec
from adapters.event_log.database import Database, Record
from adapters.event_log.errors import (
    AlreadyClaimed,
    Conflict,
    LogBusy,
    LogError,
    StorageUnavailable,
)
from adapters.event_log.interface import Append, Appended

APPEND: LiteralString = (
    "select ordinal, outcome, input_id, first_position, recorded_at"
    " from append_to_log(%s::json, %s::json, %s::json, %s::json, %s::json)"
)
MOST_APPENDS = 500
"""In one commit: 500 took 40 ms here, and its callers wait for the whole of it."""
MOST_BYTES = 4_000_000
"""In one commit: keeps a burst of large appends within the limit of one statement."""
MOST_WAITING = 4096
"""Beyond that a caller would wait for seconds; it is told at once to come back instead."""
LARGEST_ORDINAL = 0x7FFF_FFFF
"""PostgreSQL's integer. Ordinals only tell the appends of one batch from each other."""

CLOSING = "The service is shutting down."
TOO_LATE = "The database cannot be reached, or does not answer in time."


class _Waiter(msgspec.Struct, frozen=True):
    """One caller: what it asked for and where it hears of it. Errors are handed over as values."""

    append: Append
    encoded: EncodedAppend
    outcome: asyncio.Future[Any]

    def answer(self, outcome: Appended | Exception) -> None:
        if not self.outcome.done():  # the caller may have been cancelled
            self.outcome.set_result(outcome)


class Appender:
    """Writes appends of one process, as many at once as are waiting; each has its own outcome.

    Several processes on one database are kept in order by the log's lock. The connection is not
    shared with readers, so that they do not hold up writers.
    """

    def __init__(self, database: Database, codec: Codec, most_waiting: int = MOST_WAITING) -> None:
        self._database = database.separate(size=1)
        self._codec = codec
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiter] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        # Tokens of one writer follow each other, which keeps their index compact.
        self._writer = secrets.randbits(64) << 64
        self._count = count(1)

    async def append(self, append: Append) -> Appended:
        """Write one append; raises Conflict, AlreadyClaimed, LogBusy or StorageUnavailable.

        Whoever is cancelled here takes back what has not been sent yet, and nothing else.
        """
        if self._closed:
            raise StorageUnavailable(CLOSING)
        if len(self._waiting) >= self._most_waiting:
            raise LogBusy
        waiter = self._waiter(append)
        self._waiting.append(waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain(), name="log-appender")
        try:
            async with asyncio.timeout(self._database.limit_s):
                outcome = await waiter.outcome
        except TimeoutError:
            raise StorageUnavailable(TOO_LATE) from None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Write what waits, within the limit of one append; what is left then fails."""
        self._closed = True
        try:
            if self._task is not None:
                await asyncio.wait({self._task}, timeout=self._database.limit_s)
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait({self._task})
            for waiter in self._waiting:
                waiter.answer(StorageUnavailable(CLOSING))
            self._waiting.clear()
            await self._database.close()

    def _waiter(self, append: Append) -> _Waiter:
        number = next(self._count)
        encoded = encode_append(
            number & LARGEST_ORDINAL, UUID(int=self._writer | number), append, self._codec
        )
        return _Waiter(append, encoded, asyncio.get_running_loop().create_future())

    async def _drain(self) -> None:
        while self._waiting:
            await self._write(self._take())

    def _take(self) -> list[_Waiter]:
        """Take what goes into one commit, leaving out whoever does not wait any more."""
        batch: list[_Waiter] = []
        size = 0
        while self._waiting and len(batch) < MOST_APPENDS and size < MOST_BYTES:
            waiter = self._waiting.popleft()
            if not waiter.outcome.done():
                batch.append(waiter)
                size += waiter.encoded.size
        return batch

    async def _write(self, batch: Sequence[_Waiter]) -> None:
        """Write a batch in one transaction and tell everyone; does not raise."""
        if not batch:
            return
        parts = join_batch([waiter.encoded for waiter in batch])
        try:
            records = await self._database.fetch(APPEND, parts)
        except StorageUnavailable as error:
            _tell_all(batch, error.sentence)
        except asyncio.CancelledError:
            _tell_all(batch, CLOSING)
            raise
        except Exception as error:  # noqa: BLE001  the caller raises it
            # Nothing was written. One of them asks for what the tables refuse: find out which.
            if len(batch) == 1:
                batch[0].answer(error)
                return
            half = len(batch) // 2
            await self._write(batch[:half])
            await self._write(batch[half:])
        else:
            of_ordinal: dict[int, Record] = {record[0]: record for record in records}
            for waiter in batch:
                waiter.answer(_outcome(waiter.append, of_ordinal[waiter.encoded.ordinal]))


def _tell_all(batch: Sequence[_Waiter], sentence: str) -> None:
    for waiter in batch:
        waiter.answer(StorageUnavailable(sentence))


def _outcome(append: Append, record: Record) -> Appended | LogError:
    _, outcome, input_id, first_position, recorded_at = record
    if outcome == "claimed" and append.claim is not None:
        return AlreadyClaimed(append.claim.owner, append.claim.key)
    if outcome != "written":
        return Conflict(append.stream, append.expected_version)
    events = len(append.events)
    first_version = append.expected_version + 1
    return Appended(
        input_id=input_id,
        positions=tuple(range(first_position, first_position + events)) if events else (),
        versions=tuple(range(first_version, first_version + events)),
        recorded_at=recorded_at,
    )
