"""Decisions on codes: shown, fetched, run out."""

from typing import assert_never

from domain import endings, troubles
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
ANSWERED = (Status.AUTHENTICATING, Status.READY)
SHOWN_AGAIN = "the page shows a code again"


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
    answered = account.status in ANSWERED
    if attempt.method == "pairing_code" and not answered:
        return Ignored("pairing_code_wanted")
    issued = e.QrIssued(
        at=command.at,
        attempt=attempt.id,
        fingerprint=command.fingerprint,
        ordinal=attempt.codes_issued + 1,
        expires_at=command.expires_at,
        deadline=_window(attempt, command),
        source=command.source,
    )
    return _shown(account, attempt, command, [] if attempt.method == "pairing_code" else [issued])


def _pairing_code(account: Account, attempt: Attempt, command: RecordPairingCode) -> Decision:
    if attempt.method != "pairing_code":
        return Ignored("qr_wanted")
    issued = e.PairingCodeIssued(
        at=command.at,
        attempt=attempt.id,
        fingerprint=command.fingerprint,
        expires_at=command.expires_at,
        deadline=_window(attempt, command),
    )
    return _shown(account, attempt, command, [issued])


def _window(attempt: Attempt, command: RecordQr | RecordPairingCode) -> Deadline:
    """Keep the linking window of the first code; later codes do not lengthen it."""
    if attempt.scan_until is not None:
        return Deadline(Awaited.SCAN, attempt.scan_until)
    return due_in(Awaited.SCAN, command.at, attempt.policy.link_window_s)


def _shown(
    account: Account,
    attempt: Attempt,
    command: RecordQr | RecordPairingCode,
    issued: list[e.AccountEvent],
) -> Decision:
    """Issue a new code, unless a phone or session had answered: then it says that this is over."""
    if command.fingerprint in attempt.codes_seen:
        current = attempt.code is not None and attempt.code.fingerprint == command.fingerprint
        return Ignored("already_so" if current else "code_gone")
    if account.status is Status.INITIALIZING:
        return issued  # it began by another machine's clock, which may be ahead of the worker's
    if account.since is not None and command.at < account.since:
        return Ignored("past_this_phase")  # shown before the last step, reported after it
    if account.status not in ANSWERED:
        return issued
    if account.status is Status.READY:
        return [endings.logged_out(account, command.at, "phone", SHOWN_AGAIN)]
    if attempt.session_found and not attempt.session_dead:
        rejected = endings.session_rejected(attempt, command.at, Reason.SESSION_UNREADABLE)
        return [rejected, *issued]
    if attempt.passkey_demanded:
        reason = Reason.PASSKEY_REQUIRED
    else:
        reason = Reason.SCAN_REJECTED if attempt.scanned else Reason.SESSION_UNREADABLE
    return [troubles.attempt_failed(attempt, command.at, reason, detail=SHOWN_AGAIN)]


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
