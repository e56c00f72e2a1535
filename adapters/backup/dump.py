"""Reads the database out: what pg_dump writes, and what is counted, in one snapshot."""

from typing import Any, LiteralString

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from adapters.backup.archive import CHUNK, Write
from adapters.backup.client import Client
from adapters.backup.failures import DatabaseUnfit
from adapters.event_log.migrate import migration_files
from adapters.postgres_server.programs import Programs

LOCK_WAIT = "30s"
"""A migration holds tables; longer than this it is stuck."""
TABLES: LiteralString = (
    "select relname from pg_class where relnamespace = %s::regnamespace and relkind in ('r', 'p')"
    " order by relname"
)


def export_snapshot(connection: Connection[Any]) -> str:
    """Name the transaction's snapshot, so that other connections see the same moment."""
    return _one(connection, "select pg_export_snapshot()")


def current_schema(connection: Connection[Any]) -> str:
    """Name PostgreSQL's schema that the tables are in; empty where there is none."""
    return _one(connection, "select coalesce(current_schema(), '')")


def applied_migrations(connection: Connection[Any]) -> tuple[str, ...]:
    """Name the migrations; DatabaseUnfit unless they are this build's."""
    found = connection.execute("select name from schema_migrations order by name").fetchall()
    applied = tuple(name for (name,) in found)
    ours = tuple(file.name for file in migration_files())
    if applied != ours:
        raise DatabaseUnfit(
            f"The database's schema is {applied[-1] if applied else 'empty'}, and this build's is"
            f" {ours[-1]}. Make the backup with the build that ran on it last, or start this one"
            " once."
        )
    return applied


def count_rows(connection: Connection[Any], schema: str) -> dict[str, int]:
    """Count the rows of every table in the schema."""
    tables = connection.execute(TABLES, [Identifier(schema).as_string(connection)]).fetchall()
    counts: dict[str, int] = {}
    for (table,) in tables:
        statement = SQL("select count(*) from {}").format(Identifier(schema, table))
        counts[table] = _one(connection, statement)
    return counts


def dump(programs: Programs, conninfo: str, *, schema: str, snapshot: str, write: Write) -> None:
    """Write the schema with all its tables, in pg_dump's custom format; raises ProgramFailed."""
    options = (
        *("--format=custom", "--compress=1", f"--snapshot={snapshot}"),
        # Who owns and may use the tables is the affair of the database that they are restored to.
        *("--no-owner", "--no-privileges", "--strict-names", f'--schema="{schema}"'),
        *("--encoding=UTF8", f"--lock-wait-timeout={LOCK_WAIT}"),
    )
    with Client(programs.folder / "pg_dump", *options, conninfo=conninfo) as client:
        while data := client.output.read1(CHUNK):
            write(data)
        client.end()


def _one(connection: Connection[Any], statement: Any) -> Any:  # noqa: ANN401  psycopg's own types
    record = connection.execute(statement).fetchone()
    return record[0] if record else None
