"""Decisions on what the page of the running attempt shows."""

from typing import assert_never

from domain import codes, endings
from domain import events as e
from domain.account import Account, Attempt
from domain.commands import Seen
from domain.deadlines import Awaited, due_in
from domain.decision import Decision, Ignored
from domain.observations import (
    RecordActionRequired,
    RecordCodesExhausted,
    RecordLogout,
    RecordPage,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordQrFetch,
    RecordReady,
    RecordScan,
    RecordSession,
    RecordSynced,
    RecordSyncProgress,
)
from domain.status import Status


def decide(account: Account, command: Seen) -> Decision:
    """Decide an observation of the current attempt."""
    attempt = account.attempt
    if attempt is None:
        return Ignored("foreign_attempt")
    match command:
        case RecordPage():
            return _page(account, attempt, command)
        case RecordSession():
            return _session(account, attempt, command)
        case RecordQr() | RecordQrFetch() | RecordCodesExhausted() | RecordPairingCode():
            return codes.decide(account, attempt, command)
        case RecordScan():
            return _scan(account, attempt, command)
        case RecordSyncProgress():
            return _sync_progress(account, attempt, command)
        case RecordActionRequired():
            return _action_required(account, attempt, command)
        case RecordSynced():
            return _synced(account, attempt, command)
        case RecordReady():
            return _ready(account, attempt, command)
        case RecordProblem() | RecordLogout():
            return endings.decide(account, attempt, command)
        case _:
            assert_never(command)


def _page(account: Account, attempt: Attempt, command: RecordPage) -> Decision:
    if command.phase in attempt.phases:
        return Ignored("already_so")
    if account.status is not Status.INITIALIZING:
        return Ignored("past_this_phase")
    deadline = due_in(Awaited.PAGE, command.at, attempt.policy.initialize_s)
    reached = e.PageReached(
        at=command.at, attempt=attempt.id, phase=command.phase, deadline=deadline
    )
    return [reached]


def _session(account: Account, attempt: Attempt, command: RecordSession) -> Decision:
    if account.status in (Status.AUTHENTICATING, Status.READY):
        return Ignored("already_so")
    return [_answered(account, attempt, command)]


def _scan(account: Account, attempt: Attempt, command: RecordScan) -> Decision:
    if account.status in (Status.AUTHENTICATING, Status.READY):
        return Ignored("already_so")
    deadline = due_in(Awaited.AUTHENTICATION, command.at, attempt.policy.authentication_s)
    return [e.QrScanned(at=command.at, attempt=attempt.id, deadline=deadline)]


def _answered(
    account: Account,
    attempt: Attempt,
    command: RecordSession | RecordSyncProgress | RecordSynced | RecordReady,
) -> e.AccountEvent:
    """Tell how AUTHENTICATING was reached: by a scan if a code was on show, else by a session."""
    deadline = due_in(Awaited.AUTHENTICATION, command.at, attempt.policy.authentication_s)
    if account.status is Status.WAITING_QR:
        return e.QrScanned(at=command.at, attempt=attempt.id, deadline=deadline)
    return e.SessionFound(at=command.at, attempt=attempt.id, deadline=deadline)


def _sync_progress(account: Account, attempt: Attempt, command: RecordSyncProgress) -> Decision:
    if account.status is Status.READY or command.percent <= attempt.sync_percent:
        return Ignored("no_progress")
    deadline = due_in(Awaited.AUTHENTICATION, command.at, attempt.policy.authentication_s)
    progressed = e.SyncProgressed(
        at=command.at, attempt=attempt.id, percent=command.percent, deadline=deadline
    )
    if account.status is Status.AUTHENTICATING:
        return [progressed]
    return [_answered(account, attempt, command), progressed]


def _action_required(account: Account, attempt: Attempt, command: RecordActionRequired) -> Decision:
    if attempt.passkey_demanded or account.status is Status.READY:
        return Ignored("already_so")
    deadline = due_in(Awaited.PASSKEY, command.at, attempt.policy.passkey_s)
    required = e.ActionRequired(
        at=command.at, attempt=attempt.id, action=command.action, deadline=deadline
    )
    return [required]


def _synced(account: Account, attempt: Attempt, command: RecordSynced) -> Decision:
    awaited = account.deadline.awaited if account.deadline else None
    if account.status is Status.READY or awaited is Awaited.PHONE_NUMBER:
        return Ignored("already_so")
    deadline = due_in(Awaited.PHONE_NUMBER, command.at, attempt.policy.phone_number_s)
    awaited_phone = e.PhoneAwaited(at=command.at, attempt=attempt.id, deadline=deadline)
    if account.status is Status.AUTHENTICATING:
        return [awaited_phone]
    return [_answered(account, attempt, command), awaited_phone]


def _ready(account: Account, attempt: Attempt, command: RecordReady) -> Decision:
    """Phone number and readiness come from one look at the page, so neither waits for the other."""
    events: list[e.AccountEvent] = []
    link = account.link
    if account.status not in (Status.AUTHENTICATING, Status.READY):
        answered = _answered(account, attempt, command)
        events.append(answered)
        link = attempt.id if isinstance(answered, e.QrScanned) else link
    changed = (
        account.status is Status.READY and command.phone_fingerprint != account.phone_fingerprint
    )
    if command.phone_fingerprint != account.phone_fingerprint or command.name != account.name:
        events.append(
            e.PhoneIdentified(
                at=command.at,
                attempt=attempt.id,
                phone=command.phone,
                fingerprint=command.phone_fingerprint,
                name=command.name,
                platform=command.platform,
                link=link if changed else "",
            )
        )
    if account.status is not Status.READY:
        events.append(
            e.LinkCompleted(
                at=command.at,
                attempt=attempt.id,
                phone_fingerprint=command.phone_fingerprint,
                link=link,
            )
        )
    return events or Ignored("already_so")
