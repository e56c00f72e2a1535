"""Every event in words for people: one table.

No sentence holds a secret, and phone numbers appear by their last digits only, so a timeline can be
pasted into a ticket.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.account import Account
from domain.advice import ADVICE
from domain.deadlines import Awaited, Deadline
from domain.message_advice import within
from domain.reasons import Reason


def event_sentence(event: e.AccountEvent, account_after: Account) -> str:
    """Say what happened; `account_after` is the account folded up to and with this event."""
    return EVENT_SENTENCES[type(event)](event, account_after)


def clock_time(moment: datetime) -> str:
    """Give the time of day, to the second, as people read it."""
    return f"{moment:%H:%M:%S} UTC"


def short_phone(phone: str) -> str:
    """Give a phone number so that its owner knows it and nobody else can call it."""
    return f"…{phone[-4:]}" if phone else "erased since"


AWAITED: dict[Awaited, str] = {
    Awaited.START: "its turn to start a browser",
    Awaited.PAGE: "a sign of progress from the page",
    Awaited.SCAN: "a phone to use the code",
    Awaited.AUTHENTICATION: "WhatsApp to finish checking and syncing",
    Awaited.PHONE_NUMBER: "the page to tell the phone number",
    Awaited.PASSKEY: "an answer to the passkey demand",
    Awaited.LOGOUT: "the page to confirm the logout",
    Awaited.RECONNECT: "the next reconnect",
}
"""What a deadline waits for, to be read after "waiting for"."""

_PHASES: dict[e.Phase, str] = {
    "queued": "Other browsers are starting: this one waits for its turn.",
    "browser_started": "The browser has started.",
    "page_loaded": "The page has loaded.",
    "bridge_started": "The bridge into the page works.",
}


def _registered(event: e.AccountRegistered, _: Account) -> str:
    label = f" as “{event.label}”" if event.label else ""
    return f"The account was registered{label} in workspace {event.workspace}."


def _link_requested(event: e.LinkRequested, _: Account) -> str:
    method = "QR code" if event.method == "qr" else "pairing code"
    return f"Attempt {event.number} began: a client asked to link by {method}."


def _reconnect_started(event: e.ReconnectStarted, _: Account) -> str:
    why = {
        "client": "a client asked for it",
        "policy": "it was due",
        "standby": "opened by the standby",
    }
    return f"Attempt {event.number} began: a reconnect from the kept session, {why[event.by]}."


def _page_reached(event: e.PageReached, _: Account) -> str:
    return _PHASES[event.phase]


def _session_rejected(event: e.SessionRejected, _: Account) -> str:
    because = _within(event.reason)
    return f"The kept session is dead ({because}); the page starts over with a code."


def _qr(event: e.QrIssued, _: Account) -> str:
    again = " after the page was asked for new ones" if event.source == "bridge" else ""
    return f"The page shows code {event.ordinal}, good until {clock_time(event.expires_at)}{again}."


def _qr_fetched(_: e.QrFetched, account_after: Account) -> str:
    code = account_after.attempt and account_after.attempt.code
    which = f"code {code.ordinal}" if code else "the code"
    return f"A client fetched {which} for the first time."


def _codes_exhausted(_: e.CodesExhausted, account_after: Account) -> str:
    issued = account_after.attempt.codes_issued if account_after.attempt else 0
    return f"The page ran out of codes after {issued}; it is asked for new ones."


def _pairing_code(event: e.PairingCodeIssued, account_after: Account) -> str:
    ordinal = account_after.attempt.codes_issued if account_after.attempt else 1
    until = clock_time(event.expires_at)
    return f"The page shows pairing code {ordinal}, good until {until}."


def _syncing(event: e.SyncProgressed, _: Account) -> str:
    return f"The first sync has reached {event.percent} %."


def _action_required(event: e.ActionRequired, _: Account) -> str:
    return f"WhatsApp demands a {event.action}, which only a person can give."


def _phone_identified(event: e.PhoneIdentified, _: Account) -> str:
    return f"The page told the own phone number: {short_phone(event.phone)}."


def _within(reason: Reason) -> str:
    """Give a reason's sentence so that it can stand inside another one."""
    told = ADVICE[reason].sentence.removesuffix(".")
    return told if told.startswith("WhatsApp") else told[0].lower() + told[1:]


def _ended(opening: str) -> Callable[[Any, Account], str]:
    def sentence(event: e.LinkFailed | e.ReconnectFailed | e.ConnectionLost, _: Account) -> str:
        if event.reason is Reason.STOPPED:
            return ADVICE[Reason.STOPPED].sentence
        detail = f" ({event.detail})" if event.detail else ""
        return f"{opening}: {_within(event.reason)}{detail}.{_next_reconnect(event)}"

    return sentence


def _next_reconnect(event: e.LinkFailed | e.ReconnectFailed | e.ConnectionLost) -> str:
    deadline: Deadline | None = None if isinstance(event, e.LinkFailed) else event.deadline
    return f" The next reconnect is due at {clock_time(deadline.at)}." if deadline else ""


def _superseded(event: e.AccountSuperseded, _: Account) -> str:
    return f"Account {event.by} of the same workspace linked this number and holds it now."


def _logged_out(event: e.LoggedOut, _: Account) -> str:
    who = {"client": "on a client's request", "phone": "on the phone", "whatsapp": "by WhatsApp"}
    unconfirmed = "" if event.confirmed else "; the page could not confirm it"
    return f"The link was ended {who[event.by]}{unconfirmed}."


def _standby_failed(event: f.StandbyFailed, _: Account) -> str:
    again = clock_time(event.retry_at)
    return f"The standby failed: {_within(event.reason)}. It is tried again at {again}."


def _standby_ready(event: f.StandbyReady, _: Account) -> str:
    if event.renewed:
        return "The standby has proved that it can open the newer sealed session too."
    return "The standby is ready: it can open the sealed session."


def _promoted(event: f.StandbyPromoted, _: Account) -> str:
    because = {
        "send_failed": "sending on the primary failed",
        "connection_lost": "the primary was lost",
        "client": "a client asked for it",
    }
    return f"The standby took the session over: {because[event.because]}."


def _sealed(event: f.SessionSealed, _: Account) -> str:
    return f"The session was sealed and kept ({event.size_bytes} bytes)."


def _unsealed(event: f.SealingFailed, _: Account) -> str:
    return f"The session could not be sealed: {_within(event.reason)}."


def _evidence(event: f.EvidenceKept, _: Account) -> str:
    kind = {
        "screenshot": "A screenshot",
        "console": "The page's console",
        "browser": "Browser data",
    }
    return f"{kind[event.kind]} was kept as evidence ({event.size_bytes} bytes)."


def _silent(event: f.WebhookSilent, _: Account) -> str:
    return f"Webhook {event.endpoint} has not been reached since {clock_time(event.since)}."


def _heard(event: f.WebhookHeard, _: Account) -> str:
    return f"Webhook {event.endpoint} is reached again."


def _message_queued(event: m.MessageQueued, _: Account) -> str:
    then = " and waits until the account is READY" if event.waits else ""
    return f"A message to {short_phone(event.recipient)} was accepted{then}."


def _message_not_sent(event: m.MessageNotSent, _: Account) -> str:
    return f"A message was not sent by the {event.by}: {within(event.reason)}. It is tried again."


def _message_sent(event: m.MessageSent, _: Account) -> str:
    again = f" at try {event.tries}" if event.tries > 1 else ""
    return f"A message was sent by the {event.by}{again}."


def _message_failed(event: m.MessageFailed, _: Account) -> str:
    return f"A message failed: {within(event.reason)}."


def _message_received(event: m.MessageReceived, _: Account) -> str:
    return f"A message from {short_phone(event.sender)} came in."


def _always(sentence: str) -> Callable[[Any, Account], str]:
    return lambda _, __: sentence


EVENT_SENTENCES: dict[type[e.AccountEvent], Callable[[Any, Account], str]] = {
    e.AccountRegistered: _registered,
    e.LinkRequested: _link_requested,
    e.ReconnectStarted: _reconnect_started,
    e.PageReached: _page_reached,
    e.SessionFound: _always("A kept session was found; WhatsApp is checking it."),
    e.SessionRejected: _session_rejected,
    e.QrIssued: _qr,
    e.QrFetched: _qr_fetched,
    e.CodesExhausted: _codes_exhausted,
    e.PairingCodeIssued: _pairing_code,
    e.QrScanned: _always("A phone used the code; WhatsApp is checking it."),
    e.SyncProgressed: _syncing,
    e.ActionRequired: _action_required,
    e.PhoneAwaited: _always("The page is usable, but has not told the phone number yet."),
    e.PhoneIdentified: _phone_identified,
    e.LinkCompleted: _always("Linked: messages can be sent."),
    e.LinkFailed: _ended("The attempt failed"),
    e.ReconnectFailed: _ended("The reconnect failed"),
    e.ConnectionLost: _ended("The link was lost"),
    e.AccountSuperseded: _superseded,
    e.LogoutRequested: _always("A client asked to log out; the page is doing it."),
    e.LoggedOut: _logged_out,
    e.AccountDestroyed: _always("The account was destroyed: no link and no session is kept."),
    f.AccountErased: _always("Phone number, name and label were erased for good."),
    f.PrimaryChosen: _always("The account became the primary of its workspace."),
    f.PrimaryWithdrawn: _always("Another account is the primary of the workspace now."),
    f.SessionSealed: _sealed,
    f.SealingFailed: _unsealed,
    f.ReconnectCalledOff: _always("The account was stopped; no reconnect is to come."),
    f.StandbyRequested: _always("A standby is being prepared."),
    f.StandbyReady: _standby_ready,
    f.StandbyFailed: _standby_failed,
    f.StandbyPromoted: _promoted,
    f.EvidenceKept: _evidence,
    f.WebhookSilent: _silent,
    f.WebhookHeard: _heard,
    m.MessageQueued: _message_queued,
    m.MessageNotSent: _message_not_sent,
    m.MessageSent: _message_sent,
    m.MessageDelivered: _always("A message reached the recipient's phone."),
    m.MessageRead: _always("A message was read."),
    m.MessageFailed: _message_failed,
    m.MessageReceived: _message_received,
}
"""Event -> its sentence. Tests see that every event has its line."""
