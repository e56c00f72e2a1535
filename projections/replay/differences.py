"""What makes two rows the same kind of step, and what may differ within a kind."""

from collections.abc import Iterator

import msgspec

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.policy import Policy
from projections.replay.alignment import Key
from projections.replay.comparison import ComparedRow, Difference
from projections.timeline import TimelineRow

SUBKINDS: dict[type[e.AccountEvent], str] = {e.PageReached: "phase", f.EvidenceKept: "kind"}
"""Event -> the field that makes it another kind of step."""
TELLING: dict[type[e.AccountEvent], tuple[str, ...]] = {
    e.LinkRequested: ("method", "policy"),
    e.ReconnectStarted: ("by", "policy"),
    e.SessionRejected: ("reason",),
    e.ActionRequired: ("action",),
    e.LinkFailed: ("reason",),
    e.ReconnectFailed: ("reason",),
    e.ConnectionLost: ("reason",),
    e.LoggedOut: ("by", "reason", "confirmed"),
    f.SealingFailed: ("reason",),
    f.StandbyFailed: ("reason",),
    f.StandbyPromoted: ("because",),
}
"""Event -> its fields that make a difference; the others are times, identifiers and counts."""

BESIDE = frozenset(
    event.__name__
    for event in (
        e.SyncProgressed,
        f.PrimaryChosen,
        f.PrimaryWithdrawn,
        f.SessionSealed,
        f.StandbyRequested,
        f.StandbyReady,
        f.EvidenceKept,
        m.MessageQueued,
        m.MessageNotSent,
        m.MessageSent,
        m.MessageDelivered,
        m.MessageRead,
        m.MessageFailed,
        m.MessageReceived,
    )
)
"""Topics of events that tell nothing of how the linking went on."""


def key_of(row: TimelineRow) -> Key:
    """Say what kind of step a row is."""
    if row.event is None:
        return (row.what, row.name, row.rule)
    field = SUBKINDS.get(type(row.event))
    return (row.what, row.name, str(getattr(row.event, field)) if field else "")


def counts(row: ComparedRow) -> bool:
    """Tell whether two attempts part where only one of them has this row.

    They do not by what goes on beside the linking and takes its own time, or by an input that
    rightly changed nothing. A refused one counts: a client wanted something else.
    """
    return row.what == "refused" or (row.what == "event" and row.name not in BESIDE)


def differences(left: TimelineRow, right: TimelineRow) -> tuple[Difference, ...]:
    """List in what two rows of the same kind differ."""
    fields = TELLING.get(type(left.event), ()) if left.event is not None else ()
    return tuple(
        found
        for field in fields
        for found in _differing(field, getattr(left.event, field), getattr(right.event, field))
    )


def _differing(field: str, left: object, right: object) -> Iterator[Difference]:
    if left == right:
        return
    if isinstance(left, Policy) and isinstance(right, Policy):
        for part in Policy.__struct_fields__:
            yield from _differing(f"{field}.{part}", getattr(left, part), getattr(right, part))
        return
    yield Difference(field, _text(left), _text(right))


def _text(value: object) -> str:
    return str(msgspec.to_builtins(value))
