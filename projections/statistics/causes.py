"""The cause of an attempt's ending, for the sums."""

from collections.abc import Sequence

from domain.advised import Advice
from domain.reasons import Reason
from projections.cause_table import CAUSES
from projections.causes import unknown
from projections.replay.account_log import AccountLog
from projections.timeline import AttemptTimeline
from projections.why import attempt_cause

UNKNOWN = "unknown"
"""Of an ending that the log does not explain, or that could not be read."""
LOOKS_BACK = frozenset({Reason.SESSION_UNREADABLE})
"""Reasons whose rules look at what came before the attempt; tests see that no other does."""


def ending_cause(part: AccountLog, ended_version: int) -> str:
    """Name the cause of the attempt whose first ending is the event with this version."""
    return cause_among(part.timeline().attempts, ended_version)


def cause_among(attempts: Sequence[AttemptTimeline], ended_version: int) -> str:
    """Name the cause of the ending with this version, among an account's attempts."""
    for index, attempt in enumerate(attempts):
        if any(row.event and row.version == ended_version for row in attempt.rows):
            finding = attempt_cause(attempt, attempts[:index])
            return finding.code if finding else UNKNOWN
    return UNKNOWN


def advice_of(code: str) -> Advice:
    """Say what a cause means in general, and what to do about it."""
    if code in CAUSES:
        return CAUSES[code].advice
    finding = unknown()
    return Advice(finding.sentence, finding.actor, finding.next_step, finding.retry_helps)
