"""Decisions when a deadline has passed. A deadline that has moved since fires into nothing."""

from domain import events as e
from domain import troubles
from domain.account import Account, Attempt
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited, Deadline, due_in
from domain.decision import Decision, Ignored
from domain.reasons import Reason


def expire(account: Account, command: ExpireDeadline) -> Decision:
    """Decide what the passing of the account's deadline means."""
    attempt = account.attempt
    if attempt is None or account.deadline != Deadline(command.awaited, command.due):
        return Ignored("deadline_moved")
    if command.at < command.due:
        return Ignored("not_due")
    match command.awaited:
        case Awaited.RECONNECT:
            return [_reconnect(account, attempt, command)]
        case Awaited.LOGOUT:
            return troubles.end(account, command.at, Reason.LOGGED_OUT)
        case awaited:
            reason = _reason(awaited, attempt)
            return troubles.end(account, command.at, reason, jitter=command.jitter)


def _reason(awaited: Awaited, attempt: Attempt) -> Reason:
    """Name what did not come in time."""
    if awaited is Awaited.SCAN and not attempt.codes_fetched:
        return Reason.QR_NOT_FETCHED
    return MISSED[awaited]


MISSED = {
    Awaited.START: Reason.MACHINE_BUSY,
    Awaited.PAGE: Reason.INITIALIZE_TIMED_OUT,
    Awaited.SCAN: Reason.QR_EXPIRED,
    Awaited.AUTHENTICATION: Reason.AUTHENTICATION_TIMED_OUT,
    Awaited.PHONE_NUMBER: Reason.PHONE_NUMBER_UNKNOWN,
    Awaited.PASSKEY: Reason.PASSKEY_REQUIRED,
}
"""What was awaited while linking -> why the attempt ends when it does not come."""


def _reconnect(account: Account, attempt: Attempt, command: ExpireDeadline) -> e.ReconnectStarted:
    policy = account.policy or attempt.policy
    return e.ReconnectStarted(
        at=command.at,
        attempt=command.attempt,
        number=account.attempts + 1,
        policy=policy,
        deadline=due_in(Awaited.PAGE, command.at, policy.initialize_s),
    )
