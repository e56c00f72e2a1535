"""What trouble means for an account: the end of an attempt, or a lost link and when it returns."""

from datetime import datetime

from domain import events as e
from domain.account import Account, Attempt
from domain.deadlines import Awaited, Deadline
from domain.decision import Decision, Ignored
from domain.reasons import RECONNECTABLE, UNLINKED, Reason
from domain.status import LINKING, Status


def end(
    account: Account, at: datetime, reason: Reason, *, detail: str = "", jitter: float = 0.5
) -> Decision:
    """Decide a problem by where the account stands."""
    attempt = account.attempt
    if attempt is None or account.status not in LINKING | {Status.READY}:
        return Ignored("attempt_over")
    if account.status is Status.READY and account.logout_requested:
        return [unconfirmed_logout(at, detail)]
    deadline = _next_reconnect(account, attempt, at, reason, jitter)
    if account.status is Status.READY:
        return [
            e.ConnectionLost(
                at=at, attempt=attempt.id, reason=reason, detail=detail, deadline=deadline
            )
        ]
    return [attempt_failed(attempt, at, reason, detail=detail, deadline=deadline)]


def attempt_failed(
    attempt: Attempt,
    at: datetime,
    reason: Reason,
    *,
    detail: str = "",
    deadline: Deadline | None = None,
) -> e.ReconnectFailed | e.LinkFailed:
    """End a running attempt. One whose link still exists leaves the account DISCONNECTED.

    `deadline` is the appointment for the next reconnect; a failed link has none.
    """
    if attempt.returning and reason not in UNLINKED:
        return e.ReconnectFailed(
            at=at, attempt=attempt.id, reason=reason, detail=detail, deadline=deadline
        )
    return e.LinkFailed(at=at, attempt=attempt.id, reason=reason, detail=detail)


def unconfirmed_logout(at: datetime, detail: str = "") -> e.LoggedOut:
    """End the link of an account whose page cannot be asked; its session is deleted here."""
    return e.LoggedOut(at=at, by="client", reason=Reason.LOGGED_OUT, confirmed=False, detail=detail)


def _next_reconnect(
    account: Account, attempt: Attempt, at: datetime, reason: Reason, jitter: float
) -> Deadline | None:
    """Make the appointment for the next reconnect, None when there is to be none."""
    policy = attempt.policy
    tries = 0 if stayed_ready(account, at) else tried(account, reason)
    if reason not in RECONNECTABLE or tries >= policy.reconnect_budget:
        return None
    return Deadline(Awaited.RECONNECT, at + policy.reconnect_delay(tries, jitter))


def tried(account: Account, reason: Reason) -> int:
    """Count the reconnects in a row; those that no worker began use up half of the budget at most.

    They say nothing of the link: once a worker is there again, its reconnects have the other half.
    """
    attempt = account.attempt
    if attempt is None or not attempt.returning or not never_begun(attempt, reason):
        return account.reconnects
    return min(account.reconnects, attempt.policy.reconnect_budget // 2)


def never_begun(attempt: Attempt, reason: Reason | None) -> bool:
    """Tell whether an attempt that ended so was begun by no worker: there is none, or it hangs."""
    return reason is Reason.INITIALIZE_TIMED_OUT and not attempt.phases


def stayed_ready(account: Account, at: datetime) -> bool:
    """Tell whether the account was READY long enough to have its reconnect budget back."""
    if account.ready_at is None or account.attempt is None:
        return False
    stayed_s = (at - account.ready_at).total_seconds()
    return stayed_s >= account.attempt.policy.reconnect_reset_after_s
