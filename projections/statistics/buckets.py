"""What attempts are gathered by."""

from datetime import UTC, date, datetime, timedelta

from projections.attempts import AttemptRow
from projections.statistics.told import By

STEP_DAYS: dict[By, int] = {"day": 1, "week": 7}


def bucket_of(row: AttemptRow, by: By) -> str:
    """Name the bucket that an attempt belongs to."""
    return row.whatsapp if by == "whatsapp" else _first_day(row.started_at, by).isoformat()


def empty_buckets(since: datetime, until: datetime, by: By) -> list[str]:
    """Name every bucket of a range, oldest first; none where nobody knows them before."""
    if by == "whatsapp":
        return []
    day, last = _first_day(since, by), _first_day(until - timedelta(microseconds=1), by)
    count = (last - day).days // STEP_DAYS[by] + 1
    return [(day + timedelta(days=STEP_DAYS[by] * nth)).isoformat() for nth in range(count)]


def _first_day(at: datetime, by: By) -> date:
    day = at.astimezone(UTC).date()
    return day - timedelta(days=day.weekday()) if by == "week" else day
