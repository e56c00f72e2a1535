"""The shapes of a comparison: two attempts in two columns."""

from datetime import datetime
from typing import Literal

import msgspec

from domain.status import Status
from projections.attempts import AttemptRow


class ComparedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the timeline, with its times counted in its own attempt."""

    what: Literal["event", "accepted", "ignored", "refused"]
    name: str
    sentence: str
    position: int | None
    """Of an event; an input that led to none has none."""
    input_id: int
    at: datetime
    since_start_s: float
    gap_s: float
    """Since the row before; 0 for the attempt's first."""
    status_before: Status
    status_after: Status


class Difference(msgspec.Struct, frozen=True):
    """One thing in which two steps of the same kind differ."""

    field: str
    left: str
    right: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the two columns; at least one side is there."""

    left: ComparedRow | None
    right: ComparedRow | None
    aligned: bool
    """Both are the same kind of step; otherwise they only stand beside each other."""
    same: bool
    """They are aligned and `differs` is empty: only times, names and numbers may differ."""
    differs: tuple[Difference, ...] = ()
    delta_s: float | None = None
    """How much later in its attempt the right one came; None unless they are aligned."""
    gap_delta_s: float | None = None
    """How much longer the right side took from the aligned pair before to this one."""


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """Where the attempts part."""

    pair: int
    """Index of the first pair that makes a difference."""
    after: int | None
    """Index of the last aligned pair before it; None when there is none."""
    left: ComparedRow | None
    """What this side went on with; None when it had ended."""
    right: ComparedRow | None
    sentence: str


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two."""

    account_id: str
    attempt: AttemptRow | None
    name: str
    """What the sentences call it."""
    rows: int
    rows_left_out: int
    """Rows behind the most that are compared."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two attempts side by side; every compared row is in one pair, in order."""

    left: Side
    right: Side
    pairs: tuple[Pair, ...]
    first_divergence: Divergence | None
    slowest: int | None
    """Index of the pair whose `gap_delta_s` is farthest from 0, of those that can be compared."""
    sentence: str
