"""Writes and reads whole rows of a read model as the append does: sealed, and through JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.account_keys import WRAPPED_OR_MADE, AccountKey, KeyRing, SealBroken
from adapters.event_log.codec import encode_text
from adapters.event_log.interface import Row, RowWrite, Table
from adapters.event_log.partitions import Partition
from adapters.event_log.personal import PERSONAL_COLUMNS, open_row, seal_row
from adapters.event_log.rows import COLUMNS, KEYS, check_row

# The table's own type says what each value becomes, so that nothing here knows its columns.
INSERT = SQL("insert into {into} select * from json_populate_recordset(null::{into}, %s::json)")
DELETE = SQL("delete from {table} where account_id = any(%s)")
BETWEEN = SQL("""
    select {columns} from {table} where account_id > %s and (%s::text is null or account_id <= %s)
    order by {order}
""")


class FoldedRow(msgspec.Struct, frozen=True):
    """A row as folding the log gave it, and the position that it is true for."""

    write: RowWrite
    position: int


class FoldedAccount(msgspec.Struct, frozen=True):
    """All rows of one account in one table."""

    partition: Partition
    rows: Sequence[FoldedRow]

    def readable(self) -> list[Row]:
        """Give the rows as readers get them: of an erased account nothing personal.

        The log may tell of it in plain text, if it is older than sealing.
        """
        erased = self.partition.has_key and self.partition.key is None
        stream = self.partition.stream
        return [
            {
                **(seal_row(one.write, stream, None) if erased else one.write).values,
                "position": one.position,
            }
            for one in self.rows
        ]


class Sealer:
    """Seals rows on their way into a table; makes keys for accounts that have none yet."""

    def __init__(self, connection: Connection[Any], ring: KeyRing) -> None:
        self._connection = connection
        self._ring = ring

    def sealed(self, accounts: Sequence[FoldedAccount]) -> list[Row]:
        """Give the rows of these accounts as they are stored."""
        made = self._make([one.partition.stream for one in accounts if _lacks_key(one)])
        return [
            row
            for one in accounts
            for row in _sealed(one, made.get(one.partition.stream, one.partition.key))
        ]

    def _make(self, streams: Sequence[str]) -> dict[str, AccountKey | None]:
        made: dict[str, AccountKey | None] = {}
        # No row comes back where another process made it at the same moment: it is there then.
        while missing := [stream for stream in streams if stream not in made]:
            asked = (missing, [self._ring.make(stream) for stream in missing])
            for stream, wrapped in self._connection.execute(WRAPPED_OR_MADE, asked):
                made[stream] = self._ring.add(stream, wrapped)
        return made


def insert_rows(connection: Connection[Any], into: str, rows: Sequence[Row]) -> None:
    """Write stored rows into a table."""
    if rows:
        statement = INSERT.format(into=Identifier(into))
        connection.execute(statement, (encode_text(rows).decode(),))


def delete_rows(connection: Connection[Any], table: str, streams: Sequence[str]) -> None:
    """Delete all rows of these accounts."""
    connection.execute(DELETE.format(table=Identifier(table)), (list(streams),))


def put_back(
    connection: Connection[Any],
    ring: KeyRing,
    account: FoldedAccount,
    *,
    table: Table,
    version: int,
) -> bool:
    """Replace the rows of a parked account and let it go on; False if it has grown meanwhile."""
    stream = account.partition.stream
    with connection.transaction():
        stored = Sealer(connection, ring).sealed([account])
        values = (table, stream, version)
        freed = connection.execute("select unpark_partition(%s, %s, %s)", values).fetchone()
        if not freed or not freed[0]:
            return False
        delete_rows(connection, table, [stream])
        insert_rows(connection, table, stored)
    return True


def rows_between(
    connection: Connection[Any], table: Table, after: str, until: str | None
) -> list[Row]:
    """Give the stored rows of the accounts behind one, up to another or to the end (None)."""
    names = (*COLUMNS[table], "position")
    statement = BETWEEN.format(
        columns=SQL(", ").join(map(Identifier, names)),
        table=Identifier(table),
        order=SQL(", ").join(map(Identifier, KEYS[table])),
    )
    with connection.cursor(binary=True) as cursor:
        records = cursor.execute(statement, (after, until, until)).fetchall()
    return [dict(zip(names, record, strict=True)) for record in records]


def parked_streams(connection: Connection[Any], projection: str) -> frozenset[str]:
    """Name the accounts that are parked in a projection."""
    statement = "select stream from parked_partitions where projection = %s"
    return frozenset(stream for (stream,) in connection.execute(statement, (projection,)))


def failed_again(connection: Connection[Any], projection: str, stream: str, error: str) -> None:
    """Note that a parked partition was tried once more."""
    connection.execute(
        "update parked_partitions set tries = tries + 1, error = %s"
        " where projection = %s and stream = %s",
        (error, projection, stream),
    )


def opened(table: Table, row: Row, key: AccountKey | None) -> Row:
    """Open a stored row; what does not open stays as it is, and so equals nothing."""
    try:
        return open_row(table, row, key)
    except SealBroken:
        return row


def _lacks_key(account: FoldedAccount) -> bool:
    return not account.partition.has_key and any(
        folded.write.values[name]
        for folded in account.rows
        for name in PERSONAL_COLUMNS[folded.write.table]
    )


def _sealed(account: FoldedAccount, key: AccountKey | None) -> Iterator[Row]:
    for folded in account.rows:
        check_row(folded.write)
        sealed = seal_row(folded.write, account.partition.stream, key)
        yield {**sealed.values, "position": folded.position}
