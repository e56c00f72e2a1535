"""What a build, or a policy, makes of many attempts: a verdict on each."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import msgspec

from domain.reasons import Reason
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.replay.what_if import Changes, Verdict, WhatIf, what_if


class FleetQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which attempts, and what is to be other than it was."""

    since: datetime
    workspace: str | None = None
    limit: int | None = None
    """So many of the newest; None for all."""
    changes: Changes = Changes()


class AttemptVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of one attempt."""

    account_id: str
    attempt: int
    """Its number; 0 stands for all that are asked for of an account that cannot be read."""
    verdict: Verdict
    position: int | None = None
    """Of the first recorded event that would be another one."""
    difference: str = ""
    """What differs first and at the end, in words; empty when nothing does."""
    missing: str = ""
    """The first answer that the log does not have; empty unless UNDECIDABLE."""


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all attempts."""

    attempts: int
    verdicts: dict[Verdict, int]
    different: tuple[AttemptVerdict, ...]
    """All that are not SAME, by account and attempt."""


Tell = Callable[[int, int], None]
"""Hears of progress: the accounts that are done, and those there are."""


def fleet_of(verdicts: Iterable[AttemptVerdict]) -> Fleet:
    """Count the verdicts, and keep those that are to be told of."""
    found = sorted(verdicts, key=lambda one: (one.account_id, one.attempt))
    return Fleet(
        attempts=len(found),
        verdicts=dict(Counter(one.verdict for one in found)),
        different=tuple(one for one in found if one.verdict is not Verdict.SAME),
    )


def number_of(attempt: AccountLog) -> int:
    """Give the attempt's number."""
    return attempt.before.account.attempts + 1


def begun_at(attempt: AccountLog) -> datetime:
    """Give when the attempt began."""
    return attempt.inputs[0].at if attempt.inputs else attempt.events[0].recorded_at


def judge_attempt(attempt: AccountLog, changes: Changes) -> AttemptVerdict:
    """Decide the attempt again; raises BadChange, and what a build with a defect raises."""
    found = what_if(attempt, changes)
    return AttemptVerdict(
        account_id=attempt.account_id,
        attempt=number_of(attempt),
        verdict=found.verdict,
        position=found.first_difference,
        difference="" if found.verdict is Verdict.SAME else _difference(attempt, found),
        missing=found.missing,
    )


def undecidable(account_id: str, number: int, missing: str) -> AttemptVerdict:
    """Say that the log does not tell what would become of an attempt."""
    return AttemptVerdict(
        account_id=account_id, attempt=number, verdict=Verdict.UNDECIDABLE, missing=missing
    )


def _difference(attempt: AccountLog, found: WhatIf) -> str:
    same = found.same_events
    before = attempt.events[same].topic if same < len(attempt.events) else "nothing more"
    after = type(found.events[same]).__name__ if same < len(found.events) else "nothing more"
    steps = f"{before} would be {after}" if before != after else f"another {before}"
    return f"{steps}; {_ends(found)}" if found.missing == "" else steps


def _ends(found: WhatIf) -> str:
    before = _end(found.status_before, found.reason_before)
    after = _end(found.status_after, found.reason_after)
    return f"{before} at the end, as recorded" if before == after else f"{before} would be {after}"


def _end(status: Status, reason: Reason | None) -> str:
    return f"{status.value} ({reason.value})" if reason else status.value
