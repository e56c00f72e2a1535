"""Where folded streams are kept. What is in them is the business of whoever folds."""

from typing import LiteralString

from adapters.event_log.database import Database, Record
from adapters.event_log.interface import Snapshot

LAST_VERSION = 2**63 - 1
"""No stream gets that far: the largest bigint."""

RESUME: LiteralString = """
    with snapshot as materialized (
        select s.version, s.state from snapshots s
        where s.stream = %(stream)s and s.fold = %(fold)s and s.version <= %(until)s
            and exists (
                select from events e where e.originator_id = s.stream
                    and e.originator_version = s.version and e.hash = s.hash
            )
        order by s.version desc limit 1
    )
    (select null, %(stream)s::text, version, null::bigint, state from snapshot)
    union all
    (select topic, originator_id, originator_version, notification_id, state from events
    where originator_id = %(stream)s and originator_version <= %(until)s
        and originator_version > coalesce((select version from snapshot), 0)
    order by originator_version limit %(limit)s)
"""
SAVE: LiteralString = """
    with taken as (
        insert into snapshots (stream, version, fold, hash, state, taken_at)
        select originator_id, originator_version, %(fold)s, hash, %(state)s, clock_timestamp()
        from events where originator_id = %(stream)s and originator_version = %(version)s
        on conflict (stream, version) do update
        set fold = excluded.fold, hash = excluded.hash, state = excluded.state,
            taken_at = excluded.taken_at
        returning stream, version
    )
    delete from snapshots old using taken
    where old.stream = taken.stream and old.version <> taken.version and (
        old.fold <> %(fold)s
        or exists (
            select from snapshots later where later.stream = old.stream
                and later.version > old.version and later.version < taken.version
                and later.version / %(keep_each)s = old.version / %(keep_each)s
        )
    )
"""
"""Takes one in, if its last event is in the log, and thins out the older ones."""


async def resume(
    database: Database, stream: str, fold: str, until_version: int | None, limit: int
) -> tuple[Snapshot | None, list[Record]]:
    """Give the newest snapshot that may be used, and the rows of the events behind it."""
    values = {
        "stream": stream,
        "fold": fold,
        "until": LAST_VERSION if until_version is None else until_version,
        "limit": limit,
    }
    records = await database.fetch(RESUME, values)
    events = sorted((r for r in records if r[0] is not None), key=lambda record: record[2])
    for topic, _, version, _, state in records:
        if topic is None:
            return Snapshot(version=version, state=state), events
    return None, events


async def save(
    database: Database, stream: str, fold: str, snapshot: Snapshot, keep_each: int
) -> None:
    """Keep a snapshot; see `interface.EventLog.save_snapshot`."""
    values = {
        "stream": stream,
        "fold": fold,
        "version": snapshot.version,
        "state": snapshot.state,
        "keep_each": keep_each,
    }
    await database.fetch(SAVE, values)


async def forget(database: Database, stream: str) -> None:
    """Delete every snapshot of a stream."""
    await database.fetch("delete from snapshots where stream = %s", (stream,))
