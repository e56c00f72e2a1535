"""Keeps folded streams in the database, so that a long one loads as fast as a short one.

They are taken in the background and dropped when there are too many to take: a snapshot that is
missing costs time and nothing else. One that is damaged, of another stream or version, or made by
other code is passed over. (The log seals them: they tell of a person.)
"""

import asyncio
import hashlib
from collections import deque

import msgspec
import structlog

from adapters.event_log.codec import encode_text
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import EventLog, Snapshot
from app.fold_fingerprint import fold_fingerprint
from app.folded_cache import Folded, FoldedT
from domain.log import RecordedEvent

MOST_WAITING = 64
"""Each is about 2 kB and a millisecond's work; the next events bring the next chance."""
DIGEST_BYTES = 32

_logger = structlog.get_logger()


class Snapshots:
    """Takes and finds snapshots. Close it before the log."""

    def __init__(self, log: EventLog, fold: str | None = None) -> None:
        self._log = log
        self._fold = fold or fold_fingerprint()  # which reads their sources: 5 ms
        self._waiting: deque[tuple[str, Folded, int]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def resume(
        self, stream: str, kind: type[FoldedT], *, until_version: int | None, limit: int
    ) -> tuple[FoldedT | None, list[RecordedEvent]]:
        """Give the newest usable snapshot up to a version, and the events behind it."""
        snapshot, events = await self._log.resume(
            stream, self._fold, until_version=until_version, limit=limit
        )
        if snapshot is None:
            return None, events
        folded = self._decoded(stream, kind, snapshot)
        if folded is None:
            _logger.warning("snapshot passed over", stream=stream, version=snapshot.version)
            events = await self._log.load(stream, until_version=until_version, limit=limit)
        return folded, events

    def offer(self, stream: str, folded: Folded, keep_each: int) -> None:
        """Take a snapshot soon, unless too many wait. `keep_each`: see `save_snapshot`."""
        if self._closed or len(self._waiting) >= MOST_WAITING:
            return
        self._waiting.append((stream, folded, keep_each))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._take_waiting(), name="snapshots")

    async def settle(self) -> None:
        """Wait until none waits to be taken."""
        if self._task is not None:
            await asyncio.wait({self._task})

    async def close(self) -> None:
        """Let go of what waits and end what is under way."""
        self._closed = True
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _take_waiting(self) -> None:
        while self._waiting:
            stream, folded, keep_each = self._waiting.popleft()
            try:
                await self._take(stream, folded, keep_each)
            except StorageUnavailable as error:
                _logger.warning("snapshot not taken", stream=stream, error=str(error))

    async def _take(self, stream: str, folded: Folded, keep_each: int) -> None:
        body = encode_text(folded)
        state = self._digest(stream, folded.version, body) + body
        snapshot = Snapshot(version=folded.version, state=state)
        await self._log.save_snapshot(stream, self._fold, snapshot, keep_each)

    def _decoded(self, stream: str, kind: type[FoldedT], snapshot: Snapshot) -> FoldedT | None:
        """Give what was folded; None when it is damaged, or of another stream or version."""
        digest, body = snapshot.state[:DIGEST_BYTES], snapshot.state[DIGEST_BYTES:]
        if digest != self._digest(stream, snapshot.version, body):
            return None
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.MsgspecError:
            return None

    def _digest(self, stream: str, version: int, body: bytes) -> bytes:
        return hashlib.sha256(f"{stream}\n{version}\n{self._fold}\n".encode() + body).digest()
