"""The path that attempts took through the lifecycle: visits, transitions, and times.

Every status and every transition of the domain's table is there, those that were not taken too.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from domain.diagram import transitions
from domain.lifecycle import EVENTS
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.timeline import Timeline

Arrow = tuple[Status, Status]


class StatusVisits(msgspec.Struct, frozen=True, kw_only=True):
    """One status."""

    status: Status
    visits: int
    """How often it was entered, or was where a log begins."""
    time_s: float
    """How long all visits took together."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One arrow of the diagram."""

    source: Status
    to: Status
    count: int
    after_s: float
    """How long the status before had lasted each time, together."""
    events: dict[str, int]
    """The events that made it, and how often, in the table's order."""
    legal: tuple[str, ...]
    """The events that may; none if only an older build knew this transition."""


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """The path of one log, or of many together."""

    logs: int
    statuses: tuple[StatusVisits, ...]
    """All seven, in the lifecycle's order."""
    transitions: tuple[Transition, ...]
    """Every legal one, in the table's order of statuses; then those that no table has."""


def path_of(logs: Iterable[AccountLog], *, until: datetime | None = None) -> Path:
    """Follow all logs; `until` (now, say) ends the last status of each, else its last row does."""
    counted = _Counted()
    for log in logs:
        counted.take(log.timeline(until=until))
    return counted.path()


class _Counted:
    """What has been counted so far; times are exact until they are told."""

    def __init__(self) -> None:
        self.logs = 0
        self.visits = dict.fromkeys(Status, 0)
        self.spent = dict.fromkeys(Status, timedelta())
        self.after: dict[Arrow, timedelta] = {}
        self.events: dict[Arrow, dict[str, int]] = {}

    def take(self, told: Timeline) -> None:
        self.logs += 1
        for status, seconds in told.time_in_status_s.items():
            self.spent[status] += timedelta(seconds=seconds)
        rows = told.rows
        if not rows:
            return
        self.visits[rows[0].status_before] += 1
        since = rows[0].at
        for row in rows:
            if row.status_after is row.status_before:
                continue
            arrow = row.status_before, row.status_after
            self.visits[row.status_after] += 1
            self.after[arrow] = self.after.get(arrow, timedelta()) + (row.at - since)
            events = self.events.setdefault(arrow, {})
            events[row.name] = events.get(row.name, 0) + 1
            since = row.at

    def path(self) -> Path:
        legal = transitions()
        arrows = [*legal, *(arrow for arrow in self.events if arrow not in legal)]
        return Path(
            logs=self.logs,
            statuses=tuple(
                StatusVisits(
                    status=status,
                    visits=self.visits[status],
                    time_s=self.spent[status].total_seconds(),
                )
                for status in Status
            ),
            transitions=tuple(
                Transition(
                    source=arrow[0],
                    to=arrow[1],
                    count=sum(self.events.get(arrow, {}).values()),
                    after_s=self.after.get(arrow, timedelta()).total_seconds(),
                    events=_in_order(self.events.get(arrow, {})),
                    legal=legal.get(arrow, ()),
                )
                for arrow in arrows
            ),
        )


def _in_order(events: dict[str, int]) -> dict[str, int]:
    """Order them as the table does, whichever came first."""
    order = list(EVENTS)
    return dict(sorted(events.items(), key=lambda one: order.index(one[0])))
