"""Reads whole accounts, inputs and events, for whatever decides them again.

Blocking: it is work for a process of its own, not for the service's loop.
"""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import msgspec
from psycopg import Connection

from adapters.account_keys import WRAPPED, AccountKey, KeyRing
from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.input_rows import INPUTS, recorded_input
from adapters.event_log.sealing import open_event, open_input
from adapters.keys import Keys
from domain.log import RecordedEvent, RecordedInput

EVENTS: LiteralString = """
    select notification_id, originator_id, originator_version, topic, state from events
    where originator_id = any(%s) order by originator_id, originator_version
"""
OF_STREAMS: LiteralString = " where stream = any(%s) order by stream, input_id"
STREAM = 1
"""The column of both that names the stream."""
AT_ONE_MOMENT: LiteralString = "set transaction isolation level repeatable read, read only"

Record = tuple[Any, ...]


class WholeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """All that the log has of an account, opened, up to the first event that cannot be read."""

    account_id: str
    inputs: tuple[RecordedInput, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    unreadable: UnreadableEvent | None = None


class AccountReader:
    """Reads accounts through one connection, which its owner closes."""

    def __init__(self, connection: Connection[Any], keys: Keys, codec: Codec | None = None) -> None:
        self._connection = connection
        self._ring = KeyRing(keys)
        self._codec = codec or Codec()

    def read(self, account_ids: Sequence[str]) -> list[WholeAccount]:
        """Read these accounts as they are at one moment, as far as they exist."""
        asked = (list(account_ids),)
        with self._connection.transaction():
            self._connection.execute(AT_ONE_MOMENT)
            events = self._fetch(EVENTS, asked)
            inputs = _by_stream(self._fetch(INPUTS + OF_STREAMS, asked))
            keys = dict(self._fetch(WRAPPED, asked))
        return [
            self._whole(stream, records, inputs.get(stream, []), keys)
            for stream, records in _by_stream(events).items()
        ]

    def _fetch(self, statement: LiteralString, values: tuple[object, ...]) -> list[Record]:
        with self._connection.cursor(binary=True) as cursor:
            return cursor.execute(statement, values).fetchall()

    def _whole(
        self,
        account_id: str,
        events: Sequence[Record],
        inputs: Sequence[Record],
        wrapped: dict[str, bytes | None],
    ) -> WholeAccount:
        key = self._ring.add(account_id, wrapped[account_id]) if account_id in wrapped else None
        opening = {account_id: key} if key else {}
        read: list[RecordedEvent] = []
        unreadable: UnreadableEvent | None = None
        try:
            for record in events:
                read.append(self._event(record, opening))  # noqa: PERF401  kept up to a fault
        except UnreadableEvent as error:
            unreadable = error
        return WholeAccount(
            account_id=account_id,
            inputs=tuple(open_input(recorded_input(self._codec, row), opening) for row in inputs),
            events=tuple(read),
            unreadable=unreadable,
        )

    def _event(self, record: Record, opening: dict[str, AccountKey]) -> RecordedEvent:
        position, stream, version, topic, state = record
        row = StoredAs(topic=topic, stream=stream, version=version, position=position)
        return open_event(self._codec.decode_event(row, state), opening)


def _by_stream(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Sort rows by their stream; each one's stay in order."""
    found: dict[str, list[Record]] = {}
    for record in records:
        found.setdefault(record[STREAM], []).append(record)
    return found
