"""A timeline as plain rows of text: what the command line and a page put into a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from domain.status import Status
from projections.attempt_facts import longest_wait
from projections.finding import Finding
from projections.timeline import AttemptTimeline, Timeline, TimelineRow
from projections.why import attempt_cause

Mark = Literal["", "event", "success", "failure", "ignored", "refused"]

COLUMNS = ("#", "seen at", "recorded", "attempt +", "gap", "status", "what", "who")
"""Headings of `TextRow.cells`, in order."""


class TextRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    cells: tuple[str, ...]
    mark: Mark
    """How the line is to look: an event that changes nothing has no mark."""
    longest_wait: bool
    """The gap that took most of the linking: to be made to stand out."""


class TextSection(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt."""

    heading: str
    rows: tuple[TextRow, ...]
    time_in_status: str
    closing: str
    """The cause of a failure with its proof, or how the attempt stands; one line."""
    next_step: str
    """What to do about it; empty if there is nothing to mend."""


def render_timeline(timeline: Timeline) -> tuple[TextSection, ...]:
    """Give each attempt of the timeline as text; nothing is wrapped or coloured."""
    parts = timeline.attempts
    return tuple(_section(part, parts[:nth]) for nth, part in enumerate(parts))


def _section(part: AttemptTimeline, earlier: Sequence[AttemptTimeline]) -> TextSection:
    wait = longest_wait(part.rows)
    cause = attempt_cause(part, earlier)
    return TextSection(
        heading=_heading(part),
        rows=tuple(_row(row, longest=row is wait) for row in part.rows),
        time_in_status=_times(part),
        closing=closing_line(cause) if cause else _standing(part),
        next_step=f"Next: {cause.next_step}" if cause else "",
    )


def closing_line(cause: Finding) -> str:
    """Say the cause with its proof in one line."""
    return f"Cause: {cause.sentence}  Proof: {_proof(cause)}."


def _proof(cause: Finding) -> str:
    numbers = ", ".join(str(position) for position in cause.positions)
    match len(cause.positions):
        case 0:
            return "none in these events"
        case 1:
            return f"event {numbers}"
        case _:
            return f"events {numbers}"


def _heading(part: AttemptTimeline) -> str:
    attempt = part.attempt
    if attempt is None:
        return "Before the first attempt"
    kind = "reconnect" if attempt.kind == "reconnect" else f"link by {_METHODS[attempt.method]}"
    started = f"{attempt.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"Attempt {attempt.number} ({attempt.attempt_id}), {kind}, {started}: {attempt.outcome}"


_METHODS = {"qr": "QR code", "pairing_code": "pairing code"}


def _standing(part: AttemptTimeline) -> str:
    attempt = part.attempt
    if attempt is None:
        return "No attempt has been made here."
    if attempt.ready_at is not None:
        took_s = (attempt.ready_at - attempt.started_at).total_seconds()
        return f"Linked after {took_s:.1f} s."
    if attempt.outcome == "destroyed":
        return "The account was destroyed while the attempt was running."
    return "The attempt is running."


def _row(row: TimelineRow, *, longest: bool) -> TextRow:
    cells = (
        str(row.position) if row.position is not None else "·",
        _clock(row.at),
        _clock(row.recorded_at),
        signed_seconds(row.since_start_s),
        signed_seconds(row.gap_s),
        _status(row),
        row.sentence,
        row.cause.actor,
    )
    return TextRow(cells=cells, mark=_mark(row), longest_wait=longest)


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def signed_seconds(seconds: float) -> str:
    """Give seconds with a sign; milliseconds do not matter after a minute."""
    return f"{seconds:+.3f} s" if abs(seconds) < 60 else f"{seconds:+.1f} s"  # noqa: PLR2004


def _status(row: TimelineRow) -> str:
    before, after = row.status_before, row.status_after
    return after.value if before is after else f"{before.value} → {after.value}"


def _mark(row: TimelineRow) -> Mark:
    if row.what == "ignored" or row.what == "refused":  # noqa: PLR1714  narrows the literal
        return row.what
    if row.status_before is row.status_after:
        return ""
    match row.status_after:
        case Status.READY:
            return "success"
        case Status.FAILED | Status.DISCONNECTED:
            return "failure"
        case _:
            return "event"


def _times(part: AttemptTimeline) -> str:
    spent = [(status, s) for status, s in part.time_in_status_s.items() if s > 0]
    told = [f"{status.value} {seconds:.1f} s" for status, seconds in spent]
    return "Time in each status: " + ", ".join(told) if told else ""
