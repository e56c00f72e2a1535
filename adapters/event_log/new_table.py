"""Builds a read model beside the live one and puts it in its place, while others read and append.

The new table has a name of its own until one transaction renames both. Whoever is killed before
that leaves the live table as it was, and a leftover that the next one deletes.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.account_keys import KeyRing
from adapters.event_log.errors import RebuildRefused
from adapters.event_log.interface import Table
from adapters.event_log.partitions import Partition, Reading, connected, number
from adapters.event_log.rows import COLUMNS
from adapters.event_log.table_rows import (
    FoldedAccount,
    FoldedRow,
    Sealer,
    delete_rows,
    insert_rows,
)

REBUILD_KEY = 0x4C57_5245_4255  # "LWREBU"
LOG_KEY = 327882133319
"""The log's lock, as in `append_to_log`."""
ANOTHER_S = 5
"""A rebuild that was killed is gone from the server within this time, and another one is not."""
SWITCH_MS = 250
"""Appends, and reads of this table, stand still while the switch waits for a reader to end."""
BATCH = 500
"""Accounts written at once: some 200 kB."""

INDEXES = SQL("""
    select c.relname, i.indisunique, i.indisprimary,
        split_part(pg_get_indexdef(i.indexrelid), ' USING ', 2)
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid = %s::regclass order by 2, 3, 4, 1
""")
COLUMNS_OF = SQL("""
    select attname, atttypid::regtype::text, attnotnull from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
""")
GRANTS = SQL("""
    select case when grantee > 0 then pg_get_userbyid(grantee) end, privilege_type, is_grantable
    from pg_class c, aclexplode(c.relacl) where c.oid = %s::regclass and grantee <> c.relowner
""")
PARKED_ANEW = SQL("""
    insert into parked_partitions as p (projection, stream, position, error, parked_at, tries)
    select %s, stream, position, error, clock_timestamp(), 0
    from unnest(%s::text[], %s::bigint[], %s::text[]) as s (stream, position, error)
    on conflict (projection, stream) do update
    set position = excluded.position, error = excluded.error, tries = p.tries + 1
""")

Stopped = Mapping[str, tuple[int, str]]
"""Stream -> the position that it cannot be folded beyond, and why."""


class NewTable:
    """The table that is being built. Made by `new_table`."""

    def __init__(self, connection: Connection[Any], table: Table, ring: KeyRing) -> None:
        self.table: Table = table
        self.name = f"{table}_rebuilt"
        self._connection = connection
        self._sealer = Sealer(connection, ring)
        self._waiting: list[FoldedAccount] = []

    def create(self) -> None:
        """Start from nothing, whatever an earlier one has left behind."""
        found = [name for name, *_ in self._asked(COLUMNS_OF, self.table)]
        if sorted(found) != sorted((*COLUMNS[self.table], "position")):
            raise RebuildRefused(
                f"The table {self.table} has other columns than this build's: start Linkwright on"
                " the database once, or use the build that runs on it."
            )
        self._run("drop table if exists {new}")
        self._run("create table {new} (like {live} including all)")

    def put(self, partition: Partition, rows: Sequence[FoldedRow]) -> None:
        """Take all rows of an account; what it had in the new table goes."""
        self._waiting.append(FoldedAccount(partition, rows))
        if len(self._waiting) >= BATCH:
            self.flush()

    def keep_live(self, stream: str) -> None:
        """Take over the live rows of an account that cannot be folded now."""
        self.flush()
        delete_rows(self._connection, self.name, [stream])
        self._run("insert into {new} select * from {live} where account_id = %s", stream)

    def flush(self) -> None:
        """Write what was put."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            delete_rows(self._connection, self.name, [one.partition.stream for one in waiting])
            insert_rows(self._connection, self.name, self._sealer.sealed(waiting))

    def switch(self, catch_up: Callable[[], Stopped]) -> bool:
        """Put the new table in the place of the live one; False if a reader does not let go of it.

        `catch_up` is called while nobody can append, and brings the last few events in; what it
        returns is parked, and nothing else of this projection is any more.
        """
        try:
            with self._connection.transaction():
                self._switch(catch_up)
        except psycopg.errors.LockNotAvailable:
            self._waiting = []
            return False
        return True

    def rows(self) -> int:
        """Count the rows of the table that is live now."""
        return number(self._connection, SQL("select count(*) from {}"), self.table)

    def _switch(self, catch_up: Callable[[], Stopped]) -> None:
        self._run(f"set local lock_timeout to '{SWITCH_MS}ms'")
        self._run(f"select pg_advisory_xact_lock({LOG_KEY})")
        # Readers are waited for before the work: as long as this is not granted, none is lost.
        self._run("lock table {live} in access exclusive mode")
        stopped = catch_up()
        self.flush()
        self._park(stopped)
        self._grant()
        self._rename()

    def _park(self, stopped: Stopped) -> None:
        self._connection.execute(
            "delete from parked_partitions where projection = %s and not stream = any(%s)",
            (self.table, list(stopped)),
        )
        positions = [position for position, _ in stopped.values()]
        errors = [error for _, error in stopped.values()]
        self._connection.execute(PARKED_ANEW, (self.table, list(stopped), positions, errors))

    def _grant(self) -> None:
        """Let whoever may read the live table read the new one, such as a reporting tool."""
        for role, privilege, grantable in self._asked(GRANTS, self.table):
            statement = SQL("grant {} on {} to {}{}").format(
                SQL(privilege),
                Identifier(self.name),
                Identifier(role) if role else SQL("public"),
                SQL(" with grant option" if grantable else ""),
            )
            self._connection.execute(statement)

    def _rename(self) -> None:
        """Exchange the two, and give the new one's indexes and constraints their names."""
        live, new = self._asked(INDEXES, self.table), self._asked(INDEXES, self.name)
        same = self._asked(COLUMNS_OF, self.table) == self._asked(COLUMNS_OF, self.name)
        if not same or [index[1:] for index in live] != [index[1:] for index in new]:
            raise RebuildRefused(f"The table {self.table} was changed meanwhile; begin again.")
        self._run("drop table {live}")
        for (wanted, *_), (given, *_) in zip(live, new, strict=True):
            statement = SQL("alter index {} rename to {}")
            self._connection.execute(statement.format(Identifier(given), Identifier(wanted)))
        self._run("alter table {new} rename to {live}")

    def _asked(self, statement: SQL, table: str) -> list[Any]:
        return self._connection.execute(statement, (table,)).fetchall()

    def _run(self, statement: str, *values: object) -> None:
        composed = SQL(statement).format(  # pyright: ignore[reportArgumentType]  all of it is ours
            new=Identifier(self.name), live=Identifier(self.table)
        )
        self._connection.execute(composed, values or None)


@contextmanager
def new_table(reading: Reading, table: Table) -> Generator[NewTable]:
    """Begin a new table; RebuildRefused while another one is being built in this database."""
    with connected(reading.conninfo) as connection:
        connection.execute("select set_config('lock_timeout', %s, false)", (f"{ANOTHER_S}s",))
        try:
            connection.execute("select pg_advisory_lock(%s)", (REBUILD_KEY,))
        except psycopg.errors.LockNotAvailable:
            raise RebuildRefused("Another rebuild is running on this database.") from None
        made = NewTable(connection, table, KeyRing(reading.keys))
        made.create()
        try:
            yield made
        except psycopg.errors.IntegrityError as error:
            constraint = error.diag.constraint_name
            raise RebuildRefused(
                f"What the log gives does not fit the table {table}: {constraint} is broken."
            ) from error
