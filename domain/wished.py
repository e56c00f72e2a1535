"""Decisions on what a client wants."""

from typing import assert_never

from domain import events as e
from domain import facts as f
from domain import messages, standby, troubles
from domain.account import Account
from domain.commands import (
    CancelLink,
    DestroyAccount,
    PromoteStandby,
    RegisterAccount,
    RequestLink,
    RequestLogout,
    RequestReconnect,
    RequestStop,
    SendMessage,
    Wish,
)
from domain.deadlines import Awaited, due_in
from domain.decision import Decision, Ignored
from domain.reasons import UNLINKED, Reason
from domain.refusals import Refused
from domain.status import LINKING, Status


def decide(account: Account, command: Wish) -> Decision:
    """Decide a client's wish."""
    match command:
        case RegisterAccount():
            return _register(account, command)
        case RequestLink():
            return _request_link(account, command)
        case CancelLink():
            return _cancel(account, command)
        case RequestReconnect():
            return _request_reconnect(account, command)
        case PromoteStandby():
            return standby.promote(account, command)
        case RequestStop():
            return _request_stop(account, command)
        case RequestLogout():
            return _request_logout(account, command)
        case DestroyAccount():
            return _destroy(account, command)
        case SendMessage():
            return messages.send(account, command)
        case _:
            assert_never(command)


def _register(account: Account, command: RegisterAccount) -> Decision:
    if account.registered:
        raise Refused("already_registered", "An account with this id is registered already")
    return [
        e.AccountRegistered(
            at=command.at,
            workspace=command.workspace,
            label=command.label,
            site=command.site,
            policy=command.policy,
        )
    ]


def _request_link(account: Account, command: RequestLink) -> Decision:
    _require_free(account)
    if command.retry and account.status not in (Status.FAILED, Status.DISCONNECTED):
        raise Refused("nothing_to_retry", "Only a failed or lost link can be retried")
    if command.method == "pairing_code" and not command.pairing_phone:
        raise Refused("pairing_phone_required", "A pairing code needs the phone's number")
    policy = account.policy or command.policy
    return [
        e.LinkRequested(
            at=command.at,
            attempt=command.attempt,
            number=account.attempts + 1,
            method=command.method,
            policy=policy,
            deadline=due_in(Awaited.PAGE, command.at, policy.initialize_s),
            pairing_phone=command.pairing_phone,
        )
    ]


def _require_free(account: Account) -> None:
    """Refuse a second start beside a running or successful one, and one of an erased account."""
    if account.erased:
        raise Refused("erased", "The account was erased for good; register another one")
    if account.status in LINKING and account.attempt:
        raise Refused(
            "attempt_in_progress",
            f"Attempt {account.attempt.number} ({account.attempt.id}) is already"
            f" {account.status.value}; wait for it or cancel it",
        )
    if account.status is Status.READY:
        raise Refused("already_linked", "The account is linked; log out before linking again")


def _cancel(account: Account, command: CancelLink) -> Decision:
    if account.reason is Reason.CANCELLED and account.status in (
        Status.FAILED,
        Status.DISCONNECTED,
    ):
        return Ignored("already_cancelled")
    if account.status not in LINKING or account.attempt is None:
        raise Refused("nothing_to_cancel", "No attempt is running")
    return [troubles.attempt_failed(account.attempt, command.at, Reason.CANCELLED)]


def _request_reconnect(account: Account, command: RequestReconnect) -> Decision:
    _require_free(account)
    if account.status is not Status.DISCONNECTED or account.reason in UNLINKED:
        raise Refused("no_session", "No kept session is left to reconnect from; link again")
    policy = account.policy or command.policy
    return [
        e.ReconnectStarted(
            at=command.at,
            attempt=command.attempt,
            number=account.attempts + 1,
            policy=policy,
            deadline=due_in(Awaited.PAGE, command.at, policy.initialize_s),
            by="client",
        )
    ]


def _request_stop(account: Account, command: RequestStop) -> Decision:
    """Let a link rest: whatever would bring it back by itself is called off too."""
    attempt = account.attempt
    if attempt is None or account.status is Status.FAILED:
        raise Refused("not_linked", "The account is not linked")
    if account.status in LINKING and not attempt.returning:
        raise Refused("attempt_in_progress", "An attempt is running; cancel it instead")
    if account.logout_requested:
        return Ignored("logout_in_progress")
    if account.status is not Status.DISCONNECTED:
        return troubles.end(account, command.at, Reason.STOPPED)
    if account.deadline is None:
        return Ignored("nothing_to_stop")
    return [f.ReconnectCalledOff(at=command.at, attempt=attempt.id)]


def _request_logout(account: Account, command: RequestLogout) -> Decision:
    if account.status is Status.DISCONNECTED:
        if account.reason in UNLINKED:
            return Ignored("already_logged_out")
        return [troubles.unconfirmed_logout(command.at)]
    if account.status in LINKING:
        raise Refused("attempt_in_progress", "An attempt is running; cancel it instead")
    if account.status is not Status.READY or account.attempt is None:
        raise Refused("not_linked", "The account is not linked")
    if account.logout_requested:
        return Ignored("logout_in_progress")
    limit_s = account.attempt.policy.logout_s
    deadline = due_in(Awaited.LOGOUT, command.at, limit_s)
    return [e.LogoutRequested(at=command.at, deadline=deadline)]


def _destroy(account: Account, command: DestroyAccount) -> Decision:
    events: list[e.AccountEvent] = []
    if account.status is not Status.NOT_CREATED:
        events.append(e.AccountDestroyed(at=command.at))
    if command.erase and not account.erased:
        events.append(f.AccountErased(at=command.at))
    return events or Ignored("already_erased" if command.erase else "nothing_to_destroy")
