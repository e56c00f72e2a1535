"""What must hold for every account, whatever happened to it, and for every step it takes.

The walk over all reachable accounts and the hypothesis machines check the same promises. None of
them asks `evolve` what it thinks: the machine built from the table, the policy and the events do.
"""

from datetime import timedelta
from functools import cache

from domain import events as e
from domain import facts as f
from domain.account import NO_STANDBY, Account
from domain.commands import AnyCommand, ExpireDeadline, FromWorkspace, Wish
from domain.deadlines import Awaited, Deadline
from domain.decision import Decision, Ignored
from domain.lifecycle import build_machine
from domain.observations import Observation, RecordLogout, RecordSuperseded
from domain.policy import Policy
from domain.reasons import RECONNECTABLE, UNLINKED, Reason
from domain.standby import PRIMARY_LOST
from domain.status import LINKING, Status
from domain.wishes import PromoteStandby

MACHINE = build_machine()
MAY_AWAIT: dict[Status, set[Awaited]] = {
    Status.NOT_CREATED: set(),
    Status.INITIALIZING: {Awaited.START, Awaited.PAGE, Awaited.PASSKEY},
    Status.WAITING_QR: {Awaited.SCAN, Awaited.PASSKEY},
    Status.AUTHENTICATING: {Awaited.AUTHENTICATION, Awaited.PHONE_NUMBER, Awaited.PASSKEY},
    Status.READY: {Awaited.LOGOUT},
    Status.FAILED: set(),
    Status.DISCONNECTED: {Awaited.RECONNECT},
}
OVER = (Status.NOT_CREATED, Status.FAILED, Status.DISCONNECTED)
MOVES_AFTER_THE_END = Wish | ExpireDeadline | FromWorkspace | RecordLogout
ENDS_WAITING = (
    e.LinkCompleted,
    e.LinkFailed,
    e.AccountSuperseded,
    e.LoggedOut,
    e.AccountDestroyed,
    f.ReconnectCalledOff,
)
PROMOTABLE = (Status.READY, Status.DISCONNECTED)
STARTS = (e.LinkRequested, e.ReconnectStarted)


def check_step(before: Account, command: AnyCommand, decision: Decision, after: Account) -> None:
    """Check one decided command; `after` is the account folded with the decision."""
    if isinstance(decision, Ignored):
        assert after is before or after == before
        assert decision.because
        return
    assert decision, "an accepted command has at least one event"
    if isinstance(command, Observation):
        assert before.attempt is not None
        assert command.attempt == before.attempt.id, "a foreign attempt changes nothing"
    _check_statuses(before, command, decision, after)
    _check_deadline(before, command, decision, after)
    _check_attempt(before, command, decision, after)
    _check_codes(before, decision, after)


@cache
def _rows(event: str, status: Status) -> tuple[str | None, ...]:
    return tuple(row.dest for row in MACHINE.get_transitions(event, status))


def _check_statuses(
    before: Account, command: AnyCommand, decision: list[e.AccountEvent], after: Account
) -> None:
    """Let the machine itself, not the compiled table, say where each event leads."""
    status = before.status
    for event in decision:
        assert event.at == command.at
        rows = _rows(type(event).__name__, status)
        assert len(rows) == 1, f"{event} is not the machine's one step from {status}"
        status = status if rows[0] is None else Status[rows[0]]
    assert after.status is status
    if status is not before.status:
        assert after.since == command.at
        if before.status in OVER:
            assert isinstance(command, MOVES_AFTER_THE_END)
    else:
        assert after.since == before.since or isinstance(decision[0], e.AccountRegistered)


def _check_deadline(
    before: Account, command: AnyCommand, decision: list[e.AccountEvent], after: Account
) -> None:
    """The last event that says something about the deadline is right about it."""
    expected = before.deadline
    for event in decision:
        if isinstance(event, ENDS_WAITING):
            expected = None
        elif "deadline" in event.__struct_fields__:
            expected = getattr(event, "deadline")  # noqa: B009  most events have none
    assert after.deadline == expected
    if expected is not None and expected != before.deadline:
        assert after.attempt is not None
        _check_limit(expected, command, after.attempt.policy, after)


def _check_limit(deadline: Deadline, command: AnyCommand, policy: Policy, after: Account) -> None:
    """A new deadline is as far away as the policy of the attempt says."""
    limit_s = {
        Awaited.START: policy.start_queue_s,
        Awaited.PAGE: policy.initialize_s,
        Awaited.SCAN: policy.link_window_s,
        Awaited.AUTHENTICATION: policy.authentication_s,
        Awaited.PHONE_NUMBER: policy.phone_number_s,
        Awaited.PASSKEY: policy.passkey_s,
        Awaited.LOGOUT: policy.logout_s,
        Awaited.RECONNECT: policy.reconnect_most_s,
    }[deadline.awaited]
    until = command.at + timedelta(seconds=limit_s)
    if deadline.awaited is Awaited.RECONNECT:
        assert command.at < deadline.at <= until
    elif deadline.awaited is Awaited.SCAN:
        assert after.attempt is not None
        assert deadline.at == after.attempt.scan_until
        assert deadline.at <= until
    else:
        assert deadline.at == until


def _check_attempt(
    before: Account, command: AnyCommand, decision: list[e.AccountEvent], after: Account
) -> None:
    """One attempt at a time, numbered without a gap, and every event carries the right one."""
    current = before.attempt.id if before.attempt else None
    for event in decision:
        if isinstance(event, STARTS):
            assert before.status not in LINKING
            assert before.status is not Status.READY or isinstance(command, PromoteStandby)
            assert event.number == before.attempts + 1 == after.attempts
            assert after.attempt is not None
            assert after.attempt.id == event.attempt
            assert after.attempt.started_at == command.at
            current = event.attempt
        elif isinstance(event, e.AttemptEvent):
            assert event.attempt == current
    if any(isinstance(event, e.AccountDestroyed) for event in decision):
        assert after.attempt is None
        assert after.attempts == before.attempts
    elif current is not None:
        assert after.attempt is not None
        assert after.attempt.id == current
    if isinstance(decision[0], e.ReconnectStarted) and decision[0].by == "policy":
        assert before.attempt is not None
        assert before.reconnects < before.attempt.policy.reconnect_budget
        assert after.link == before.link
        assert after.reconnects == before.reconnects + 1
    if isinstance(command, PromoteStandby):
        _check_promotion(before, command, decision, after)
    if any(isinstance(event, e.AccountSuperseded) for event in decision):
        assert isinstance(command, RecordSuperseded)


def _check_promotion(
    before: Account, command: PromoteStandby, decision: list[e.AccountEvent], after: Account
) -> None:
    """Only a standby that is ready takes over, and its attempt is the standby's to open."""
    assert before.standby.stage == "ready"
    assert before.session_digest is not None
    assert before.status in PROMOTABLE
    assert isinstance(decision[0], f.StandbyPromoted)
    assert isinstance(decision[-1], e.ReconnectStarted)
    assert decision[-1].by == "standby"
    assert after.attempt is not None
    assert after.attempt.holder == "standby"
    assert after.link == before.link
    if command.because == "connection_lost":
        assert before.reason in PRIMARY_LOST | {Reason.INITIALIZE_TIMED_OUT}


def _check_codes(before: Account, decision: list[e.AccountEvent], after: Account) -> None:
    """No code is shown twice in an attempt, and the linking window never moves."""
    earlier, later = before.attempt, after.attempt
    if earlier is None or later is None or earlier.id != later.id:
        return
    issued = [
        event.fingerprint
        for event in decision
        if isinstance(event, (e.QrIssued, e.PairingCodeIssued))
    ]
    assert later.codes_seen == (*earlier.codes_seen, *issued)
    assert not set(issued) & set(earlier.codes_seen)
    if earlier.scan_until is not None:
        assert later.scan_until == earlier.scan_until
    fetched = sum(isinstance(event, e.QrFetched) for event in decision)
    assert later.codes_fetched == earlier.codes_fetched + fetched
    rejected = any(isinstance(event, e.SessionRejected) for event in decision)
    assert not (rejected and earlier.session_dead), "a session is rejected once in an attempt"


def check_account(account: Account) -> None:
    """Check what holds for every account at every moment."""
    if not account.registered:
        assert account == Account()
        return
    assert account.since is not None
    _check_waiting(account)
    _check_linked(account)
    _check_standby(account)
    _check_running(account)


def _check_waiting(account: Account) -> None:
    awaited = account.deadline.awaited if account.deadline else None
    if awaited is not None:
        assert awaited in MAY_AWAIT[account.status]
    if account.status in LINKING:
        assert awaited is not None, "a status that can hang has a deadline"
    assert account.logout_requested == (awaited is Awaited.LOGOUT)
    if awaited is Awaited.RECONNECT:
        assert account.attempt is not None
        assert account.reason in RECONNECTABLE
        assert account.reconnects < account.attempt.policy.reconnect_budget


def _check_linked(account: Account) -> None:
    ended = account.status in (Status.FAILED, Status.DISCONNECTED)
    assert (account.reason is not None) == ended
    assert ended or not account.detail
    assert (account.status is Status.READY) == (account.ready_at is not None)
    assert (account.phone is None) == (account.phone_fingerprint is None)
    if account.status is Status.READY:
        assert account.phone
        assert account.link
    unlinked = account.status is Status.DISCONNECTED and account.reason in UNLINKED
    if account.status is Status.FAILED:
        assert account.standby == NO_STANDBY, "nobody keeps one"
    if account.status is Status.NOT_CREATED or unlinked:
        left = (account.phone, account.name, account.link, account.session_digest)
        assert left == (None, "", "", None)
        assert account.standby == NO_STANDBY
    if account.reason is Reason.SUPERSEDED:
        assert account.detail


def _check_standby(account: Account) -> None:
    """A standby has a sealed session; one that was promoted holds the account, or held it last."""
    stage = account.standby.stage
    assert (stage == "none") == (account.standby == NO_STANDBY)
    assert (stage == "failed") == (account.standby.retry_at is not None)
    if stage != "none":
        assert account.session_digest is not None
    if stage == "promoted":
        assert account.attempt is not None
        assert account.attempt.holder == "standby"
    if account.attempt is not None and account.attempt.holder == "standby":
        assert stage in ("promoted", "none")


def _check_running(account: Account) -> None:
    attempt = account.attempt
    assert (account.status is Status.NOT_CREATED) == (attempt is None)
    if attempt is None:
        return
    assert attempt.number == account.attempts
    assert len(attempt.codes_seen) == attempt.codes_issued
    assert attempt.codes_fetched <= attempt.codes_issued
    assert (attempt.scan_until is not None) == bool(attempt.codes_issued)
    assert len(set(attempt.phases)) == len(attempt.phases)
    on_show = attempt.code is not None
    assert (account.status is Status.WAITING_QR) == (on_show or _between_codes(account))
    if attempt.code is not None:
        assert attempt.code.fingerprint == attempt.codes_seen[-1]
        assert attempt.code.ordinal == attempt.codes_issued
    if attempt.codes_issued or attempt.scanned:
        assert not attempt.returning
    if account.status is Status.FAILED and account.reason not in UNLINKED:
        assert not attempt.returning, "its link still exists at WhatsApp: DISCONNECTED"
    if account.status is Status.AUTHENTICATING:
        assert attempt.scanned or attempt.session_found


def _between_codes(account: Account) -> bool:
    """The page ran out of codes and is asked for new ones; only WAITING_QR can be there."""
    attempt = account.attempt
    return account.status is Status.WAITING_QR and attempt is not None and attempt.exhausted
