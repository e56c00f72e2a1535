"""Decisions on what the page of the running attempt shows."""

from typing import assert_never

from domain import codes, endings, readiness
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
        case RecordActionRequired():
            return _action_required(account, attempt, command)
        case RecordSyncProgress() | RecordSynced() | RecordReady():
            return readiness.decide(account, attempt, command)
        case RecordProblem() | RecordLogout():
            return endings.decide(account, attempt, command)
        case _:
            assert_never(command)


def _page(account: Account, attempt: Attempt, command: RecordPage) -> Decision:
    if command.phase == "queued":
        return _queued(account, attempt, command)
    if command.phase in attempt.phases:
        return Ignored("already_so")
    if account.status is not Status.INITIALIZING:
        return Ignored("past_this_phase")
    deadline = due_in(Awaited.PAGE, command.at, attempt.policy.initialize_s)
    reached = e.PageReached(
        at=command.at,
        attempt=attempt.id,
        phase=command.phase,
        deadline=deadline,
        whatsapp=command.whatsapp,
    )
    return [reached]


def _queued(account: Account, attempt: Attempt, command: RecordPage) -> Decision:
    """Waiting for a turn has its own limit, once for each start of a browser."""
    if command.start in attempt.starts:
        return Ignored("already_so")
    if account.status is not Status.INITIALIZING:
        return Ignored("past_this_phase")
    deadline = due_in(Awaited.START, command.at, attempt.policy.start_queue_s)
    waiting = e.PageReached(
        at=command.at,
        attempt=attempt.id,
        phase="queued",
        deadline=deadline,
        start=command.start,
    )
    return [waiting]


def _session(account: Account, attempt: Attempt, command: RecordSession) -> Decision:
    if account.status in (Status.AUTHENTICATING, Status.READY):
        return Ignored("already_so")
    return [readiness.answered(account, attempt, command)]


def _scan(account: Account, attempt: Attempt, command: RecordScan) -> Decision:
    if account.status in (Status.AUTHENTICATING, Status.READY):
        return Ignored("already_so")
    deadline = readiness.authentication_deadline(account, attempt, command.at)
    return [e.QrScanned(at=command.at, attempt=attempt.id, deadline=deadline)]


def _action_required(account: Account, attempt: Attempt, command: RecordActionRequired) -> Decision:
    if attempt.passkey_demanded or account.status is Status.READY:
        return Ignored("already_so")
    deadline = due_in(Awaited.PASSKEY, command.at, attempt.policy.passkey_s)
    required = e.ActionRequired(
        at=command.at, attempt=attempt.id, action=command.action, deadline=deadline
    )
    return [required]
