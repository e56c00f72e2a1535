"""The whole event log in memory, for tests and for opening exported stories.

Everything goes through the same codec as on PostgreSQL, so what can be stored there can be stored
here, and nothing else.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from datetime import datetime

import msgspec

from adapters import clock
from adapters.account_keys import MemoryAccountKeys
from adapters.event_log.codec import Codec, StoredAs, encode_text, storable
from adapters.event_log.errors import AlreadyClaimed, Conflict, UnreadableEvent
from adapters.event_log.interface import (
    Append,
    Appended,
    Claimed,
    DueDeadline,
    Park,
    Parked,
    Row,
    RowWrite,
    Snapshot,
)
from adapters.event_log.rows import check_row
from adapters.event_log.sealing import Sealing
from domain.log import RecordedEvent, RecordedInput


class MemoryEventLog:
    """Implements `interface.EventLog` for one event loop; `now` is the database's clock."""

    def __init__(
        self, *, now: Callable[[], datetime] = clock.now, codec: Codec | None = None
    ) -> None:
        self._now = now
        self._codec = codec or Codec()
        self._sealing = Sealing(MemoryAccountKeys())
        self._stored: list[tuple[StoredAs, bytes]] = []
        self._streams: dict[str, list[int]] = {}
        self._inputs: list[RecordedInput] = []
        self._accounts: dict[str, Row] = {}
        self._attempts: dict[tuple[str, int], Row] = {}
        self._cursors: dict[str, int] = {}
        self._claims: dict[tuple[str, str], Claimed] = {}
        self._parked: dict[tuple[str, str], Parked] = {}
        self._snapshots: dict[str, dict[int, tuple[str, bytes]]] = {}
        self._readers: set[asyncio.Event] = set()
        self._closed = False

    async def close(self) -> None:
        """End the wake-ups."""
        self._closed = True
        self._wake()

    async def append(self, append: Append) -> Appended:
        """Write input, events and rows, all or nothing."""
        for row in append.rows:
            check_row(row)
        stream = self._streams.get(append.stream, [])
        claim = append.claim
        if claim and (claim.owner, claim.key) in self._claims:
            raise AlreadyClaimed(claim.owner, claim.key)
        if len(stream) != append.expected_version:
            raise Conflict(append.stream, append.expected_version)
        recorded_at = self._now()
        append = await self._sealing.sealed(append)  # in memory: nobody comes in between
        recorded = self._recorded(append, recorded_at)
        written = [(_stored_as(event), self._codec.encode_event(event)) for event in recorded]
        read_input = self._recorded_input(append, recorded_at)
        # Nothing fails from here on.
        self._inputs.append(read_input)
        self._stored.extend(written)
        positions = tuple(row.position for row, _ in written)
        self._streams[append.stream] = [*stream, *positions]
        if claim:
            self._claims[claim.owner, claim.key] = Claimed(
                request=claim.request,
                stream=append.stream,
                input_id=read_input.input_id,
                claimed_at=recorded_at,
            )
        for row in append.rows_to_write:
            if (row.table, append.stream) not in self._parked:
                self._write_row(row)
        for park in append.parks:
            self._park(park, append.stream, recorded_at)
        self._sealing.appended(append)
        if written:
            self._wake()
        return Appended(
            input_id=read_input.input_id,
            positions=positions,
            versions=tuple(row.version for row, _ in written),
            recorded_at=recorded_at,
        )

    async def load(
        self,
        stream: str,
        after_version: int = 0,
        *,
        until_version: int | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Give a stream's events in order; UnreadableEvent if one of them cannot be read."""
        positions = self._streams.get(stream, [])[after_version:until_version][:limit]
        return await self._sealing.opened([self._event(position) for position in positions])

    async def resume(
        self, stream: str, fold: str, *, until_version: int | None = None, limit: int
    ) -> tuple[Snapshot | None, list[RecordedEvent]]:
        """Give the newest snapshot that this fold made, and events behind it."""
        until = len(self._streams.get(stream, ())) if until_version is None else until_version
        kept = self._snapshots.get(stream, {})
        usable = [version for version, (by, _) in kept.items() if by == fold and version <= until]
        newest = max(usable, default=0)
        state = await self._sealing.opened_state(stream, kept[newest][1]) if newest else None
        if state is None:  # none, or of an account that was erased since
            return None, await self.load(stream, until_version=until, limit=limit)
        behind = await self.load(stream, newest, until_version=until, limit=limit)
        return Snapshot(version=newest, state=state), behind

    async def save_snapshot(
        self, stream: str, fold: str, snapshot: Snapshot, keep_each: int
    ) -> None:
        """Keep a snapshot, unless its last event is not in the log, and thin out older ones."""
        if snapshot.version > len(self._streams.get(stream, ())):
            return
        kept = self._snapshots.setdefault(stream, {})
        for version, (by, _) in list(kept.items()):
            later = (v for v in kept if version < v < snapshot.version)
            if by != fold or any(v // keep_each == version // keep_each for v in later):
                del kept[version]
        state = await self._sealing.sealed_state(stream, snapshot.state)
        if state is not None:
            kept[snapshot.version] = (fold, state)

    async def forget_snapshots(self, stream: str) -> None:
        """Delete the stream's snapshots."""
        self._snapshots.pop(stream, None)

    async def read(
        self,
        after: int,
        limit: int,
        *,
        stream: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> list[RecordedEvent]:
        """Give events behind position `after`; stops before one that cannot be read."""
        events: list[RecordedEvent] = []
        for row, state in self._stored[after:]:
            wanted = stream in (None, row.stream) and (topics is None or row.topic in topics)
            if not wanted:
                continue
            if len(events) == limit:
                break
            try:
                events.append(self._codec.decode_event(row, state))
            except UnreadableEvent:
                if not events:
                    raise
                break
        return await self._sealing.opened(events, whole=False)

    async def read_inputs(
        self, stream: str | None, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give inputs of one stream, or of all (None), in the order they were written."""
        inputs = [i for i in self._inputs[after_input_id:] if stream in (None, i.stream)]
        return await self._sealing.opened_inputs(inputs[:limit])

    async def read_correlated(
        self, correlation_id: str, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give the inputs of all streams that carry this id, in the order they were written."""
        inputs = self._inputs[after_input_id:]
        correlated = [given for given in inputs if given.origin.correlation_id == correlation_id]
        return await self._sealing.opened_inputs(correlated[:limit])

    async def claimed(self, owner: str, key: str) -> Claimed | None:
        """Give what an Idempotency-Key was taken for; None while it is free."""
        return self._claims.get((owner, key))

    async def head(self) -> int:
        """Give the last position; 0 while the log is empty."""
        return len(self._stored)

    async def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Yield at once, then on every append with events, at least every `poll_s`."""
        reader = asyncio.Event()
        reader.set()
        self._readers.add(reader)
        try:
            while not self._closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(poll_s):
                        await reader.wait()
                reader.clear()
                if not self._closed:
                    yield
        finally:
            self._readers.discard(reader)

    async def account_row(self, account_id: str) -> Row | None:
        """Give the account's row."""
        rows = [dict(row) for row in [self._accounts.get(account_id)] if row]
        opened = await self._sealing.opened_rows("accounts", rows)
        return opened[0] if opened else None

    async def account_rows(
        self, workspace: str | None = None, after_id: str = "", limit: int = 100
    ) -> list[Row]:
        """Give account rows in order of their ids, of one workspace or of all (None)."""
        rows = [
            dict(row)
            for account_id, row in sorted(self._accounts.items())
            if account_id > after_id and workspace in (None, row["workspace"])
        ]
        return await self._sealing.opened_rows("accounts", rows[:limit])

    async def attempt_rows(self, account_id: str) -> list[Row]:
        """Give the rows of the account's attempts, oldest first."""
        rows = [dict(row) for key, row in sorted(self._attempts.items()) if key[0] == account_id]
        return await self._sealing.opened_rows("attempts", rows)

    async def due_deadlines(
        self, now: datetime, limit: int = 100, awaited: Collection[str] | None = None
    ) -> list[DueDeadline]:
        """Give the deadlines that have passed at `now`, longest overdue first."""
        due = [
            DueDeadline(
                account_id=row["account_id"],
                attempt_id=row["attempt_id"],
                awaited=row["deadline_awaited"],
                due=row["deadline_at"],
            )
            for row in self._accounts.values()
            if row["deadline_at"] is not None and row["deadline_at"] <= now
            if awaited is None or row["deadline_awaited"] in awaited
            if ("accounts", row["account_id"]) not in self._parked
            if ("deadlines", row["account_id"]) not in self._parked
        ]
        return sorted(due, key=lambda d: (d.due, d.account_id))[:limit]

    async def load_cursor(self, name: str) -> int:
        """Give how far this reader has come; 0 at first."""
        return self._cursors.get(name, 0)

    async def save_cursor(self, name: str, position: int) -> int:
        """Move the reader forward, never back; gives where it stands now."""
        self._cursors[name] = max(position, self._cursors.get(name, 0))
        return self._cursors[name]

    async def parked(self, projection: str | None = None) -> list[Parked]:
        """Give the parked partitions of one projection, or of all (None)."""
        keys = [key for key in sorted(self._parked) if projection in (None, key[0])]
        return [self._parked[key] for key in keys]

    async def park(self, projection: str, stream: str, position: int, error: str) -> None:
        """Note that a projection stopped at this event of the stream; the first note stays."""
        parked = Parked(
            projection=projection,
            stream=stream,
            position=position,
            error=error,
            parked_at=self._now(),
            tries=0,
        )
        self._parked.setdefault((projection, stream), parked)

    async def unpark(self, projection: str, stream: str, version: int) -> bool:
        """Let the partition go on; False when the stream has grown beyond this version."""
        if len(self._streams.get(stream, ())) > version:
            return False
        self._parked.pop((projection, stream), None)
        return True

    def _park(self, park: Park, stream: str, parked_at: datetime) -> None:
        parked = Parked(
            projection=park.projection,
            stream=stream,
            position=self._streams[stream][park.version - 1],
            error=park.error,
            parked_at=parked_at,
            tries=0,
        )
        self._parked.setdefault((park.projection, stream), parked)

    def _recorded(self, append: Append, recorded_at: datetime) -> list[RecordedEvent]:
        return [
            RecordedEvent(
                position=len(self._stored) + nth,
                stream=append.stream,
                version=append.expected_version + nth,
                topic=type(event).__name__,
                event=event,
                input_id=len(self._inputs) + 1,
                origin=append.input.origin,
                recorded_at=recorded_at,
            )
            for nth, event in enumerate(append.events, start=1)
        ]

    def _recorded_input(self, append: Append, recorded_at: datetime) -> RecordedInput:
        given = append.input
        kind = type(given.command).__name__
        payload = encode_text(given.command)
        return RecordedInput(
            input_id=len(self._inputs) + 1,
            stream=append.stream,
            stream_version=append.expected_version,
            kind=kind,
            command=self._codec.decode_input(kind, self._codec.shape(kind), payload),
            at=given.command.at,
            recorded_at=recorded_at,
            outcome=given.outcome,
            rule=given.rule,
            origin=given.origin,
        )

    def _write_row(self, write: RowWrite) -> None:
        values = msgspec.to_builtins(dict(write.values), builtin_types=(datetime,))
        row: Row = {**storable(values), "position": len(self._stored)}
        match write.table:
            case "accounts":
                self._accounts[row["account_id"]] = row
            case "attempts":
                self._attempts[row["account_id"], row["number"]] = row
            case "messages":
                return  # nothing that runs on this log reads them

    def _event(self, position: int) -> RecordedEvent:
        row, state = self._stored[position - 1]
        return self._codec.decode_event(row, state)

    def _wake(self) -> None:
        for reader in self._readers:
            reader.set()


def _stored_as(event: RecordedEvent) -> StoredAs:
    return StoredAs(
        topic=event.topic, stream=event.stream, version=event.version, position=event.position
    )
