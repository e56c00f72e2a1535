"""Decisions on the way from a phone's answer to READY: syncing, usable, number known."""

from datetime import datetime
from typing import assert_never

from domain import events as e
from domain.account import Account, Attempt
from domain.deadlines import Awaited, Deadline, due_in
from domain.decision import Decision, Ignored
from domain.observations import RecordReady, RecordSession, RecordSynced, RecordSyncProgress
from domain.status import Status

Answer = RecordSyncProgress | RecordSynced | RecordReady


def decide(account: Account, attempt: Attempt, command: Answer) -> Decision:
    """Decide an observation of the page after a phone or a kept session has answered."""
    match command:
        case RecordSyncProgress():
            return _sync_progress(account, attempt, command)
        case RecordSynced():
            return _synced(account, attempt, command)
        case RecordReady():
            return _ready(account, attempt, command)
        case _:
            assert_never(command)


def authentication_deadline(account: Account, attempt: Attempt, at: datetime) -> Deadline:
    """Say how long WhatsApp's check may take; a passkey demanded before stays what is awaited."""
    if account.deadline is not None and account.deadline.awaited is Awaited.PASSKEY:
        return account.deadline
    return due_in(Awaited.AUTHENTICATION, at, attempt.policy.authentication_s)


def answered(
    account: Account,
    attempt: Attempt,
    command: RecordSession | RecordSyncProgress | RecordSynced | RecordReady,
) -> e.AccountEvent:
    """Tell how AUTHENTICATING was reached: by a scan if a code was on show, else by a session."""
    deadline = authentication_deadline(account, attempt, command.at)
    if account.status is Status.WAITING_QR:
        return e.QrScanned(at=command.at, attempt=attempt.id, deadline=deadline)
    return e.SessionFound(at=command.at, attempt=attempt.id, deadline=deadline)


def _sync_progress(account: Account, attempt: Attempt, command: RecordSyncProgress) -> Decision:
    percent = min(command.percent, 100)  # whatever the page says, this must come to an end
    if account.status is Status.READY or percent <= attempt.sync_percent:
        return Ignored("no_progress")
    deadline = due_in(Awaited.AUTHENTICATION, command.at, attempt.policy.authentication_s)
    progressed = e.SyncProgressed(
        at=command.at, attempt=attempt.id, percent=percent, deadline=deadline
    )
    if account.status is Status.AUTHENTICATING:
        return [progressed]
    return [answered(account, attempt, command), progressed]


def _synced(account: Account, attempt: Attempt, command: RecordSynced) -> Decision:
    awaited = account.deadline.awaited if account.deadline else None
    if account.status is Status.READY or awaited is Awaited.PHONE_NUMBER:
        return Ignored("already_so")
    deadline = due_in(Awaited.PHONE_NUMBER, command.at, attempt.policy.phone_number_s)
    awaited_phone = e.PhoneAwaited(at=command.at, attempt=attempt.id, deadline=deadline)
    if account.status is Status.AUTHENTICATING:
        return [awaited_phone]
    return [answered(account, attempt, command), awaited_phone]


def _ready(account: Account, attempt: Attempt, command: RecordReady) -> Decision:
    """Phone number and readiness come from one look at the page, so neither waits for the other."""
    if account.status is Status.READY:
        return _identified(account, command, account.link) or Ignored("already_so")
    events: list[e.AccountEvent] = []
    if account.status is not Status.AUTHENTICATING:
        events.append(answered(account, attempt, command))
    link = attempt.id if account.status is Status.WAITING_QR else account.link
    completed = e.LinkCompleted(
        at=command.at,
        attempt=attempt.id,
        phone_fingerprint=command.phone_fingerprint,
        link=link,
    )
    return [*events, *_identified(account, command), completed]


def _identified(account: Account, command: RecordReady, link: str = "") -> list[e.AccountEvent]:
    """Tell what is new about the phone; a name that the page has not loaded yet is no news."""
    same_phone = command.phone_fingerprint == account.phone_fingerprint
    if same_phone and command.name in ("", account.name):
        return []
    identified = e.PhoneIdentified(
        at=command.at,
        attempt=command.attempt,
        phone=command.phone,
        fingerprint=command.phone_fingerprint,
        name=command.name,
        platform=command.platform,
        link="" if same_phone else link,
    )
    return [identified]
