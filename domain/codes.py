"""Decisions on codes: shown, fetched, run out."""

from typing import assert_never

from domain import events as e
from domain.account import Account, Attempt
from domain.deadlines import Awaited, Deadline, due_in
from domain.decision import Decision, Ignored
from domain.observations import (
    RecordCodesExhausted,
    RecordPairingCode,
    RecordQr,
    RecordQrFetch,
)
from domain.reasons import Reason
from domain.status import Status

CodeSeen = RecordQr | RecordQrFetch | RecordCodesExhausted | RecordPairingCode


def decide(account: Account, attempt: Attempt, command: CodeSeen) -> Decision:
    """Decide an observation about the code on show."""
    match command:
        case RecordQr():
            return _qr(account, attempt, command)
        case RecordPairingCode():
            return _pairing_code(account, attempt, command)
        case RecordQrFetch():
            return _fetched(account, attempt, command)
        case RecordCodesExhausted():
            return _exhausted(account, attempt, command)
        case _:
            assert_never(command)


def _qr(account: Account, attempt: Attempt, command: RecordQr) -> Decision:
    if attempt.method == "pairing_code":
        return Ignored("pairing_code_wanted")
    if attempt.code and attempt.code.fingerprint == command.fingerprint:
        return Ignored("already_so")
    before = _leave_linked(account, attempt, command)
    if before and not isinstance(before[0], e.SessionRejected):
        return before
    issued = e.QrIssued(
        at=command.at,
        attempt=attempt.id,
        fingerprint=command.fingerprint,
        ordinal=attempt.codes_issued + 1,
        expires_at=command.expires_at,
        deadline=_window(account, attempt, command),
        source=command.source,
    )
    return [*before, issued]


def _leave_linked(
    account: Account, attempt: Attempt, command: RecordQr | RecordPairingCode
) -> list[e.AccountEvent]:
    """Tell what a code on show means when a phone or session had already been seen."""
    shows_again = "the page shows a code again"
    if account.status is Status.READY:
        by_whom, reason = ("phone", Reason.PHONE_UNLINKED)
        if account.logout_requested:
            by_whom, reason = ("client", Reason.LOGGED_OUT)
        return [e.LoggedOut(at=command.at, by=by_whom, reason=reason, detail=shows_again)]
    if account.status is not Status.AUTHENTICATING:
        return []
    if attempt.session_found:
        deadline = due_in(Awaited.PAGE, command.at, attempt.policy.initialize_s)
        return [
            e.SessionRejected(
                at=command.at,
                attempt=attempt.id,
                reason=Reason.SESSION_UNREADABLE,
                deadline=deadline,
            )
        ]
    rejected = e.LinkFailed(
        at=command.at, attempt=attempt.id, reason=Reason.SCAN_REJECTED, detail=shows_again
    )
    return [rejected]


def _window(account: Account, attempt: Attempt, command: RecordQr | RecordPairingCode) -> Deadline:
    """Keep the linking window of the first code; later codes do not lengthen it."""
    if account.deadline and account.deadline.awaited is Awaited.SCAN:
        return account.deadline
    return due_in(Awaited.SCAN, command.at, attempt.policy.link_window_s)


def _pairing_code(account: Account, attempt: Attempt, command: RecordPairingCode) -> Decision:
    if attempt.method != "pairing_code":
        return Ignored("qr_wanted")
    if attempt.code and attempt.code.fingerprint == command.fingerprint:
        return Ignored("already_so")
    before = _leave_linked(account, attempt, command)
    if before and not isinstance(before[0], e.SessionRejected):
        return before
    issued = e.PairingCodeIssued(
        at=command.at,
        attempt=attempt.id,
        fingerprint=command.fingerprint,
        expires_at=command.expires_at,
        deadline=_window(account, attempt, command),
    )
    return [*before, issued]


def _fetched(account: Account, attempt: Attempt, command: RecordQrFetch) -> Decision:
    code = attempt.code
    if account.status is not Status.WAITING_QR or code is None:
        return Ignored("code_gone")
    if code.fingerprint != command.fingerprint:
        return Ignored("code_gone")
    if code.fetched:
        return Ignored("already_so")
    return [e.QrFetched(at=command.at, attempt=attempt.id, fingerprint=code.fingerprint)]


def _exhausted(account: Account, attempt: Attempt, command: RecordCodesExhausted) -> Decision:
    if account.status not in (Status.INITIALIZING, Status.WAITING_QR):
        return Ignored("past_this_phase")
    if attempt.exhausted:
        return Ignored("already_so")
    return [e.CodesExhausted(at=command.at, attempt=attempt.id)]
