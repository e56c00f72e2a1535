"""Decisions on the standby: how far it has come, and when it takes the session over."""

from datetime import timedelta
from typing import assert_never

from domain import events as e
from domain import facts as f
from domain.account import Account, Attempt
from domain.deadlines import Awaited, due_in
from domain.decision import Decision, Ignored
from domain.observations import RecordStandby
from domain.reasons import UNLINKED, Reason
from domain.refusals import Refused
from domain.status import LINKING, Status
from domain.troubles import never_begun
from domain.wishes import PromoteStandby

PRIMARY_LOST = frozenset(
    {
        Reason.BROWSER_CRASHED,
        Reason.PAGE_HUNG,
        Reason.OUT_OF_MEMORY,
        Reason.PROFILE_LOCKED,
        Reason.MACHINE_BUSY,
        Reason.WORKER_LOST,
    }
)
"""Losses that are the primary's own: another process may fare better at once.

Never a lost network or a phone that is offline: the standby has no other way to WhatsApp.
"""


def recorded(account: Account, attempt: Attempt, command: RecordStandby) -> Decision:
    """Decide what the standby reports of itself."""
    standby = account.standby
    if attempt.holder == "standby":
        return Ignored("promoted_already")
    if account.session_digest is None:
        return Ignored("not_sealed")
    match command.stage:
        case "requested":
            return _requested(account, command)
        case "ready":
            if standby.stage == "none":
                return Ignored("not_requested")
            return _ready(account, command)
        case "failed":
            if standby.stage in ("none", "failed"):
                return Ignored("not_requested")
            return [_failed(attempt, command)]
        case "promoted":
            return Ignored("promoted_by_wish_only")
        case _:
            assert_never(command.stage)


def _requested(account: Account, command: RecordStandby) -> Decision:
    """A standby that was ready is prepared anew when another process has begun to keep it."""
    standby = account.standby
    if standby.stage == "requested" and standby.digest == command.digest:
        return Ignored("already_so")
    return [f.StandbyRequested(at=command.at, attempt=command.attempt, digest=command.digest)]


def _ready(account: Account, command: RecordStandby) -> Decision:
    standby = account.standby
    renewed = standby.stage == "ready"
    if renewed and standby.digest == command.digest:
        return Ignored("already_so")
    return [
        f.StandbyReady(
            at=command.at, attempt=command.attempt, digest=command.digest, renewed=renewed
        )
    ]


def _failed(attempt: Attempt, command: RecordStandby) -> f.StandbyFailed:
    return f.StandbyFailed(
        at=command.at,
        attempt=command.attempt,
        reason=command.reason,
        retry_at=command.at + timedelta(seconds=attempt.policy.standby_retry_s),
        detail=command.detail,
    )


def promote(account: Account, command: PromoteStandby) -> Decision:
    """Decide that the standby takes over: the primary's link ends, and an attempt begins."""
    attempt = account.attempt
    if account.status in LINKING and attempt is not None:
        raise Refused(
            "attempt_in_progress",
            f"Attempt {attempt.number} ({attempt.id}) is already {account.status.value}",
        )
    linked = account.status in (Status.READY, Status.DISCONNECTED)
    if attempt is None or not linked or account.reason in UNLINKED:
        raise Refused("not_linked", "The account is not linked")
    if attempt.holder == "standby" and account.status is Status.READY:
        return Ignored("promoted_already")
    if account.logout_requested:
        raise Refused("not_linked", "The account is being logged out")
    if command.because == "connection_lost" and not primary_lost(account):
        return Ignored("primary_not_lost")
    if account.standby.stage != "ready":
        raise Refused("standby_not_ready", "No standby is ready to take the session over")
    return _take_over(account, attempt, command)


def primary_lost(account: Account) -> bool:
    """Tell whether the link was lost by the primary's own fault and still exists at WhatsApp."""
    lost = account.status is Status.DISCONNECTED and account.reason in PRIMARY_LOST
    return lost or unattended(account)


def unattended(account: Account) -> bool:
    """Tell whether the account's last reconnect was begun by no worker."""
    if account.attempt is None or account.status is not Status.DISCONNECTED:
        return False
    return never_begun(account.attempt, account.reason)


def _take_over(account: Account, attempt: Attempt, command: PromoteStandby) -> list[e.AccountEvent]:
    policy = account.policy or command.policy
    promoted = f.StandbyPromoted(at=command.at, attempt=attempt.id, because=command.because)
    lost = e.ConnectionLost(at=command.at, attempt=attempt.id, reason=Reason.HANDED_OVER)
    started = e.ReconnectStarted(
        at=command.at,
        attempt=command.attempt,
        number=account.attempts + 1,
        policy=policy,
        deadline=due_in(Awaited.PAGE, command.at, policy.initialize_s),
        by="standby",
    )
    if account.status is Status.READY:
        return [promoted, lost, started]
    return [promoted, started]
