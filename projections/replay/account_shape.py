"""What of an account a decision can turn on: all but its counters, its ids and its times.

`decide` sees the account and the command and nothing else. So where a short story comes to the
same shape as a long one, another build is asked the same question by both.
"""

from typing import Any

import msgspec

from domain.account import Account
from domain.commands import ExpireDeadline
from domain.deadlines import Deadline
from domain.message_state import MOST_QUEUED, SentMessage
from domain.status import LINKING, Status
from projections.replay.playing import Step

LIMITS = (
    "initialize_s",
    "start_queue_s",
    "link_window_s",
    "authentication_s",
    "phone_number_s",
    "passkey_s",
    "logout_s",
    "reconnect_reset_after_s",
)
"""The numbers of a policy that a wait is held against."""
APPOINTMENTS = ("reconnect_first_s", "reconnect_most_s")
"""How long a lost link may wait for its next reconnect."""
WAITING = LINKING | {Status.DISCONNECTED}

Shape = tuple[Any, ...]


def step_shape(step: Step) -> Shape:
    """Give what an input is and what it meets; equal shapes are equal questions."""
    command, account = step.command, step.before
    deadline = account.deadline
    return (
        type(command),
        getattr(command, "reason", None),
        account.registered,
        account.erased,
        account.status,
        account.reason,
        deadline and deadline.awaited,
        deadline is not None and command.at >= deadline.at,
        isinstance(command, ExpireDeadline)
        and (command.at >= command.due, Deadline(command.awaited, command.due) == deadline),
        account.since is not None and command.at < account.since,
        account.logout_requested,
        account.standby.stage,
        account.phone_fingerprint is not None,
        getattr(command, "phone_fingerprint", None) == account.phone_fingerprint,
        _attempt_shape(account, command),
        _message_shape(account, command),
    )


def _attempt_shape(account: Account, command: msgspec.Struct) -> Shape:
    attempt = account.attempt
    if attempt is None:
        return ()
    code = attempt.code
    fingerprint = getattr(command, "fingerprint", None)
    return (
        getattr(command, "attempt", attempt.id) == attempt.id,
        attempt.kind,
        attempt.holder,
        attempt.method,
        attempt.session_found,
        attempt.session_dead,
        attempt.scanned,
        attempt.sync_percent >= 0,
        attempt.codes_issued > 0,
        attempt.codes_fetched > 0,
        attempt.exhausted,
        attempt.passkey_demanded,
        code and (code.fetched, code.fingerprint == fingerprint),
        fingerprint in attempt.codes_seen,
    )


def _message_shape(account: Account, command: msgspec.Struct) -> Shape:
    messages = account.messages
    queued = messages.queued_as(getattr(command, "message", ""))
    whatsapp_id = getattr(command, "whatsapp_id", "")
    known = messages.known_to_whatsapp_as(whatsapp_id) if whatsapp_id else None
    return (
        bool(messages.queued),
        len(messages.queued) >= MOST_QUEUED,
        queued and queued.tries,
        type(known),
        isinstance(known, SentMessage) and known.delivered,
        whatsapp_id in messages.heard,
    )


def limits_outlasted(step: Step, *, astray: bool) -> int:
    """Count the policy's limits that a waiting account has been quiet for; one may be forgotten.

    `astray`: this build may have gone wrong before, and a right one may be waiting where it is not.
    """
    account, attempt = step.before, step.before.attempt
    waits = astray or account.status in WAITING or account.logout_requested
    if attempt is None or step.quiet_since is None or not waits:
        return 0
    quiet_s = (step.command.at - step.quiet_since).total_seconds()
    limits = LIMITS if account.status in LINKING else (*LIMITS, *APPOINTMENTS)
    return sum(quiet_s >= getattr(attempt.policy, name) for name in limits)
