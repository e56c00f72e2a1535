"""Every input in words, and why it changed nothing: two tables for the timeline.

An input that led to events is told by them; these words are for those that were ignored or refused.
"""

from collections.abc import Callable
from typing import Any

from domain import commands as c
from domain import message_observations as mo
from domain import observations as o
from domain import wishes as wi
from domain.log import RecordedInput
from projections.sentences import AWAITED, clock_time


def input_sentence(recorded: RecordedInput) -> str:
    """Say what reached the account, and the rule in words when that changed nothing."""
    command = recorded.command
    told = INPUT_SENTENCES.get(type(command))
    what = told(command) if told else f"{recorded.kind}, which this build does not know"
    if recorded.outcome == "accepted":
        return f"{what}."
    return f"{what}: {recorded.outcome}, {rule_in_words(recorded.rule)}."


def rule_in_words(rule: str) -> str:
    """Say a rule of the domain in words; one that a newer build wrote stays as it is."""
    return RULES.get(rule, rule)


def _always(sentence: str) -> Callable[[Any], str]:
    return lambda _: sentence


def _request_link(command: wi.RequestLink) -> str:
    what = "retry" if command.retry else "link"
    method = "QR code" if command.method == "qr" else "pairing code"
    return f"A client asked to {what} by {method}"


def _destroy(command: wi.DestroyAccount) -> str:
    return f"A client asked to destroy {'and erase ' if command.erase else ''}the account"


def _page(command: o.RecordPage) -> str:
    return f"The worker reported that the page reached “{command.phase}”"


def _sync(command: o.RecordSyncProgress) -> str:
    return f"The page reported a sync of {command.percent} %"


def _problem(command: o.RecordProblem) -> str:
    detail = f" ({command.detail})" if command.detail else ""
    return f"The worker reported “{command.reason.value}”{detail}"


def _primary(command: o.RecordPrimary) -> str:
    chosen = "this account" if command.chosen else "another account"
    return f"The workspace chose {chosen} as its primary"


def _unmasked_read(command: o.RecordUnmaskedRead) -> str:
    whole = "The account's story" if command.number is None else f"Attempt {command.number}"
    how = "exported" if command.form == "bundle" else "read"
    return f"{whole} was {how} unmasked, with phone numbers, names and details"


def _standby(command: o.RecordStandby) -> str:
    return f"The standby reported itself as “{command.stage}”"


def _promote(command: wi.PromoteStandby) -> str:
    because = {
        "send_failed": "Sending failed, and the standby was to take over",
        "connection_lost": "The standby offered to take over from a lost primary",
        "client": "A client asked for the standby to take over",
    }
    return because[command.because]


def _not_sent(command: mo.RecordMessageNotSent) -> str:
    return f"The {command.by} reported that a message was not sent ({command.reason.value})"


def _message_failed(command: mo.RecordMessageFailed) -> str:
    return f"A message was given up ({command.reason.value})"


def _ack(command: mo.RecordAck) -> str:
    return f"The page reported a message as {command.ack}"


def _expire(command: c.ExpireDeadline) -> str:
    due = clock_time(command.due)
    return f"The clock passed {due}, the limit of waiting for {AWAITED[command.awaited]}"


INPUT_SENTENCES: dict[type[object], Callable[[Any], str]] = {
    wi.RegisterAccount: _always("A client asked to register the account"),
    wi.RequestLink: _request_link,
    wi.CancelLink: _always("A client asked to cancel"),
    wi.RequestReconnect: _always("A client asked to reconnect"),
    wi.PromoteStandby: _promote,
    wi.RequestStop: _always("A client asked to stop the account"),
    wi.RequestLogout: _always("A client asked to log out"),
    wi.DestroyAccount: _destroy,
    wi.SendMessage: _always("A client asked to send a message"),
    o.RecordPage: _page,
    o.RecordSession: _always("The page reported a kept session"),
    o.RecordQr: _always("The page showed a code"),
    o.RecordQrFetch: _always("A client was served a code"),
    o.RecordCodesExhausted: _always("The page reported that its codes have run out"),
    o.RecordPairingCode: _always("The page gave a pairing code"),
    o.RecordScan: _always("The page reported that a phone used the code"),
    o.RecordSyncProgress: _sync,
    o.RecordActionRequired: _always("The page reported a passkey demand"),
    o.RecordSynced: _always("The page became usable without telling the phone number"),
    o.RecordReady: _always("The page reported that it is linked and usable"),
    o.RecordProblem: _problem,
    o.RecordLogout: _always("The page reported a logout"),
    o.RecordSuperseded: _always("The workspace gave the number to another account"),
    o.RecordPrimary: _primary,
    o.RecordUnmaskedRead: _unmasked_read,
    o.RecordSealedSession: _always("The worker sealed the session"),
    o.RecordUnsealedSession: _always("The worker could not seal the session"),
    o.RecordStandby: _standby,
    o.RecordWebhookSilent: _always("The webhooks' process reported that one is not reached"),
    o.RecordWebhookHeard: _always("The webhooks' process reported that one is reached again"),
    o.RecordEvidence: _always("The worker kept evidence"),
    mo.RecordMessageSent: _always("The page sent a message"),
    mo.RecordMessageNotSent: _not_sent,
    mo.RecordMessageFailed: _message_failed,
    mo.RecordAck: _ack,
    mo.RecordMessageReceived: _always("The page reported an incoming message"),
    c.ExpireDeadline: _expire,
}
"""Command -> what reached the account. Tests see that every command has its line."""

RULES: dict[str, str] = {
    # Ignored: true, but nothing follows from it
    "already_so": "it is so already",
    "foreign_attempt": "it belongs to an attempt that is not the current one",
    "past_this_phase": "the attempt is past this phase",
    "no_progress": "that is no progress",
    "pairing_code_wanted": "this attempt links by pairing code",
    "qr_wanted": "this attempt links by QR code",
    "code_gone": "that code is no longer on show",
    "attempt_over": "the attempt is over",
    "not_linked": "the account is not linked",
    "deadline_moved": "that limit no longer holds",
    "not_due": "that limit is not reached yet",
    "already_cancelled": "it is cancelled already",
    "already_logged_out": "it is logged out already",
    "logout_in_progress": "a logout is under way",
    "nothing_to_stop": "nothing runs, and nothing is to reconnect",
    "nothing_to_destroy": "there is nothing to destroy",
    "already_erased": "it is erased already",
    "number_not_held": "the account does not hold that number",
    "already_superseded": "the account has lost the number already",
    "linked_anew": "the account has been linked anew since",
    "heard_already": "something newer has been heard already",
    "superseded": "the number has moved to another account",
    "already_sealed": "that session is sealed already",
    "promoted_already": "the standby has taken the session over already",
    "promoted_by_wish_only": "a standby takes over by a wish, not by a report",
    "primary_not_lost": "the primary was not lost, or by nothing that a standby could mend",
    "not_sealed": "no sealed session is kept",
    "not_requested": "no standby is being prepared",
    "already_kept": "that evidence is kept already",
    "message_not_queued": "no such message waits to be sent",
    "message_unknown": "no message that is on its way has that id",
    # Refused: the wish or the report may not be followed
    "not_registered": "no such account is registered",
    "already_registered": "the account is registered already",
    "attempt_in_progress": "an attempt is running already",
    "already_linked": "the account is linked already",
    "erased": "the account was erased for good",
    "nothing_to_retry": "only a failed or lost link can be retried",
    "pairing_phone_required": "a pairing code needs the phone's number",
    "nothing_to_cancel": "no attempt is running",
    "no_session": "no kept session is left to reconnect from",
    "standby_not_ready": "no standby is ready to take over",
    "not_ready": "messages go only while the account is READY",
    "too_many_messages": "too many messages wait for this account already",
    "illegal_step": "the lifecycle has no such step from this status",
}
"""Rule -> the rule in words, to be read after "ignored," or "refused,".

Tests see that every rule named in the domain's code has its line."""
