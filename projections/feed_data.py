"""The types of the feed's items and what each carries. Types are for ever: clients match on them.

docs/reference/feed.md has the same table for clients; a test compares the two.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.advice import ADVICE
from domain.deadlines import Deadline
from domain.message_advice import MESSAGE_ADVICE
from domain.reasons import Reason
from projections.accounts import AccountRow

Data = dict[str, object]


def item_type(event: e.AccountEvent) -> str:
    """Name the type of the event's item."""
    return ITEMS[type(event)][0]


def item_data(row_after: AccountRow, event: e.AccountEvent) -> Data:
    """Give what the event's item carries, with the deadline that the event set, if it set one."""
    data = ITEMS[type(event)][1](row_after, event)
    deadline: Deadline | None = getattr(event, "deadline", None)
    if deadline is not None:
        data["deadline"] = {"awaited": deadline.awaited.value, "at": deadline.at}
    return data


def failure_data(reason: Reason, detail: str = "") -> Data:
    """Tell a failure so that a client can show it as it stands."""
    advice = ADVICE[reason]
    return {
        "reason": reason.value,
        "sentence": advice.sentence,
        "detail": detail,
        "actor": advice.actor,
        "next_step": advice.next_step,
        "retry_helps": advice.retry_helps,
    }


def _nothing(_: AccountRow, __: e.AccountEvent) -> Data:
    return {}


def _registered(_: AccountRow, event: e.AccountRegistered) -> Data:
    return {"label": event.label, "site": event.site}


def _link_requested(_: AccountRow, event: e.LinkRequested) -> Data:
    return {"method": event.method}


def _reconnect_started(_: AccountRow, event: e.ReconnectStarted) -> Data:
    return {"by": event.by}


def _page_reached(_: AccountRow, event: e.PageReached) -> Data:
    return {"phase": event.phase}


def _qr(row_after: AccountRow, event: e.QrIssued) -> Data:
    # The fingerprint in the address makes each code's address its own: an image of an old code
    # cannot come out of a browser's cache, and a late fetch cannot take the next one unseen.
    where = f"/v1/accounts/{quote(row_after.account_id)}/qr.png?code={quote(event.fingerprint)}"
    return {
        "fingerprint": event.fingerprint,
        "ordinal": event.ordinal,
        "expires_at": event.expires_at,
        "image_url": where,
    }


def _fetched(_: AccountRow, event: e.QrFetched) -> Data:
    return {"fingerprint": event.fingerprint}


def _pairing_code(_: AccountRow, event: e.PairingCodeIssued) -> Data:
    return {"fingerprint": event.fingerprint, "expires_at": event.expires_at}


def _syncing(_: AccountRow, event: e.SyncProgressed) -> Data:
    return {"percent": event.percent}


WHAT_TO_DO = {
    "passkey": "Unlock the phone, open WhatsApp and confirm there; linking goes on by itself.",
}
"""What a person does about what WhatsApp demands."""


def _action(_: AccountRow, event: e.ActionRequired) -> Data:
    return {"action": event.action, "actor": "end_user", "next_step": WHAT_TO_DO[event.action]}


def _phone(row_after: AccountRow, _: e.PhoneIdentified | e.LinkCompleted) -> Data:
    return {"phone": row_after.phone, "name": row_after.name}


def _failure(
    _: AccountRow,
    event: e.LinkFailed | e.ReconnectFailed | e.ConnectionLost | f.StandbyFailed | f.SealingFailed,
) -> Data:
    return failure_data(event.reason, event.detail)


def _called_off(_: AccountRow, __: f.ReconnectCalledOff) -> Data:
    return failure_data(Reason.STOPPED)


def _session_rejected(_: AccountRow, event: e.SessionRejected) -> Data:
    return failure_data(event.reason)


def _superseded(row_after: AccountRow, event: e.AccountSuperseded) -> Data:
    return failure_data(Reason.SUPERSEDED, row_after.detail) | {"by": event.by}


def _logged_out(_: AccountRow, event: e.LoggedOut) -> Data:
    told = failure_data(event.reason, event.detail)
    return told | {"by": event.by, "confirmed": event.confirmed}


def _primary(row_after: AccountRow, _: f.PrimaryChosen | f.PrimaryWithdrawn) -> Data:
    return {"is_primary": row_after.is_primary}


def _standby_failed(row_after: AccountRow, event: f.StandbyFailed) -> Data:
    return _failure(row_after, event) | {"retry_at": event.retry_at}


def _standby_ready(_: AccountRow, event: f.StandbyReady) -> Data:
    """Tell the progress once: a standby that only took in a newer session is no news of it."""
    progress = [] if event.renewed else ["backup_ready", "complete"]
    return {"renewed": event.renewed, "progress": progress}


def _ready(row_after: AccountRow, event: e.LinkCompleted) -> Data:
    return _phone(row_after, event) | {"progress": ["connected"]}


def _promoted(_: AccountRow, event: f.StandbyPromoted) -> Data:
    return {"because": event.because}


def _evidence(_: AccountRow, event: f.EvidenceKept) -> Data:
    return {"kind": event.kind, "digest": event.digest, "size_bytes": event.size_bytes}


def _message_queued(_: AccountRow, event: m.MessageQueued) -> Data:
    return {
        "message": event.message,
        "recipient": event.recipient,
        "kind": event.kind,
        "template": event.template,
        "media_type": event.media_type,
        "size_bytes": event.size_bytes,
        "waits": event.waits,
    }


def _message_sent(_: AccountRow, event: m.MessageSent) -> Data:
    return {
        "message": event.message,
        "whatsapp_id": event.whatsapp_id,
        "by": event.by,
        "tries": event.tries,
    }


def _message_moved(_: AccountRow, event: m.MessageDelivered | m.MessageRead) -> Data:
    return {"message": event.message}


def _message_trouble(_: AccountRow, event: m.MessageNotSent | m.MessageFailed) -> Data:
    told = MESSAGE_ADVICE[event.reason]
    return {
        "message": event.message,
        "reason": event.reason.value,
        "sentence": told.sentence,
        "next_step": told.next_step,
        "detail": event.detail,
    }


def _message_received(_: AccountRow, event: m.MessageReceived) -> Data:
    return {
        "message": event.message,
        "whatsapp_id": event.whatsapp_id,
        "sender": event.sender,
        "name": event.name,
        "kind": event.kind,
        "media_type": event.media_type,
        "size_bytes": event.size_bytes,
    }


def _silent(_: AccountRow, event: f.WebhookSilent) -> Data:
    return {"webhook": event.endpoint, "since": event.since, "error": event.error}


def _heard(_: AccountRow, event: f.WebhookHeard) -> Data:
    return {"webhook": event.endpoint}


ITEMS: dict[type[e.AccountEvent], tuple[str, Callable[[AccountRow, Any], Data]]] = {
    e.AccountRegistered: ("account.registered", _registered),
    e.LinkRequested: ("link.requested", _link_requested),
    e.ReconnectStarted: ("reconnect.started", _reconnect_started),
    e.PageReached: ("page.reached", _page_reached),
    e.SessionFound: ("session.found", _nothing),
    e.SessionRejected: ("session.rejected", _session_rejected),
    e.QrIssued: ("qr", _qr),
    e.QrFetched: ("qr.fetched", _fetched),
    e.CodesExhausted: ("codes.exhausted", _nothing),
    e.PairingCodeIssued: ("pairing_code", _pairing_code),
    e.QrScanned: ("scanned", _nothing),
    e.SyncProgressed: ("syncing", _syncing),
    e.ActionRequired: ("action.required", _action),
    e.PhoneAwaited: ("phone.awaited", _nothing),
    e.PhoneIdentified: ("phone.identified", _phone),
    e.LinkCompleted: ("ready", _ready),
    e.LinkFailed: ("link.failed", _failure),
    e.ReconnectFailed: ("reconnect.failed", _failure),
    e.ConnectionLost: ("disconnected", _failure),
    e.AccountSuperseded: ("superseded", _superseded),
    e.LogoutRequested: ("logout.requested", _nothing),
    e.LoggedOut: ("logged_out", _logged_out),
    e.AccountDestroyed: ("destroyed", _nothing),
    f.AccountErased: ("erased", _nothing),
    f.PrimaryChosen: ("primary.changed", _primary),
    f.PrimaryWithdrawn: ("primary.changed", _primary),
    f.SessionSealed: ("session.sealed", _nothing),
    f.SealingFailed: ("session.not_sealed", _failure),
    f.ReconnectCalledOff: ("reconnect.called_off", _called_off),
    f.StandbyRequested: ("standby.requested", _nothing),
    f.StandbyReady: ("standby.ready", _standby_ready),
    f.StandbyFailed: ("standby.failed", _standby_failed),
    f.StandbyPromoted: ("standby.promoted", _promoted),
    f.EvidenceKept: ("evidence.kept", _evidence),
    f.WebhookSilent: ("webhook.silent", _silent),
    f.WebhookHeard: ("webhook.heard", _heard),
    m.MessageQueued: ("message.queued", _message_queued),
    m.MessageNotSent: ("message.not_sent", _message_trouble),
    m.MessageSent: ("message.sent", _message_sent),
    m.MessageDelivered: ("message.delivered", _message_moved),
    m.MessageRead: ("message.read", _message_moved),
    m.MessageFailed: ("message.failed", _message_trouble),
    m.MessageReceived: ("message.received", _message_received),
}
"""Event -> (type of its item, what the item carries beside the deadline)."""
