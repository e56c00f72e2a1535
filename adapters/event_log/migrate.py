"""Brings a database's schema to this build's: numbered SQL files, each applied once."""

import hashlib
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from adapters.event_log.errors import MigrationRefused, StorageUnavailable

FOLDER = Path(__file__).parent / "migrations"
LOCK_KEY = 0x4C57_4D49_4752  # "LWMIGR"
CONNECT_S = 10
LOCK_S = 60
"""Waiting for another process that migrates the same database."""
STATEMENT_S = 600
"""One migration of a large table may take minutes, not for ever."""

Applied = dict[str, str]
"""Name of an applied file -> its SHA-256."""


def migrate(conninfo: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and name it. Safe to run in several processes at once.

    MigrationRefused when an applied file was changed, the database is newer than this build, or it
    cannot hold the log; StorageUnavailable when it cannot be reached.
    """
    try:
        conninfo_to_dict(conninfo)
    except psycopg.ProgrammingError:
        # What libpq says about it repeats the text, and there may be a password in it.
        raise StorageUnavailable(
            "The database's address cannot be understood. It looks like"
            " postgresql://user:password@host:5432/name."
        ) from None
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=CONNECT_S) as connection:
            return migrate_connected(connection, folder)
    except psycopg.errors.InsufficientPrivilege as error:
        raise MigrationRefused(
            "The database user may not create tables. Make it the owner of the database:"
            " ALTER DATABASE name OWNER TO user."
        ) from error
    except psycopg.OperationalError as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else "no answer"
        raise StorageUnavailable(f"The database cannot be used: {first_line}") from error


def migrate_connected(connection: Connection, folder: Path = FOLDER) -> list[str]:
    """Do so on a connection that is there, and in whatever schema it is in."""
    _check_encoding(connection)
    for name, seconds in (("lock_timeout", LOCK_S), ("statement_timeout", STATEMENT_S)):
        connection.execute("select set_config(%s, %s, false)", (name, f"{seconds}s"))
    # Held until the connection closes, over all the files and before the first table exists.
    connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
    connection.execute(
        "create table if not exists schema_migrations (name text primary key,"
        " sha256 text not null, applied_at timestamptz not null default clock_timestamp())"
    )
    applied = _applied(connection)
    files = migration_files(folder)
    _check(applied, files)
    missing = [file for file in files if file.name not in applied]
    for file in missing:
        _apply(connection, file)
    return [file.name for file in missing]


def migration_files(folder: Path = FOLDER) -> list[Path]:
    """Give this build's migrations in order; the last one names its schema."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def _check_encoding(connection: Connection) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise MigrationRefused(
            f"The database's encoding is {encoding}, and the log needs UTF8. Create the database"
            " with: createdb --encoding=UTF8 --template=template0 NAME"
        )


def _applied(connection: Connection) -> Applied:
    return dict(connection.execute("select name, sha256 from schema_migrations").fetchall())


def _check(applied: Applied, files: list[Path]) -> None:
    known = {file.name: file for file in files}
    for name, sha256 in sorted(applied.items()):
        if name not in known:
            raise MigrationRefused(
                f"The database is newer than this build: it has the migration {name}, which this"
                " build does not know. Start the build that made it, or a later one."
            )
        if _sha256(known[name]) != sha256:
            raise MigrationRefused(
                f"The migration {name} was changed after it was applied to this database."
                " Put the file back as it was, and write a new migration for the change."
            )
    names = [file.name for file in files]
    if sorted(applied) != names[: len(applied)]:
        late = next(name for name in names if name not in applied)
        raise MigrationRefused(
            f"The migration {late} is missing in the database, but later ones were applied."
            " Give it a number behind theirs."
        )


def _apply(connection: Connection, file: Path) -> None:
    with connection.transaction():
        connection.execute(SQL(file.read_text(encoding="utf-8")))  # pyright: ignore[reportArgumentType]  our own file, no input of anyone
        connection.execute(
            "insert into schema_migrations (name, sha256) values (%s, %s)",
            (file.name, _sha256(file)),
        )


def _sha256(file: Path) -> str:
    # Line endings may have been changed on the way here; the statements have not.
    return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
