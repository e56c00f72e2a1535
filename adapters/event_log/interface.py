"""What an event log does, whichever way it is stored."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from domain.log import AnyEvent, InputToAppend, RecordedEvent, RecordedInput

Table = Literal["accounts", "attempts", "messages"]
Row = dict[str, Any]
"""A stored row of a read model: column -> value, with the log position it is true for."""


class RowWrite(msgspec.Struct, frozen=True):
    """A whole row of a read model, written in the transaction of its events.

    `values` has every column of the table except `position`, which the append fills in.
    """

    table: Table
    values: Mapping[str, object]


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A client's Idempotency-Key: the first append that carries it takes it, for good."""

    owner: str
    """Whose key it is: keys of different owners never meet."""
    key: str
    request: str
    """Fingerprint of the request, which a repetition is compared with."""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """What a key was taken for."""

    request: str
    stream: str
    input_id: int
    claimed_at: datetime


class Park(msgspec.Struct, frozen=True, kw_only=True):
    """A projection cannot take in an event of the append's stream, so it stops at that account."""

    projection: str
    version: int
    """Of the event, in its stream."""
    error: str
    """A sentence without any value of the event: it is shown to operators."""


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A partition (one stream of one projection) that waits for `projections retry`."""

    projection: str
    stream: str
    position: int
    """Of the first event that the projection could not take in; nothing behind it is in there."""
    error: str
    parked_at: datetime
    tries: int
    """Retries that did not work either."""


class Append(msgspec.Struct, frozen=True, kw_only=True):
    """One decided input with its events (none if it was ignored or refused) and rows."""

    stream: str
    expected_version: int
    """The version that was decided on; 0 for a stream that does not exist yet."""
    input: InputToAppend
    events: tuple[AnyEvent, ...] = ()
    rows: tuple[RowWrite, ...] = ()
    """Not written where the stream's partition of the table is parked, or is parked by this."""
    parks: tuple[Park, ...] = ()
    claim: Claim | None = None

    @property
    def rows_to_write(self) -> tuple[RowWrite, ...]:
        """The rows of tables that this very append does not park."""
        parked = {park.projection for park in self.parks}
        return tuple(row for row in self.rows if row.table not in parked)


class Appended(msgspec.Struct, frozen=True, kw_only=True):
    """Where an append went. `positions` and `versions` are those of its events, in order."""

    input_id: int
    positions: tuple[int, ...]
    versions: tuple[int, ...]
    recorded_at: datetime


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A folded stream, as whoever folded it encoded it."""

    version: int
    """Of the last event that was folded."""
    state: bytes


class DueDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline of an account that has passed."""

    account_id: str
    attempt_id: str | None
    awaited: str
    due: datetime


class EventLog(Protocol):
    """An append-only log with a global order. Each method may raise StorageUnavailable."""

    async def load(
        self,
        stream: str,
        after_version: int = 0,
        *,
        until_version: int | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Give a stream's events in order; UnreadableEvent if one of them cannot be read."""
        ...

    async def resume(
        self, stream: str, fold: str, *, until_version: int | None = None, limit: int
    ) -> tuple[Snapshot | None, list[RecordedEvent]]:
        """Give the newest snapshot that this fold made, and events behind it, in one round trip.

        A snapshot that is not of this log's history (made before it was restored) is none.
        """
        ...

    async def save_snapshot(
        self, stream: str, fold: str, snapshot: Snapshot, keep_each: int
    ) -> None:
        """Keep a snapshot, unless its last event is not in the log.

        Of the stream's older ones the last of every `keep_each` versions stays; those of another
        fold go.
        """
        ...

    async def forget_snapshots(self, stream: str) -> None:
        """Delete the stream's snapshots; it then costs a whole fold to load, and nothing else."""
        ...

    async def append(self, append: Append) -> Appended:
        """Write input, events and rows, all or nothing; durable once it returns.

        Raises Conflict, also for an append without events, and AlreadyClaimed when another append
        has taken its claim.
        """
        ...

    async def read(
        self,
        after: int,
        limit: int,
        *,
        stream: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> list[RecordedEvent]:
        """Give events behind position `after` in order.

        Stops before an event that cannot be read; if that is the first, raises UnreadableEvent
        with its position, so that a reader can park its stream and go on after it.
        """
        ...

    async def read_inputs(
        self, stream: str | None, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give inputs of one stream, or of all (None), in the order they were written."""
        ...

    async def read_correlated(
        self, correlation_id: str, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give the inputs of all streams that carry this id, in the order they were written."""
        ...

    async def claimed(self, owner: str, key: str) -> Claimed | None:
        """Give what an Idempotency-Key was taken for; None while it is free."""
        ...

    async def head(self) -> int:
        """Give the last position; 0 while the log is empty."""
        ...

    def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Yield at once, then whenever there may be something new, at least every `poll_s`.

        A wake-up carries nothing and may be spurious or stand for many appends: read to the end.
        """
        ...

    async def account_row(self, account_id: str) -> Row | None:
        """Give the account's row."""
        ...

    async def account_rows(
        self, workspace: str | None = None, after_id: str = "", limit: int = 100
    ) -> list[Row]:
        """Give account rows in order of their ids, of one workspace or of all (None)."""
        ...

    async def attempt_rows(self, account_id: str) -> list[Row]:
        """Give the rows of the account's attempts, oldest first."""
        ...

    async def due_deadlines(
        self, now: datetime, limit: int = 100, awaited: Collection[str] | None = None
    ) -> list[DueDeadline]:
        """Give the deadlines that have passed at `now`, longest overdue first.

        As the accounts table knows them: not of accounts whose rows are parked, nor of those whose
        deadlines are. With `awaited` only those that wait for one of these.
        """
        ...

    async def load_cursor(self, name: str) -> int:
        """Give how far this reader has come; 0 at first."""
        ...

    async def save_cursor(self, name: str, position: int) -> int:
        """Move the reader forward, never back; gives where it stands now."""
        ...

    async def parked(self, projection: str | None = None) -> list[Parked]:
        """Give the parked partitions of one projection, or of all (None)."""
        ...

    async def park(self, projection: str, stream: str, position: int, error: str) -> None:
        """Note that a projection stopped at this event of the stream; the first note stays."""
        ...

    async def unpark(self, projection: str, stream: str, version: int) -> bool:
        """Let the partition go on; False when the stream has grown beyond this version."""
        ...

    async def close(self) -> None:
        """Free every resource; running wake-ups end."""
        ...
