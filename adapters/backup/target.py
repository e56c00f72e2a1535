"""The database that a backup goes into: whether it may, and the moment of the change.

Its lock is the migrations', so that no Linkwright starts on it meanwhile.
"""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from adapters.backup.dump import count_rows, current_schema
from adapters.backup.failures import TargetRefused
from adapters.backup.load import RESTORED
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.migrate import CONNECT_S, LOCK_KEY, migrate_connected
from adapters.event_log.personal import ERASED

REPLACED = "linkwright_replaced"
"""The old schema's name within the one transaction that puts the new one in its place."""
LEAVE_LOOKS, LEAVE_S = 20, 0.05
"""Looks at who else is there, and seconds between them: the server lists a session that has just
been closed until its process has ended, which on a busy machine takes some ten milliseconds."""
# Without rights of its own a session sees little of others; workers of the server have no user.
OTHERS: LiteralString = """
    select coalesce(nullif(application_name, ''), 'unnamed'), pid from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and usesysid is not null
    order by pid
"""
RELATIONS: LiteralString = (
    "select relname from pg_class where relnamespace = to_regnamespace(quote_ident(%s))"
    " and relkind in ('r', 'p', 'v', 'm', 'S', 'f') order by relname"
)
EXTENSIONS: LiteralString = (
    "select extname from pg_extension where extnamespace = to_regnamespace(quote_ident(%s))"
    " order by extname"
)
ERASED_SINCE: LiteralString = """
    select distinct originator_id from {now} where topic = %(topic)s
    and originator_id in (select originator_id from {then})
    and originator_id not in (select originator_id from {then} where topic = %(topic)s)
    order by originator_id
"""


class Target:
    """A database that is ours alone while this is open."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.schema = current_schema(connection) or "public"
        self.server_major = connection.info.server_version // 10_000
        self._connection = connection

    def has_schema(self, name: str) -> bool:
        return (
            self._connection.execute(
                "select 1 from pg_namespace where nspname = %s", [name]
            ).fetchone()
            is not None
        )

    def require_replaceable(self, *, replace: bool) -> None:
        """Refuse what is not ours, and what is not empty unless it may be replaced."""
        there = self._names(RELATIONS)
        if there and "schema_migrations" not in there:
            raise TargetRefused(
                f"The database holds tables that are not Linkwright's: {_listed(there)}."
                " Give Linkwright a database of its own."
            )
        if there and not replace:
            counts = count_rows(self._connection, self.schema)
            raise TargetRefused(
                f"The database is not empty: it holds {counts.get('accounts', 0):,} accounts and"
                f" {counts.get('events', 0):,} events. With --replace the backup takes their place,"
                " and they are gone."
            )
        if extensions := self._names(EXTENSIONS):
            raise TargetRefused(
                f"The schema {self.schema} holds extensions, which would be lost:"
                f" {_listed(extensions)}. Move them: ALTER EXTENSION name SET SCHEMA another."
            )

    def count_restored(self) -> dict[str, int]:
        return count_rows(self._connection, RESTORED)

    def migrate_restored(self, folder: Path) -> list[str]:
        """Bring what was restored to this build's schema; raises MigrationRefused."""
        self._connection.execute(_statement("set search_path to {}", RESTORED))
        try:
            return migrate_connected(self._connection, folder)
        finally:
            self._connection.execute("reset search_path")

    def erased_since(self) -> tuple[str, ...]:
        """Name the accounts that were erased here, but not yet in what was restored."""
        if "events" not in self._names(RELATIONS):
            return ()
        statement = SQL(ERASED_SINCE).format(
            now=Identifier(self.schema, "events"), then=Identifier(RESTORED, "events")
        )
        return tuple(name for (name,) in self._connection.execute(statement, {"topic": ERASED}))

    def drop_restored(self) -> None:
        self._connection.execute(_statement("drop schema if exists {} cascade", RESTORED))

    def switch(self) -> None:
        """Put what was restored in the place of what is there, in one transaction."""
        with self._connection.transaction():
            if self.has_schema(self.schema):
                self._run("alter schema {} rename to {}", self.schema, REPLACED)
                self._run("drop schema {} cascade", REPLACED)
            self._run("alter schema {} rename to {}", RESTORED, self.schema)
        self._connection.execute("analyze")  # or the first statements are planned for empty tables

    def _run(self, form: LiteralString, *names: str) -> None:
        self._connection.execute(_statement(form, *names))

    def _names(self, statement: LiteralString) -> list[str]:
        return [name for (name,) in self._connection.execute(statement, [self.schema])]


@contextmanager
def open_target(conninfo: str) -> Generator[Target]:
    """Take the database for ourselves.

    TargetRefused when somebody uses it, StorageUnavailable when it cannot be reached.
    """
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_S) as connection:
            _take(connection)
            yield Target(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise TargetRefused(
            "The database user may not replace the tables. Make it the owner of the database:"
            " ALTER DATABASE name OWNER TO user."
        ) from error
    except psycopg.OperationalError as error:
        first_line = (str(error).strip() or "no answer").splitlines()[0]
        raise StorageUnavailable(f"The database cannot be used: {first_line}") from error


def _take(connection: Connection[Any]) -> None:
    others: list[tuple[Any, ...]] = []
    for _ in range(LEAVE_LOOKS):
        held = connection.execute("select pg_try_advisory_lock(%s)", [LOCK_KEY]).fetchone()
        others = connection.execute(OTHERS).fetchall()
        if held == (True,) and not others:
            return
        time.sleep(LEAVE_S)
    names = [f"{name} (process {pid} of the server)" for name, pid in others]
    raise TargetRefused(
        f"The database is in use by {_listed(names) if names else 'another session'}. Stop"
        " Linkwright and whatever else is connected to it, and run the command again."
    )


def _statement(form: LiteralString, *names: str) -> Composed:
    return SQL(form).format(*map(Identifier, names))


def _listed(names: Sequence[str]) -> str:
    most = 5
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
