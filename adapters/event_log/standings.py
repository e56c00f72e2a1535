"""How far each reader of the log has come, and how long the next event has been waiting for it."""

from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString

import msgspec

from adapters.event_log.database import Database

STANDINGS: LiteralString = """
    select r.name, h.position, coalesce(r.position, c.position, 0), e.state, clock_timestamp(),
        (select count(*) from parked_partitions p where p.projection = r.name)
    from unnest(%s::text[], %s::bigint[]) as r (name, position)
    cross join (select coalesce(max(notification_id), 0) as position from events) h
    left join cursors c on c.name = r.name
    left join lateral (
        select n.state from events n
        where n.notification_id = coalesce(r.position, c.position, 0) + 1 limit 1
    ) e on true
"""
ROWS: Mapping[str, LiteralString] = {
    "accounts": "select count(*) from accounts",
    "attempts": "select count(*) from attempts",
    "messages": "select count(*) from messages",
}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a reader stands at one moment."""

    name: str
    position: int
    """Everything up to here has been taken in."""
    head: int
    lag_events: int
    lag_s: float
    """How long the first event behind its position has been in the log; 0 when there is none."""
    parked: int


class _Recorded(msgspec.Struct):
    recorded: datetime


_decoder = msgspec.json.Decoder(_Recorded)


async def standings(database: Database, positions: Mapping[str, int | None]) -> list[Standing]:
    """Tell of each reader, at the position given for it, or where its cursor stands (None)."""
    records = await database.fetch(STANDINGS, (list(positions), list(positions.values())))
    order = list(positions)
    return [
        Standing(
            name=name,
            position=position,
            head=head,
            # A position may have been handed out after this statement looked at the log.
            lag_events=max(0, head - position),
            lag_s=_waiting_s(state, now),
            parked=parked,
        )
        for name, head, position, state, now, parked in sorted(
            records, key=lambda record: order.index(record[0])
        )
    ]


async def count_rows(database: Database, table: str) -> int:
    """Count a read model's rows."""
    return (await database.fetch(ROWS[table]))[0][0]


def _waiting_s(state: bytes | None, now: datetime) -> float:
    if state is None:
        return 0.0
    try:
        return max(0.0, (now - _decoder.decode(state).recorded).total_seconds())
    except (msgspec.MsgspecError, UnicodeDecodeError, TypeError):
        return 0.0  # written by a hand: the lag in events still tells of it
