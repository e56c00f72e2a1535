"""The cause of an attempt's ending, for the sums."""

from domain.reasons import Reason
from projections.replay.account_log import AccountLog
from projections.statistics.told import Cause
from projections.why import attempt_cause

UNKNOWN = Cause(code="unknown", actor="operator")
"""Of an ending that the log does not explain, or that could not be read."""
LOOKS_BACK = frozenset({Reason.SESSION_UNREADABLE})
"""Reasons whose rules look at what came before the attempt; tests see that no other does."""


def ending_cause(part: AccountLog, ended_version: int) -> Cause:
    """Name the cause of the attempt whose first ending is the event with this version."""
    attempts = part.timeline().attempts
    for index, attempt in enumerate(attempts):
        if any(row.event and row.version == ended_version for row in attempt.rows):
            finding = attempt_cause(attempt, attempts[:index])
            return Cause(code=finding.code, actor=finding.actor) if finding else UNKNOWN
    return UNKNOWN
