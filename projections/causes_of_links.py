"""Rules about links that end, and about what their sessions were worth."""

from domain import events as e
from domain import facts as f
from domain.reasons import Reason
from projections.attempt_facts import AttemptFacts
from projections.finding import Finding, found, with_detail
from projections.timeline import TimelineRow

TOLD_WITHIN_S = 30.0
"""WhatsApp closes the older page at once; the workspace tells whose number it is when the other
account is READY, which takes seconds."""


def replaced_by_duplicate(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    """The session was opened elsewhere, and elsewhere was another account of the workspace."""
    moved = facts.last(e.AccountSuperseded)
    if moved is None or (moved.at - ending.at).total_seconds() > TOLD_WITHIN_S:
        return None
    whose = duplicate_account(facts, moved)
    return whose and found("duplicate_account", ending, whose.sentence, moved)


def duplicate_account(_: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not isinstance(ending.event, e.AccountSuperseded):
        return None
    sentence = (
        f"The same phone number was linked by account {ending.event.by} of this workspace, which"
        " holds it now."
    )
    return found("duplicate_account", ending, sentence)


def unlinked_by_whatsapp(_: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not isinstance(ending.event, e.LoggedOut) or ending.event.by != "whatsapp":
        return None
    sentence = with_detail("WhatsApp itself ended the link; nobody did on the phone.", ending)
    return found("unlinked_by_whatsapp", ending, sentence)


def logout_unconfirmed(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    if not isinstance(ending.event, e.LoggedOut) or ending.event.confirmed:
        return None
    told = "The account was logged out here, but no page could tell WhatsApp."
    wish = facts.last(e.LogoutRequested)
    return found("logout_unconfirmed", ending, with_detail(told, ending), wish)


def session_never_sealed(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    tried = (f.SealingFailed, f.SessionSealed)
    last = next((row for row in reversed(facts.history) if isinstance(row.event, tried)), None)
    if last is None or not isinstance(last.event, f.SealingFailed):
        return None
    sentence = (
        "The session could not be read, and no copy of it had been sealed:"
        f" {last.event.reason.value} at {last.at:%Y-%m-%d %H:%M:%S} UTC."
    )
    return found("session_never_sealed", ending, sentence, last)


def standby_process_lost(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    took_over = facts.last(e.ReconnectStarted)
    event = took_over and took_over.event
    if not isinstance(event, e.ReconnectStarted) or event.by != "standby":
        return None
    sentence = with_detail("The standby process that held this account stopped.", ending)
    return found("standby_process_lost", ending, sentence, took_over)


def handed_over(facts: AttemptFacts, ending: TimelineRow) -> Finding | None:
    promoted = facts.last(f.StandbyPromoted)
    if promoted is None or not isinstance(promoted.event, f.StandbyPromoted):
        return None
    whose = _BECAUSE[promoted.event.because]
    sentence = f"The session was handed over to the standby: {whose}."
    return found("handed_over", ending, sentence, promoted)


_BECAUSE = {
    "client": "a client asked for it",
    "send_failed": "the primary could not send",
    "connection_lost": "the primary had lost its connection",
}

RULES = {
    Reason.SUPERSEDED: (duplicate_account,),
    Reason.STREAM_REPLACED: (replaced_by_duplicate,),
    Reason.ALREADY_LINKED_ELSEWHERE: (replaced_by_duplicate,),
    Reason.PHONE_UNLINKED: (unlinked_by_whatsapp,),
    Reason.LOGGED_OUT: (logout_unconfirmed,),
    Reason.SESSION_UNREADABLE: (session_never_sealed,),
    Reason.WORKER_LOST: (standby_process_lost,),
    Reason.HANDED_OVER: (handed_over,),
}
"""Reason -> its rules, the most exact first."""
