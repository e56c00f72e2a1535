"""What tests of projections ask of the database directly."""

from typing import Any, LiteralString

import psycopg

from adapters.event_log.partitions import Reading
from app.projecting.compare import Compared, compare
from projections.tables import TABLES


def asked(conninfo: str, statement: LiteralString, *values: object) -> list[Any]:
    """Run a statement and give its rows."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def compared(reading: Reading) -> dict[str, Compared]:
    """Compare every table with a fresh fold of the log."""
    return {name: compare(reading, projection) for name, projection in TABLES.items()}


def all_same(reading: Reading) -> bool:
    """Tell whether every table is what the log says."""
    return all(one.same for one in compared(reading).values())
