"""The event log on PostgreSQL.

Appends of one process that wait at the same time are one statement, one round trip and one
transaction (appender.py): `append_to_log` in the migrations takes the log's lock, checks each
expected version, and writes inputs, events and rows.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from datetime import datetime
from typing import LiteralString

from adapters.account_keys import AccountKeys
from adapters.event_log import parking, snapshots
from adapters.event_log.appender import Appender
from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.cursor import load_cursor, save_cursor
from adapters.event_log.database import Database, Record
from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.input_rows import INPUTS, recorded_input
from adapters.event_log.interface import (
    Append,
    Appended,
    Claimed,
    DueDeadline,
    Parked,
    Row,
    Snapshot,
    Table,
)
from adapters.event_log.listener import Listener
from adapters.event_log.rows import COLUMNS
from adapters.event_log.sealing import Sealing
from adapters.keys import Keys
from domain.log import RecordedEvent, RecordedInput

EVENTS: LiteralString = (
    "select topic, originator_id, originator_version, notification_id, state from events"
)
# In one stream versions and positions rise together. So what stands behind a position is found by
# halving the versions: 14 look-ups in a stream of 10,000 events, which need not be read for it.
BEHIND_IN_STREAM: LiteralString = """
    and originator_id = %(stream)s and originator_version > (
        with recursive halved (low, high) as (
            select 0::bigint, (
                select coalesce(max(originator_version), 0) from events
                where originator_id = %(stream)s
            )
            union all
            select case when e.notification_id <= %(after)s then middle else low end,
                case when e.notification_id <= %(after)s then high else middle - 1 end
            from (select low, high, (low + high + 1) / 2 as middle from halved where low < high) h
            join lateral (
                select notification_id from events
                where originator_id = %(stream)s and originator_version = middle limit 1
            ) e on true
        )
        select max(low) from halved
    )
"""
CLAIMED: LiteralString = """
    select request, stream, input_id, claimed_at from idempotency_keys where owner = %s and key = %s
"""
ROWS: dict[Table, LiteralString] = {  # made of our own column names, of nobody's input
    "accounts": "select " + ", ".join(COLUMNS["accounts"]) + ", position from accounts",  # noqa: S608
    "attempts": "select " + ", ".join(COLUMNS["attempts"]) + ", position from attempts",  # noqa: S608
}


class PostgresEventLog:
    """Implements `interface.EventLog`. The database is handed in and closed by its owner."""

    def __init__(self, database: Database, keys: Keys, codec: Codec | None = None) -> None:
        self._database = database
        self.account_keys = AccountKeys(database, keys)
        self._sealing = Sealing(self.account_keys)
        self.codec = codec or Codec()
        self._listener = Listener(database.conninfo)
        self._appender = Appender(database, self.codec)

    async def close(self) -> None:
        """Write what waits to be written and end the wake-ups."""
        await self._appender.close()
        await self.account_keys.close()
        await self._listener.close()

    async def append(self, append: Append) -> Appended:
        """Write input, events and rows, all or nothing; durable once it returns.

        If the connection is lost, nobody knows whether the transaction was committed. So it is
        sent again under the same token, and the log answers for the first one if it was.
        """
        appended = await self._appender.append(await self._sealing.sealed(append))
        self._sealing.appended(append)
        return appended

    async def load(
        self,
        stream: str,
        after_version: int = 0,
        *,
        until_version: int | None = None,
        limit: int | None = None,
    ) -> list[RecordedEvent]:
        """Give a stream's events in order; UnreadableEvent if one of them cannot be read."""
        until = snapshots.LAST_VERSION if until_version is None else until_version
        records = await self._database.fetch(
            EVENTS + " where originator_id = %s and originator_version > %s"
            " and originator_version <= %s order by originator_version limit %s",
            (stream, after_version, until, limit),
        )
        return await self._sealing.opened([self._event(record) for record in records])

    async def resume(
        self, stream: str, fold: str, *, until_version: int | None = None, limit: int
    ) -> tuple[Snapshot | None, list[RecordedEvent]]:
        """Give the newest snapshot that this fold made, and events behind it, in one round trip."""
        snapshot, records = await snapshots.resume(
            self._database, stream, fold, until_version, limit
        )
        events = await self._sealing.opened([self._event(record) for record in records])
        if snapshot is None:
            return None, events
        state = await self._sealing.opened_state(stream, snapshot.state)
        if state is None:  # of an account that was erased since
            return None, await self.load(stream, until_version=until_version, limit=limit)
        return Snapshot(version=snapshot.version, state=state), events

    async def save_snapshot(
        self, stream: str, fold: str, snapshot: Snapshot, keep_each: int
    ) -> None:
        """Keep a snapshot, unless its last event is not in the log, and thin out older ones."""
        state = await self._sealing.sealed_state(stream, snapshot.state)
        if state is not None:
            sealed = Snapshot(version=snapshot.version, state=state)
            await snapshots.save(self._database, stream, fold, sealed, keep_each)

    async def forget_snapshots(self, stream: str) -> None:
        """Delete the stream's snapshots."""
        await snapshots.forget(self._database, stream)

    async def read(
        self,
        after: int,
        limit: int,
        *,
        stream: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> list[RecordedEvent]:
        """Give events behind position `after`; stops before one that cannot be read."""
        statement = EVENTS + " where notification_id > %(after)s"
        if stream is not None:
            statement += BEHIND_IN_STREAM
        if topics is not None:
            statement += " and topic = any(%(topics)s)"
        statement += " order by originator_version" if stream else " order by notification_id"
        values = {"after": after, "limit": limit, "stream": stream, "topics": topics and [*topics]}
        records = await self._database.fetch(statement + " limit %(limit)s", values)
        events: list[RecordedEvent] = []
        for record in records:
            try:
                events.append(self._event(record))
            except UnreadableEvent:
                if not events:
                    raise
                break
        return await self._sealing.opened(events, whole=False)

    async def read_inputs(
        self, stream: str | None, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give inputs of one stream, or of all (None), in the order they were written."""
        where = " where input_id > %s" + (" and stream = %s" if stream is not None else "")
        values = (after_input_id,) if stream is None else (after_input_id, stream)
        return await self._inputs(where, (*values, limit))

    async def read_correlated(
        self, correlation_id: str, after_input_id: int = 0, limit: int = 1000
    ) -> list[RecordedInput]:
        """Give the inputs of all streams that carry this id, in the order they were written."""
        where = " where correlation_id = %s and input_id > %s"
        return await self._inputs(where, (correlation_id, after_input_id, limit))

    async def _inputs(
        self, where: LiteralString, values: tuple[object, ...]
    ) -> list[RecordedInput]:
        records = await self._database.fetch(INPUTS + where + " order by input_id limit %s", values)
        return await self._sealing.opened_inputs(
            [recorded_input(self.codec, record) for record in records]
        )

    async def claimed(self, owner: str, key: str) -> Claimed | None:
        """Give what an Idempotency-Key was taken for; None while it is free."""
        records = await self._database.fetch(CLAIMED, (owner, key))
        if not records:
            return None
        request, stream, input_id, claimed_at = records[0]
        return Claimed(request=request, stream=stream, input_id=input_id, claimed_at=claimed_at)

    async def head(self) -> int:
        """Give the last position; 0 while the log is empty."""
        records = await self._database.fetch("select max(notification_id) from events")
        return records[0][0] or 0

    def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Yield at once, then on every append with events, at least every `poll_s`."""
        return self._listener.wakeups(poll_s)

    async def account_row(self, account_id: str) -> Row | None:
        """Give the account's row."""
        rows = await self._rows("accounts", " where account_id = %s", (account_id,))
        return rows[0] if rows else None

    async def account_rows(
        self, workspace: str | None = None, after_id: str = "", limit: int = 100
    ) -> list[Row]:
        """Give account rows in order of their ids, of one workspace or of all (None)."""
        if workspace is None:
            where, values = " where account_id > %s", (after_id, limit)
        else:
            where = " where account_id > %s and workspace = %s"
            values = (after_id, workspace, limit)
        return await self._rows("accounts", where + " order by account_id limit %s", values)

    async def attempt_rows(self, account_id: str) -> list[Row]:
        """Give the rows of the account's attempts, oldest first."""
        return await self._rows("attempts", " where account_id = %s order by number", (account_id,))

    async def due_deadlines(
        self, now: datetime, limit: int = 100, awaited: Collection[str] | None = None
    ) -> list[DueDeadline]:
        """Give the deadlines that have passed at `now`, longest overdue first."""
        records = await self._database.fetch(
            "select account_id, attempt_id, deadline_awaited, deadline_at from accounts"
            " where deadline_at <= %(now)s"
            " and (%(awaited)s::text[] is null or deadline_awaited = any(%(awaited)s::text[]))"
            " and not exists (select from parked_partitions"
            " where projection in ('accounts', 'deadlines') and stream = account_id)"
            " order by deadline_at, account_id limit %(limit)s",
            {"now": now, "limit": limit, "awaited": None if awaited is None else list(awaited)},
        )
        return [
            DueDeadline(account_id=account_id, attempt_id=attempt_id, awaited=awaited, due=due)
            for account_id, attempt_id, awaited, due in records
        ]

    async def load_cursor(self, name: str) -> int:
        """Give how far this reader has come; 0 at first."""
        return await load_cursor(self._database, name)

    async def save_cursor(self, name: str, position: int) -> int:
        """Move the reader forward, never back; gives where it stands now."""
        return await save_cursor(self._database, name, position)

    async def parked(self, projection: str | None = None) -> list[Parked]:
        """Give the parked partitions of one projection, or of all (None)."""
        return await parking.parked(self._database, projection)

    async def park(self, projection: str, stream: str, position: int, error: str) -> None:
        """Note that a projection stopped at this event of the stream; the first note stays."""
        await parking.park(self._database, projection, stream, position, error)

    async def unpark(self, projection: str, stream: str, version: int) -> bool:
        """Let the partition go on; False when the stream has grown beyond this version."""
        return await parking.unpark(self._database, projection, stream, version)

    async def _rows(
        self, table: Table, where: LiteralString, values: Sequence[object]
    ) -> list[Row]:
        names = (*COLUMNS[table], "position")
        records = await self._database.fetch(ROWS[table] + where, values)
        rows: list[Row] = [dict(zip(names, record, strict=True)) for record in records]
        return await self._sealing.opened_rows(table, rows)

    def _event(self, record: Record) -> RecordedEvent:
        topic, stream, version, position, state = record
        row = StoredAs(topic=topic, stream=stream, version=version, position=position)
        return self.codec.decode_event(row, state)
