"""Decisions on trouble and logouts that the page or the worker reports."""

from domain import events as e
from domain import troubles
from domain.account import Account, Attempt
from domain.deadlines import Awaited, due_in
from domain.decision import Decision, Ignored
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from domain.status import Status
from domain.wished import UNLINKED


def decide(account: Account, attempt: Attempt, command: RecordProblem | RecordLogout) -> Decision:
    """Decide what ends the attempt or the link."""
    if isinstance(command, RecordLogout):
        return _logout(account, attempt, command)
    return troubles.end(
        account, command.at, command.reason, detail=command.detail, jitter=command.jitter
    )


def _logout(account: Account, attempt: Attempt, command: RecordLogout) -> Decision:
    match account.status:
        case Status.READY:
            return [_logged_out(account, command)]
        case Status.DISCONNECTED if account.reason not in UNLINKED:
            return [_logged_out(account, command)]
        case Status.AUTHENTICATING if attempt.session_found:
            return [_session_rejected(attempt, command)]
        case Status.AUTHENTICATING:
            return troubles.end(account, command.at, Reason.PHONE_UNLINKED, detail=command.detail)
        case _:
            return Ignored("not_linked")


def _logged_out(account: Account, command: RecordLogout) -> e.LoggedOut:
    """A logout that was asked for is the client's, whoever reports it."""
    if account.logout_requested or command.by == "client":
        reason, by_whom = Reason.LOGGED_OUT, "client"
    else:
        reason, by_whom = Reason.PHONE_UNLINKED, command.by
    return e.LoggedOut(at=command.at, by=by_whom, reason=reason, detail=command.detail)


def _session_rejected(attempt: Attempt, command: RecordLogout) -> e.SessionRejected:
    return e.SessionRejected(
        at=command.at,
        attempt=attempt.id,
        reason=Reason.PHONE_UNLINKED,
        deadline=due_in(Awaited.PAGE, command.at, attempt.policy.initialize_s),
    )
