"""Reads the whole log in order and checks its chain on the way, in flat memory.

For rebuilding from a log that must not be trusted blindly. Blocking: it is work for a process of
its own, not for the service's loop.
"""

from collections.abc import Generator, Iterable
from struct import Struct
from typing import Any

from psycopg import Connection

from adapters.blocking_account_keys import BlockingAccountKeys
from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.errors import ChainBroken, LogError
from adapters.event_log.personal import holds_sealed
from adapters.event_log.sealing import open_event
from adapters.event_log.verify import Chain, snapshot, stored_rows
from adapters.keys import Keys
from domain.log import RecordedEvent

PAGE = 500
"""Events that wait for their keys, which one query fetches."""
_LENGTH = Struct(">i")
_VERSION = Struct(">q")
_STREAM_AT = 28
"""In an event's form: behind the count of columns (4), the position with its head (16) and the
stream's head (8). Every column has a head: its type and its length, 4 bytes each."""


def checked_events(
    conninfo: str, keys: Keys, codec: Codec | None = None
) -> Generator[RecordedEvent]:
    """Give every event in order; ChainBroken before the first one that is not as it was written.

    Also raises UnreadableEvent and StorageUnavailable. Nothing is skipped.
    """
    with snapshot(conninfo) as connection, BlockingAccountKeys(conninfo, keys) as account_keys:
        for page in _pages(_decoded(connection, codec or Codec())):
            sealed = [nth for nth, recorded in enumerate(page) if holds_sealed(recorded.event)]
            opening = account_keys.of_many(page[nth].stream for nth in sealed)
            for nth in sealed:
                page[nth] = open_event(page[nth], opening)
            yield from page


def _decoded(connection: Connection[Any], codec: Codec) -> Generator[RecordedEvent]:
    chain = Chain("events", set())
    for form, stored in stored_rows(connection, "events"):
        chain.add(form, stored)
        if chain.fault is not None:
            raise ChainBroken(chain.fault.sentence)
        row, state = stored_as(form, chain.rows)
        yield codec.decode_event(row, state)


def _pages(events: Iterable[RecordedEvent]) -> Generator[list[RecordedEvent]]:
    """Give so many events that one query for their keys is enough, and all before a fault."""
    page: list[RecordedEvent] = []
    try:
        for recorded in events:
            page.append(recorded)
            if len(page) == PAGE:
                yield page
                page = []
    except LogError:
        yield page
        raise
    yield page


def stored_as(form: bytes, position: int) -> tuple[StoredAs, bytes]:
    """Take an event's form apart: the row that it is stored in, and its state."""
    (stream_length,) = _LENGTH.unpack_from(form, _STREAM_AT - 4)
    version_at = _STREAM_AT + stream_length + 8
    (version,) = _VERSION.unpack_from(form, version_at)
    topic_at = version_at + 16
    (topic_length,) = _LENGTH.unpack_from(form, topic_at - 4)
    topic_end = topic_at + topic_length
    row = StoredAs(
        topic=form[topic_at:topic_end].decode(),
        stream=form[_STREAM_AT : version_at - 8].decode(),
        version=version,
        position=position,
    )
    return row, form[topic_end + 8 :]
