"""Partitions that a projection could not go on with, in the database.

Where a table is written with the events, `append_to_log` parks; this is for all who follow the log.
"""

from typing import LiteralString

from adapters.event_log.database import Database
from adapters.event_log.interface import Parked

PARKED: LiteralString = (
    "select projection, stream, position, error, parked_at, tries from parked_partitions"
)
PARK: LiteralString = """
    insert into parked_partitions (projection, stream, position, error, parked_at, tries)
    values (%s, %s, %s, %s, clock_timestamp(), 0) on conflict (projection, stream) do nothing
"""
UNPARK: LiteralString = "select unpark_partition(%s, %s, %s)"
"""Under the log's lock: what is appended later finds the partition free again."""


async def parked(database: Database, projection: str | None) -> list[Parked]:
    """Give the parked partitions of one projection, or of all (None)."""
    records = await database.fetch(
        PARKED + " where %s::text is null or projection = %s order by projection, stream",
        (projection, projection),
    )
    return [
        Parked(
            projection=name,
            stream=stream,
            position=position,
            error=error,
            parked_at=parked_at,
            tries=tries,
        )
        for name, stream, position, error, parked_at, tries in records
    ]


async def park(database: Database, projection: str, stream: str, position: int, error: str) -> None:
    """Note that a projection stopped at this event of the stream; the first note stays."""
    await database.fetch(PARK, (projection, stream, position, error))


async def unpark(database: Database, projection: str, stream: str, version: int) -> bool:
    """Let the partition go on; False when the stream has grown beyond this version."""
    records = await database.fetch(UNPARK, (projection, stream, version))
    return bool(records[0][0])
