"""Faults of the domain that somebody could make, and logs that a build with one of them wrote."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from domain import codes, endings, page, readiness, timers, troubles
from domain.account import Account, Attempt
from domain.commands import ExpireDeadline, Seen
from domain.deadlines import Awaited, Deadline, due_in
from domain.decision import Decision, Ignored
from domain.events import AccountEvent
from domain.observations import (
    RecordLogout,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordReady,
    RecordScan,
    RecordSyncProgress,
)
from domain.reasons import Reason
from domain.status import Status
from tests.decided_again import keep_no_logs

_seen = page.decide
_expire = timers.expire
_progress = readiness._sync_progress  # noqa: SLF001  a fault goes where the rule is
_shown = codes._shown  # noqa: SLF001  as above
_ends = endings.decide
_logged_out = endings._logout  # noqa: SLF001  as above
_scanned = page._scan  # noqa: SLF001  as above


def deaf_behind_a_passkey(account: Account, command: Seen) -> Decision:
    """A passkey that was demanded makes the phone's answer look late."""
    answers = RecordScan | RecordSyncProgress | RecordReady
    if isinstance(command, answers) and account.attempt and account.attempt.passkey_demanded:
        return Ignored("past_this_phase")
    return _seen(account, command)


def authentication_never_late(account: Account, command: ExpireDeadline) -> Decision:
    """One kind of deadline is overlooked."""
    if command.awaited is Awaited.AUTHENTICATION:
        return Ignored("deadline_moved")
    return _expire(account, command)


def sync_renews_nothing(
    account: Account, attempt: Attempt, command: RecordSyncProgress
) -> Decision:
    """The deadline stays where the scan put it."""
    decision = _progress(account, attempt, command)
    if isinstance(decision, Ignored) or account.deadline is None:
        return decision
    return [replace(event, deadline=account.deadline) for event in decision]


def no_appointment(*_: object) -> Deadline | None:
    """A lost link has no next reconnect."""
    return None


def trouble_forgiven(account: Account, attempt: Attempt, command: RecordProblem) -> Decision:
    """Trouble while a phone is being checked passes unnoticed."""
    if account.status is Status.AUTHENTICATING:
        return Ignored("attempt_over")
    return _ends(account, attempt, command)


def old_sessions_final(
    account: Account, attempt: Attempt, command: RecordQr, issued: list[AccountEvent]
) -> Decision:
    """A code after a kept session was found ends the attempt, where the session alone is dead."""
    return _shown(account, replace(attempt, session_found=False), command, issued)


def passkey_unheard(*_: object) -> Decision:
    """A demanded passkey is overlooked: another limit runs out, with another reason."""
    return Ignored("already_so")


def every_code_a_window(attempt: Attempt, command: RecordQr | RecordPairingCode) -> Deadline:
    """Each code begins the linking window anew."""
    return due_in(Awaited.SCAN, command.at, attempt.policy.link_window_s)


def logouts_overlooked(account: Account, attempt: Attempt, command: RecordLogout) -> Decision:
    """A link that the phone has ended is taken for one that is there."""
    if account.status is Status.READY:
        return Ignored("not_linked")
    return _logged_out(account, attempt, command)


def scan_awaits_nothing(account: Account, attempt: Attempt, command: RecordScan) -> Decision:
    """The scan leaves the deadline of the linking window in place."""
    decision = _scanned(account, attempt, command)
    if isinstance(decision, Ignored) or account.deadline is None:
        return decision
    return [replace(event, deadline=account.deadline) for event in decision]


def fetches_uncounted(awaited: Awaited, _: Attempt) -> Reason:
    """A code that was fetched and not scanned ends as one that nobody fetched."""
    return Reason.QR_NOT_FETCHED if awaited is Awaited.SCAN else timers.MISSED[awaited]


def any_code_again(
    account: Account,
    attempt: Attempt,
    command: RecordQr | RecordPairingCode,
    issued: list[AccountEvent],
) -> Decision:
    """A code behind an answer is taken for a new one: the rejected scan goes unnoticed."""
    if account.status is Status.AUTHENTICATING:
        return Ignored("past_this_phase")
    return _shown(account, attempt, command, issued)


FAULTS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "deaf_behind_a_passkey": (page, "decide", deaf_behind_a_passkey),
    "authentication_never_late": (timers, "expire", authentication_never_late),
    "sync_renews_nothing": (readiness, "_sync_progress", sync_renews_nothing),
    "no_appointment": (troubles, "_next_reconnect", no_appointment),
    "trouble_forgiven": (endings, "decide", trouble_forgiven),
    "old_sessions_final": (codes, "_shown", old_sessions_final),
    "passkey_unheard": (page, "_action_required", passkey_unheard),
    "every_code_a_window": (codes, "_window", every_code_a_window),
    "logouts_overlooked": (endings, "_logout", logouts_overlooked),
    "scan_awaits_nothing": (page, "_scan", scan_awaits_nothing),
    "fetches_uncounted": (timers, "_reason", fetches_uncounted),
    "any_code_again": (codes, "_shown", any_code_again),
}


@contextmanager
def planted(name: str) -> Generator[None]:
    """Decide with the fault inside the block."""
    module, attribute, faulty = FAULTS[name]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, attribute, faulty)
        keep_no_logs(patch)
        yield
