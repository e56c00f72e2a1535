"""How far each reader of the log has come."""

from adapters.event_log.database import Database


async def load_cursor(database: Database, name: str) -> int:
    """Give the reader's position; 0 when it never saved one."""
    records = await database.fetch("select position from cursors where name = %s", (name,))
    return records[0][0] if records else 0


async def save_cursor(database: Database, name: str, position: int) -> int:
    """Move the reader forward, never back; gives where it stands now."""
    records = await database.fetch(
        "insert into cursors as c (name, position, saved_at)"
        " values (%s, %s, clock_timestamp())"
        " on conflict (name) do update set saved_at = excluded.saved_at,"
        " position = greatest(c.position, excluded.position)"
        " returning position",
        (name, position),
    )
    return records[0][0]
