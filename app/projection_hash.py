"""The projection hash of a log: the fingerprint of all its account and attempt rows."""

from collections.abc import Callable, Mapping, Sequence

from adapters.event_log.interface import EventLog, Row, Table
from adapters.event_log.rows import COLUMNS
from projections.fingerprint import Fingerprint

PAGE = 500

HASHED: tuple[Table, ...] = ("accounts", "attempts")
"""Not messages: they are no account's state, and there may be a thousand times as many."""
Columns = Mapping[str, Sequence[str]]
"""Table -> the columns that are part of the hash."""


def hashed_columns() -> dict[str, tuple[str, ...]]:
    """Name all that this build's rows have."""
    return {table: (*COLUMNS[table], "position") for table in HASHED}


async def projection_hash(
    log: EventLog, columns: Columns, tell: Callable[[int], None] = lambda _rows: None
) -> str:
    """Hash what the log gives for all accounts and attempts; `tell` hears of the rows so far."""
    taken = Fingerprint()
    after = ""
    while rows := await log.account_rows(None, after, PAGE):
        for row in rows:
            after = str(row["account_id"])
            taken.add_account(_only("accounts", row, columns))
            for attempt in await log.attempt_rows(after):
                taken.add_attempt(_only("attempts", attempt, columns))
        tell(taken.rows)
    return taken.hexdigest()


def _only(table: Table, row: Row, columns: Columns) -> Row:
    return {name: row[name] for name in columns[table]}
