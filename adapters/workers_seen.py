"""What the processes that hold a lease have said of themselves, last when."""

from datetime import datetime

import msgspec

from adapters.event_log.database import Database
from adapters.worker_lease import PREFIXES, Kind


async def workers_silent_s(database: Database, kind: Kind = "primary") -> float | None:
    """Seconds since any process of this kind was last heard of; None when there was never one."""
    records = await database.fetch(
        "select extract(epoch from clock_timestamp() - max(beat_at))::float8 from workers"
        " where coalesce(substring(worker_id from '^[a-z]+-'), '') = %s",
        (PREFIXES.get(kind, ""),),
    )
    silent: float | None = records[0][0]
    return silent


class WorkerSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A process that holds a lease, or held one within a day."""

    worker_id: str
    holder: Kind
    started_at: datetime
    silent_s: float
    """Since it was last heard of."""


async def workers_seen(database: Database) -> list[WorkerSeen]:
    """List the processes that have said they live, the one heard of last first."""
    records = await database.fetch(
        "select worker_id, started_at,"
        " extract(epoch from clock_timestamp() - beat_at)::float8 as silent_s from workers"
        " order by silent_s, worker_id"
    )
    return [_seen(*record) for record in records]


def _seen(stored_id: str, started_at: datetime, silent_s: float) -> WorkerSeen:
    kind: Kind = "primary"
    for other, prefix in PREFIXES.items():
        if stored_id.startswith(prefix):
            kind = other
    worker_id = stored_id.removeprefix(PREFIXES.get(kind, ""))
    return WorkerSeen(worker_id=worker_id, holder=kind, started_at=started_at, silent_s=silent_s)
