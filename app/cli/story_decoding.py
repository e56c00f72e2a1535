"""Reads the timeline that the API answers back into the structs that it was written from."""

from typing import Any

import msgspec

from domain.events import AccountEvent
from projections.sentences import EVENT_SENTENCES
from projections.timeline import AttemptTimeline, Timeline, TimelineRow

EVENTS = {event.__name__: event for event in EVENT_SENTENCES}
"""Topic -> event, for every event of an account that this build knows."""


class StoryUnreadable(ValueError):
    """It is no timeline, or one of a build that is too different."""


def decode_timeline(content: bytes) -> Timeline:
    """Read the answer of GET …/timeline; raises StoryUnreadable."""
    try:
        told: dict[str, Any] = msgspec.json.decode(content)["timeline"]
        events = [[row.pop("event") for row in part["rows"]] for part in told["attempts"]]
        for part in told["attempts"]:
            for row in part["rows"]:
                row["event"] = None
        bare = msgspec.convert(told, Timeline)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError) as error:
        raise StoryUnreadable("its timeline cannot be read") from error
    parts = zip(bare.attempts, events, strict=True)
    return msgspec.structs.replace(bare, attempts=tuple(_filled(*part) for part in parts))


def _filled(part: AttemptTimeline, events: list[Any]) -> AttemptTimeline:
    rows = zip(part.rows, events, strict=True)
    return msgspec.structs.replace(part, rows=tuple(_row(row, event) for row, event in rows))


def _row(row: TimelineRow, event: object) -> TimelineRow:
    """Put the event back by its topic; one of a newer build is left out, its sentence is there."""
    kind: type[AccountEvent] | None = EVENTS.get(row.name) if event is not None else None
    if kind is None:
        return row
    try:
        return msgspec.structs.replace(row, event=msgspec.convert(event, kind))
    except msgspec.ValidationError:
        return row
