"""What the rules about causes look at: an attempt's rows, sorted by what they tell."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain import events as e
from domain import facts as f
from domain.status import LINKING
from projections.timeline import AttemptTimeline, TimelineRow

ENDINGS = (
    e.LinkFailed,
    e.ReconnectFailed,
    e.ConnectionLost,
    e.LoggedOut,
    e.AccountSuperseded,
    f.ReconnectCalledOff,
)
"""The events that leave an account FAILED or DISCONNECTED, and give the reason for it."""

_PROGRESS = (e.PageReached, e.SessionRejected)


class ShownCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was on show, and who took it from there."""

    ordinal: int
    fingerprint: str
    position: int
    shown_at: datetime
    expires_at: datetime
    fetched_at: datetime | None = None
    fetched_position: int | None = None


class AttemptFacts(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt's rows by what they tell; rows are in the log's order."""

    rows: tuple[TimelineRow, ...]
    codes: tuple[ShownCode, ...]
    progress: tuple[TimelineRow, ...]
    """How far the page came: the phases it reached, and a kept session that turned out dead."""
    syncs: tuple[TimelineRow, ...]
    scan: TimelineRow | None
    endings: tuple[TimelineRow, ...]
    rejected: TimelineRow | None
    """The kept session turned out dead."""
    ran_out: tuple[TimelineRow, ...]
    """The page had no codes any more, and was asked for new ones."""
    earlier: tuple[AttemptTimeline, ...] = ()
    """The parts of the story before the attempt, as far as they are at hand."""

    @property
    def history(self) -> tuple[TimelineRow, ...]:
        """The rows of this attempt and of those before it."""
        return (*(row for part in self.earlier for row in part.rows), *self.rows)

    def last(self, kind: type[e.AccountEvent]) -> TimelineRow | None:
        """Find the attempt's last event of a kind."""
        return next((row for row in reversed(self.rows) if isinstance(row.event, kind)), None)

    @property
    def fetched(self) -> tuple[ShownCode, ...]:
        """The codes that a client fetched."""
        return tuple(code for code in self.codes if code.fetched_at is not None)


def attempt_facts(part: AttemptTimeline, earlier: Sequence[AttemptTimeline] = ()) -> AttemptFacts:
    """Sort an attempt's rows; `earlier` are the parts of the story before it."""
    rows = part.rows
    return AttemptFacts(
        rows=rows,
        codes=_codes(rows),
        progress=tuple(row for row in rows if isinstance(row.event, _PROGRESS)),
        syncs=tuple(row for row in rows if isinstance(row.event, e.SyncProgressed)),
        scan=next((row for row in rows if isinstance(row.event, e.QrScanned)), None),
        endings=tuple(row for row in rows if isinstance(row.event, ENDINGS)),
        rejected=next((row for row in rows if isinstance(row.event, e.SessionRejected)), None),
        ran_out=tuple(row for row in rows if isinstance(row.event, e.CodesExhausted)),
        earlier=tuple(earlier),
    )


def _codes(rows: tuple[TimelineRow, ...]) -> tuple[ShownCode, ...]:
    codes: list[ShownCode] = []
    for row in rows:
        event, position = row.event, row.position
        if position is None:
            continue
        if isinstance(event, e.QrIssued | e.PairingCodeIssued):
            shown = ShownCode(
                ordinal=len(codes) + 1,
                fingerprint=event.fingerprint,
                position=position,
                shown_at=event.at,
                expires_at=event.expires_at,
            )
            codes.append(shown)
        elif isinstance(event, e.QrFetched) and codes:
            codes[-1] = msgspec.structs.replace(
                codes[-1], fetched_at=event.at, fetched_position=position
            )
    return tuple(codes)


def longest_wait(rows: tuple[TimelineRow, ...]) -> TimelineRow | None:
    """Find the row that ends the wait which took most of the linking, if one did.

    Only waits while linking count: an account may be READY, or stay FAILED, for months. A wait
    dominates when it is at least half of all of them and at least a second.
    """
    waits = [row for row in rows if row.status_before in LINKING and row.gap_s > 0]
    if not waits:
        return None
    longest = max(waits, key=lambda row: row.gap_s)
    linking_s = sum(row.gap_s for row in waits)
    dominates = longest.gap_s >= max(1.0, linking_s / 2)
    return longest if dominates else None
