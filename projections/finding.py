"""A finding: something that the log proves about an attempt, and what to do about it."""

import msgspec

from domain.advised import Actor
from domain.reasons import Reason
from projections.cause_table import CAUSES
from projections.timeline import TimelineRow


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the log proves about an attempt."""

    code: str
    """Stable name: the reason's own code, or a more exact one; `unknown` if no rule applies."""
    reason: Reason | None
    sentence: str
    positions: tuple[int, ...]
    """Positions of the events that prove it."""
    inputs: tuple[int, ...] = ()
    """Ids of the inputs that prove it, where no event does."""
    actor: Actor
    next_step: str
    retry_helps: bool


def found(
    code: str, ending: TimelineRow, sentence: str, *proof: TimelineRow | int | None
) -> Finding:
    """Make the finding of a cause, proved by `proof` (rows, positions) and the ending."""
    told = CAUSES[code].advice
    rows = [row for row in (*proof, ending) if isinstance(row, TimelineRow)]
    positions = {row.position for row in rows} | {p for p in proof if isinstance(p, int)}
    return Finding(
        code=code,
        reason=reason_of(ending),
        sentence=sentence,
        positions=tuple(sorted(position for position in positions if position is not None)),
        inputs=tuple(sorted(row.cause.input_id for row in rows if row.position is None)),
        actor=told.actor,
        next_step=told.next_step,
        retry_helps=told.retry_helps,
    )


def reason_of(ending: TimelineRow) -> Reason:
    """Give the domain's word for an ending."""
    reason: Reason = getattr(ending.event, "reason", None) or _UNSAID[ending.name]
    return reason


_UNSAID = {"AccountSuperseded": Reason.SUPERSEDED, "ReconnectCalledOff": Reason.STOPPED}
"""The reason that an event's own name is."""


def detail_of(ending: TimelineRow) -> str:
    """Give what was seen of the ending; empty if nothing, or if the account was erased."""
    return getattr(ending.event, "detail", "")


def with_detail(sentence: str, ending: TimelineRow) -> str:
    """Add to a sentence what was seen of the ending."""
    detail = detail_of(ending)
    return f"{sentence[:-1]} ({detail})." if detail else sentence
