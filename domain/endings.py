"""Decisions on trouble and logouts that the page or the worker reports."""

from datetime import datetime

from domain import events as e
from domain import troubles
from domain.account import Account, Attempt
from domain.deadlines import Awaited, due_in
from domain.decision import Decision, Ignored
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import UNLINKED, Reason
from domain.status import Status


def decide(account: Account, attempt: Attempt, command: RecordProblem | RecordLogout) -> Decision:
    """Decide what ends the attempt or the link."""
    if isinstance(command, RecordLogout):
        return _logout(account, attempt, command)
    answered = account.status in (Status.AUTHENTICATING, Status.READY)
    if answered and command.reason in UNLINKED:
        by_whom: e.LoggedOutBy = "client" if command.reason is Reason.LOGGED_OUT else "phone"
        logout = RecordLogout(
            at=command.at, attempt=command.attempt, by=by_whom, detail=command.detail
        )
        return _logout(account, attempt, logout)
    return troubles.end(
        account, command.at, command.reason, detail=command.detail, jitter=command.jitter
    )


def _logout(account: Account, attempt: Attempt, command: RecordLogout) -> Decision:
    match account.status:
        case Status.READY:
            return [logged_out(account, command.at, command.by, command.detail)]
        case Status.DISCONNECTED if account.reason not in UNLINKED:
            return [logged_out(account, command.at, command.by, command.detail)]
        case Status.AUTHENTICATING if attempt.session_found and not attempt.session_dead:
            return [session_rejected(attempt, command.at, Reason.PHONE_UNLINKED)]
        case Status.AUTHENTICATING:
            return troubles.end(account, command.at, Reason.PHONE_UNLINKED, detail=command.detail)
        case _:
            return Ignored("not_linked")


def logged_out(account: Account, at: datetime, by: e.LoggedOutBy, detail: str) -> e.LoggedOut:
    """End a link that WhatsApp no longer has. One that was asked for is the client's."""
    if account.logout_requested or by == "client":
        return e.LoggedOut(at=at, by="client", reason=Reason.LOGGED_OUT, detail=detail)
    return e.LoggedOut(at=at, by=by, reason=Reason.PHONE_UNLINKED, detail=detail)


def session_rejected(attempt: Attempt, at: datetime, reason: Reason) -> e.SessionRejected:
    """Go back towards a code. Once in an attempt: a second dead session ends it."""
    deadline = due_in(Awaited.PAGE, at, attempt.policy.initialize_s)
    return e.SessionRejected(at=at, attempt=attempt.id, reason=reason, deadline=deadline)
