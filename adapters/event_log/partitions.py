"""Reads the log stream by stream, in flat memory, for whatever is folded anew from it.

Blocking: it is work for a process of its own, not for the service's loop.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, Self

import msgspec
import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.account_keys import AccountKey, KeyRing
from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.sealing import open_event
from adapters.keys import Keys, KeyUnusable
from domain.log import WORKSPACE_PREFIX, RecordedEvent

CONNECT_S = 10
SESSION = SQL("""
    set timezone to 'UTC';
    set client_encoding to 'UTF8';
    set statement_timeout to 0;
    set work_mem to '64MB'
""")
"""A large log is sorted by the server, on its disk; more memory makes fewer passes of it."""
LOCK_TABLE = SQL("lock table {} in access share mode")
HEAD = SQL("select coalesce(max(notification_id), 0) from events")
# The key comes with the first event: asked for one by one, they would cost a round trip each.
ACCOUNTS = SQL("""copy (
    select e.originator_id, e.originator_version, e.topic, e.notification_id, e.state,
        k.account_id is not null, case when e.originator_version = 1 then k.wrapped end
    from events e left join account_keys k on k.account_id = e.originator_id
    where not starts_with(e.originator_id, {workspaces}) and {which}
    order by e.originator_id, e.originator_version
) to stdout (format binary)""")
TYPES = ("text", "int8", "text", "int8", "bytea", "bool", "bytea")
SINCE = SQL("""e.originator_id in (
    select n.originator_id from events n where n.notification_id > {position}
)""")

Record = tuple[str, int, str, int, bytes, bool, bytes | None]


class Partition(msgspec.Struct, frozen=True):
    """The events of one account, to be read once and in order."""

    stream: str
    has_key: bool
    """False: nothing was ever sealed for it, so no key was made yet."""
    key: AccountKey | None
    """None where there is none, or it was destroyed."""
    events: Iterator[RecordedEvent]
    """Opened; raises UnreadableEvent at one that this build cannot read."""


class PartitionReader:
    """One connection that reads partitions at one moment of the log. Made by `reading`."""

    def __init__(self, connection: Connection[Any], ring: KeyRing, codec: Codec) -> None:
        self._connection = connection
        self._ring = ring
        self._decode = codec.decode_event
        self._under_way: Generator[Partition] | None = None
        self.read = 0
        """Events that were read so far."""
        self.head = number(connection, HEAD)
        """The log's last position at this moment."""

    def all(self) -> Generator[Partition]:
        """Give every account, in the order of the ids."""
        return self._partitions(SQL("true"))

    def changed_since(self, position: int) -> Generator[Partition]:
        """Give, whole, the accounts with events behind a position."""
        return self._partitions(SINCE.format(position=Literal(position)))

    def of(self, streams: Sequence[str]) -> Generator[Partition]:
        """Give these accounts, as far as they exist."""
        return self._partitions(SQL("e.originator_id = any({})").format(Literal(list(streams))))

    def close(self) -> None:
        """End a reading that was broken off; the connection waits for it otherwise."""
        if self._under_way is not None:
            self._under_way.close()

    def _partitions(self, which: SQL | Composed) -> Generator[Partition]:
        self._under_way = self._read(which)
        return self._under_way

    def _read(self, which: SQL | Composed) -> Generator[Partition]:
        statement = ACCOUNTS.format(workspaces=Literal(WORKSPACE_PREFIX), which=which)
        with self._connection.cursor().copy(statement) as copy:
            copy.set_types(TYPES)
            for stream, records in groupby(copy.rows(), key=itemgetter(0)):
                yield self._partition(stream, records)  # pyright: ignore[reportArgumentType]  rows of any types

    def _partition(self, stream: str, records: Iterable[Record]) -> Partition:
        rest = iter(records)
        first = next(rest)
        has_key, wrapped = first[5], first[6]
        key = self._ring.add(stream, wrapped) if has_key else None
        keys = {stream: key} if key else {}
        return Partition(stream, has_key, key, self._opened(first, rest, keys))

    def _opened(
        self, first: Record, rest: Iterable[Record], keys: dict[str, AccountKey]
    ) -> Iterator[RecordedEvent]:
        yield open_event(self._decoded(first), keys)
        for record in rest:
            yield open_event(self._decoded(record), keys)

    def _decoded(self, record: Record) -> RecordedEvent:
        stream, version, topic, position, state, _, _ = record
        self.read += 1
        row = StoredAs(topic=topic, stream=stream, version=version, position=position)
        return self._decode(row, state)


class Reading:
    """What it takes to read partitions of one database; connections are opened when needed."""

    def __init__(self, conninfo: str, keys: Keys, codec: Codec | None = None) -> None:
        self.conninfo = conninfo
        self.keys = keys
        self._codec = codec or Codec()

    def check_key(self) -> Self:
        """See that this master key opens what is sealed; KeyUnusable otherwise."""
        with connected(self.conninfo) as connection:
            one = connection.execute(
                "select account_id, wrapped from account_keys where wrapped is not null limit 1"
            ).fetchone()
        key = one and KeyRing(self.keys).add(*one)
        if key is not None and key.broken:
            raise KeyUnusable(
                "The accounts in this database were sealed under another master key: use that one."
            )
        return self

    @contextmanager
    def at_one_moment(self, *tables: str) -> Generator[tuple[PartitionReader, Connection[Any]]]:
        """Give a reader, and another connection that sees the same moment of these tables."""
        with connected(self.conninfo) as first, connected(self.conninfo) as second:
            first.execute("begin isolation level repeatable read read only")
            for table in tables:  # before the first look: a table that is switched later is empty
                first.execute(LOCK_TABLE.format(Identifier(table)))
            (exported,) = first.execute("select pg_export_snapshot()").fetchone() or ("",)
            second.execute("begin isolation level repeatable read read only")
            second.execute(SQL("set transaction snapshot {}").format(Literal(exported)))
            with closing(PartitionReader(first, KeyRing(self.keys), self._codec)) as reader:
                yield reader, second

    @contextmanager
    def now(self) -> Generator[PartitionReader]:
        """Give a reader of this moment."""
        with connected(self.conninfo) as connection:
            connection.execute("begin isolation level repeatable read read only")
            with closing(PartitionReader(connection, KeyRing(self.keys), self._codec)) as reader:
                yield reader


@contextmanager
def connected(conninfo: str) -> Generator[Connection[Any]]:
    """Open a connection; StorageUnavailable when the database is not there or holds no log."""
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_S) as connection:
            connection.execute(SESSION)
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
        raise StorageUnavailable(
            "The database holds no log of this build: start Linkwright on it once."
        ) from error
    except psycopg.OperationalError as error:
        first_line = (str(error).strip() or "no answer").splitlines()[0]
        raise StorageUnavailable(f"The database cannot be used: {first_line}") from error


def number(connection: Connection[Any], statement: SQL, *names: str) -> int:
    """Ask for one number; the names are those of tables in the statement."""
    record = connection.execute(statement.format(*map(Identifier, names))).fetchone()
    return record[0] if record else 0
