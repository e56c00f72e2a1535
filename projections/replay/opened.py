"""What a bundle tells whoever opens it, without a service: the timeline, why, and the causes."""

from datetime import datetime

import msgspec

from domain.evolve import replay
from projections.causes import Finding
from projections.replay.account_log import AccountLog
from projections.replay.bundle import Bundle
from projections.replay.redaction import EPOCH, Level
from projections.rows import account_event
from projections.timeline import Timeline
from projections.why import Why, attempt_cause, why


class AttemptCause(msgspec.Struct, frozen=True, kw_only=True):
    """Why an attempt ended."""

    number: int
    cause: Finding


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle, told as of its last row."""

    account_id: str
    level: Level
    build: str
    """The build that wrote it."""
    attempt: int | None
    """The number of the only attempt in it; None when it is the account's story."""
    positions: tuple[int, int] | None
    """First and last in the log that it was taken from."""
    timeline: Timeline
    why: Why
    causes: tuple[AttemptCause, ...]
    """Of each attempt that is over, oldest first."""


def opened(bundle: Bundle) -> Opened:
    """Tell a bundle. The same bundle is always told the same."""
    log = bundle.log
    told = log.timeline()
    account = replay(map(account_event, log.events), log.before.account)
    causes = [
        AttemptCause(number=part.attempt.number, cause=cause)
        for earlier, part in enumerate(told.attempts)
        if part.attempt and (cause := attempt_cause(part, told.attempts[:earlier]))
    ]
    return Opened(
        account_id=log.account_id,
        level=bundle.level,
        build=bundle.build,
        attempt=bundle.attempt,
        positions=bundle.positions,
        timeline=told,
        why=why(account, told, _end(told)),
        causes=tuple(causes),
    )


def attempt_of(bundle: Bundle, number: int | None = None) -> AccountLog | None:
    """Give an attempt in a bundle, the newest by default; None when its beginning is not in it."""
    if number is not None:
        return bundle.log.attempt(number)
    return next(reversed(bundle.log.attempts()), None)


def _end(told: Timeline) -> datetime:
    return max((row.at for row in told.rows), default=EPOCH)
