"""Finds events of an account by what they are about, however long its story."""

from datetime import datetime
from typing import cast

from adapters.event_log.interface import EventLog
from app.held import Held
from domain.events import AccountEvent
from domain.log import RecordedEvent
from projections.replay.state import To, stops

AT_ONCE = 200
"""Events read at once: 2 ms."""


async def event_at(log: EventLog, account_id: str, version: int) -> RecordedEvent | None:
    """Read the event that led to a version; None for version 0."""
    if version == 0:
        return None
    [recorded] = await log.load(account_id, version - 1, until_version=version)
    return recorded


async def version_at(log: EventLog, account_id: str, newest: int, moment: datetime) -> int:
    """Tell which version the account had at this time, by the log's clock, in few short reads."""
    known, after = 0, newest + 1
    while after - known > AT_ONCE:
        middle = (known + after) // 2
        recorded = await event_at(log, account_id, middle)
        if recorded is not None and recorded.recorded_at <= moment:
            known = middle
        else:
            after = middle
    events = await log.load(account_id, known, until_version=after - 1)
    return known + sum(one.recorded_at <= moment for one in events)


async def step(log: EventLog, account_id: str, held: Held, to: To) -> int | None:
    """Tell to which version a step from the one that is held leads; None when there is none."""
    if to == "previous":
        return held.version - 1 if held.version > 0 else None
    status, version = held.account.status, held.version
    at_once = 1 if to == "event" else AT_ONCE
    while events := await log.load(account_id, version, limit=at_once):
        for one in events:
            if stops(to, status, cast("AccountEvent", one.event)):
                return one.version
        version = events[-1].version
    return None
