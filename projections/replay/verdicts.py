"""What came of a what-if, beside what was recorded."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from domain import events as e
from domain.account import Account
from domain.deadlines import Awaited
from domain.log import RecordedEvent
from domain.reasons import Reason
from domain.status import LINKING, Status


class Verdict(StrEnum):
    """What the changes do to an attempt."""

    SAME = "SAME"
    """The same events. Policies, and limits that nothing ran into, may be others."""
    FIXED = "FIXED"
    """It ended without becoming READY, and would have become READY."""
    BROKEN = "BROKEN"
    """It became READY, and would not have."""
    DIVERGED = "DIVERGED"
    """Other events; READY in both or in neither."""
    UNDECIDABLE = "UNDECIDABLE"
    """It would have waited for an answer that the log does not have."""


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What would have become of the attempt, up to its end or to the first missing answer."""

    verdict: Verdict
    missing: str
    """The first answer that the log does not have; empty unless undecidable."""
    first_difference: int | None
    """Position of the first recorded event that has no equal in its place; of the last one when
    only more would have followed. None when there is no difference, or no recorded event."""
    same_events: int
    """How many events are the same, from the first on."""
    events: tuple[e.AccountEvent, ...]
    status_before: Status
    """Where the account stood at the end of the record."""
    reason_before: Reason | None
    status_after: Status
    """Where it would have stood."""
    reason_after: Reason | None


class Ends(msgspec.Struct, frozen=True):
    """The account at the end of the record, and at the end of the new run."""

    before: Account
    after: Account


def judge(
    recorded: Sequence[RecordedEvent],
    events: Sequence[e.AccountEvent],
    ends: Ends,
    missing: str,
) -> WhatIf:
    """Compare the new events with those that were recorded."""
    same = _count_alike(recorded, events)
    differs = same < max(len(recorded), len(events))
    return WhatIf(
        verdict=Verdict.UNDECIDABLE if missing else _verdict(recorded, events, ends, same),
        missing=missing,
        first_difference=recorded[min(same, len(recorded) - 1)].position
        if differs and recorded
        else None,
        same_events=same,
        events=tuple(events),
        status_before=ends.before.status,
        reason_before=ends.before.reason,
        status_after=ends.after.status,
        reason_after=ends.after.reason,
    )


def _verdict(
    recorded: Sequence[RecordedEvent], events: Sequence[e.AccountEvent], ends: Ends, same: int
) -> Verdict:
    if same == len(recorded) == len(events):
        return Verdict.SAME
    ready_before = any(isinstance(one.event, e.LinkCompleted) for one in recorded)
    ready_after = any(isinstance(event, e.LinkCompleted) for event in events)
    if ready_before and not ready_after:
        return Verdict.BROKEN
    over = ends.before.status not in LINKING
    return Verdict.FIXED if over and ready_after and not ready_before else Verdict.DIVERGED


def is_same(recorded: Sequence[RecordedEvent], events: Sequence[e.AccountEvent]) -> bool:
    """Tell whether each event has its equal."""
    return _count_alike(recorded, events) == len(recorded) == len(events)


def _count_alike(recorded: Sequence[RecordedEvent], events: Sequence[e.AccountEvent]) -> int:
    for number, (one, event) in enumerate(zip(recorded, events, strict=False)):
        if not alike(one.event, event):
            return number
    return min(len(recorded), len(events))


def alike(recorded: object, event: e.AccountEvent) -> bool:
    """Tell whether the same has happened, whatever policy and limit the event sets.

    An appointment to reconnect is no limit: another time for it is another event.
    """
    if recorded == event:
        return True
    if not isinstance(recorded, e.AccountEvent) or type(recorded) is not type(event):
        return False
    before, after = getattr(recorded, "deadline", None), getattr(event, "deadline", None)
    if before is not None and after is not None:
        if before.awaited is not after.awaited or before.awaited is Awaited.RECONNECT:
            return before == after and _without_policy(recorded, event)
        event = replace(event, deadline=before)
    return _without_policy(recorded, event)


def _without_policy(recorded: e.AccountEvent, event: e.AccountEvent) -> bool:
    if isinstance(recorded, e.LinkRequested | e.ReconnectStarted | e.AccountRegistered):
        event = replace(event, policy=recorded.policy)
    return recorded == event
