"""Decisions on facts beside the lifecycle: the workspace's word, sealed sessions, the standby."""

from typing import assert_never

from domain import events as e
from domain import facts as f
from domain import standby, troubles
from domain.account import Account, Attempt
from domain.commands import Kept
from domain.decision import Decision, Ignored
from domain.observations import (
    RecordEvidence,
    RecordPrimary,
    RecordSealedSession,
    RecordStandby,
    RecordSuperseded,
    RecordUnsealedSession,
)
from domain.reasons import UNLINKED, Reason
from domain.status import Status

MOVED_TO = "the number moved to "


def from_workspace(account: Account, command: RecordSuperseded | RecordPrimary) -> Decision:
    """Decide what the workspace has decided about this account."""
    if isinstance(command, RecordSuperseded):
        return _superseded(account, command)
    version = command.workspace_version
    if 0 < version <= account.primary_version:
        return Ignored("heard_already")
    if command.chosen is account.primary:
        return Ignored("already_so")
    if command.chosen:
        return [f.PrimaryChosen(at=command.at, workspace_version=version)]
    return [f.PrimaryWithdrawn(at=command.at, workspace_version=version)]


def _superseded(account: Account, command: RecordSuperseded) -> Decision:
    attempt = account.attempt
    if attempt is None or account.phone_fingerprint != command.phone_fingerprint:
        return Ignored("number_not_held")
    if command.link and command.link != account.link:
        return Ignored("linked_anew")
    if account.status in (Status.FAILED, Status.NOT_CREATED, Status.WAITING_QR):
        return Ignored("not_linked")
    if account.reason is Reason.SUPERSEDED and account.status is Status.DISCONNECTED:
        return Ignored("already_superseded")
    if account.logout_requested:
        # The page is closed before it can confirm; the client's wish still holds.
        return [troubles.unconfirmed_logout(command.at, MOVED_TO + command.by)]
    return [e.AccountSuperseded(at=command.at, attempt=attempt.id, by=command.by)]


def kept(account: Account, command: Kept) -> Decision:
    """Decide what was put away for an account: its session, its standby, evidence."""
    attempt = account.attempt
    if attempt is None:
        return Ignored("foreign_attempt")
    if isinstance(command, RecordEvidence):
        return _evidence(attempt, command)
    if account.status is Status.DISCONNECTED and account.reason in UNLINKED:
        return Ignored("not_linked")  # there is no session any more that could be kept
    match command:
        case RecordSealedSession():
            return _sealed(account, command)
        case RecordUnsealedSession():
            return _unsealed(account, command)
        case RecordStandby():
            return standby.recorded(account, attempt, command)
        case _:
            assert_never(command)


def _sealed(account: Account, command: RecordSealedSession) -> Decision:
    if account.session_digest == command.digest:
        return Ignored("already_sealed")
    sealed = f.SessionSealed(
        at=command.at,
        attempt=command.attempt,
        digest=command.digest,
        size_bytes=command.size_bytes,
    )
    return [sealed]


def _unsealed(account: Account, command: RecordUnsealedSession) -> Decision:
    if account.unsealed is command.reason:
        return Ignored("already_so")
    failed = f.SealingFailed(
        at=command.at, attempt=command.attempt, reason=command.reason, detail=command.detail
    )
    return [failed]


def _evidence(attempt: Attempt, command: RecordEvidence) -> Decision:
    if command.digest in attempt.evidence:
        return Ignored("already_kept")
    evidence = f.EvidenceKept(
        at=command.at,
        attempt=command.attempt,
        kind=command.kind,
        digest=command.digest,
        size_bytes=command.size_bytes,
    )
    return [evidence]
