"""The messages table: one row per message, sent or received, as its events tell it.

The projection remembers the rows that may still change, as the account does (`message_state`).
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.account import Holder
from domain.log import RecordedEvent
from domain.message_reasons import MessageReason
from domain.message_state import MOST_FOLLOWED
from domain.wishes import SendMessage
from projections.rows import account_event

MessageStatus = Literal["queued", "sent", "delivered", "read", "failed", "received"]


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message as clients list it; what it says is in the store of contents, while it is kept."""

    account_id: str
    message_id: str
    direction: Literal["out", "in"]
    peer: str
    """Whom it goes to, or comes from: digits with country code; empty once erased."""
    peer_fingerprint: str
    name: str = ""
    """Of the sender, as WhatsApp tells it."""
    kind: m.Kind
    template: str = ""
    media_type: str = ""
    size_bytes: int
    fingerprint: str
    whatsapp_id: str
    status: MessageStatus
    waits: bool = False
    """It was accepted while the account could not send."""
    tries: int = 0
    sent_by: Holder | None = None
    fallback_used: bool = False
    """The primary could not send it, and the standby did."""
    reason: MessageReason | None = None
    """Of the failure; of one that was sent: why the first try failed."""
    detail: str = ""
    accepted_at: datetime
    """When it was accepted, or came in."""
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    failed_at: datetime | None = None


class MessageRows(msgspec.Struct, frozen=True):
    """The rows of one account that may still change, oldest first, and the one that just did."""

    queued: tuple[MessageRow, ...] = ()
    sent: tuple[MessageRow, ...] = ()
    changed: MessageRow | None = None


NO_ROWS = MessageRows()


def project_messages(rows: MessageRows | None, recorded: RecordedEvent) -> MessageRows:
    """Fold one event of the account's stream into its messages' rows."""
    before = rows or NO_ROWS
    event = account_event(recorded)
    change = CHANGES.get(type(event))
    if change is not None:
        return change(before, recorded.stream, event)
    return before if before.changed is None else replace(before, changed=None)


def changed_row(rows: MessageRows | None) -> MessageRow | None:
    """Give the row that the last event changed."""
    return rows and rows.changed


def queued_row(account_id: str, taken: m.MessageQueued | SendMessage, *, waits: bool) -> MessageRow:
    """Give the row of a message that was taken, from the event or from the wish that led to it."""
    return MessageRow(
        account_id=account_id,
        message_id=taken.message,
        direction="out",
        peer=taken.recipient,
        peer_fingerprint=taken.recipient_fingerprint,
        kind=taken.kind,
        template=taken.template,
        media_type=taken.media_type,
        size_bytes=taken.size_bytes,
        fingerprint=taken.fingerprint,
        whatsapp_id=taken.whatsapp_id,
        status="queued",
        waits=waits,
        accepted_at=taken.at,
    )


def _queued(rows: MessageRows, account_id: str, event: m.MessageQueued) -> MessageRows:
    row = queued_row(account_id, event, waits=event.waits)
    return replace(rows, queued=(*rows.queued, row), changed=row)


def _not_sent(rows: MessageRows, _: str, event: m.MessageNotSent) -> MessageRows:
    row = _find(rows.queued, event.message)
    if row is None:
        return replace(rows, changed=None)
    tried = replace(row, tries=row.tries + 1, reason=event.reason, detail=event.detail)
    return replace(rows, queued=_with(rows.queued, tried), changed=tried)


def _sent(rows: MessageRows, _: str, event: m.MessageSent) -> MessageRows:
    row = _find(rows.queued, event.message)
    if row is None:
        return replace(rows, changed=None)
    sent = replace(
        row,
        status="sent",
        whatsapp_id=event.whatsapp_id,
        tries=event.tries,
        sent_by=event.by,
        fallback_used=event.tries > 1 and event.by == "standby",
        sent_at=event.at,
    )
    followed = (*rows.sent, sent)[-MOST_FOLLOWED:]
    return MessageRows(queued=_without(rows.queued, sent), sent=followed, changed=sent)


def _delivered(rows: MessageRows, _: str, event: m.MessageDelivered) -> MessageRows:
    row = _find(rows.sent, event.message)
    if row is None:
        return replace(rows, changed=None)
    delivered = replace(row, status="delivered", delivered_at=event.at)
    return replace(rows, sent=_with(rows.sent, delivered), changed=delivered)


def _read(rows: MessageRows, _: str, event: m.MessageRead) -> MessageRows:
    row = _find(rows.sent, event.message)
    if row is None:
        return replace(rows, changed=None)
    read = replace(row, status="read", read_at=event.at)
    return replace(rows, sent=_without(rows.sent, read), changed=read)


def _failed(rows: MessageRows, _: str, event: m.MessageFailed) -> MessageRows:
    row = _find(rows.queued, event.message)
    if row is None:
        return replace(rows, changed=None)
    failed = replace(
        row, status="failed", reason=event.reason, detail=event.detail, failed_at=event.at
    )
    return replace(rows, queued=_without(rows.queued, failed), changed=failed)


def _received(rows: MessageRows, account_id: str, event: m.MessageReceived) -> MessageRows:
    received = MessageRow(
        account_id=account_id,
        message_id=event.message,
        direction="in",
        peer=event.sender,
        peer_fingerprint=event.sender_fingerprint,
        name=event.name,
        kind=event.kind,
        media_type=event.media_type,
        size_bytes=event.size_bytes,
        fingerprint=event.fingerprint,
        whatsapp_id=event.whatsapp_id,
        status="received",
        accepted_at=event.at,
    )
    return replace(rows, changed=received)


def _destroyed(_: MessageRows, __: str, ___: e.AccountDestroyed | f.AccountErased) -> MessageRows:
    return NO_ROWS


def _find(rows: tuple[MessageRow, ...], message: str) -> MessageRow | None:
    return next((row for row in rows if row.message_id == message), None)


def _with(rows: tuple[MessageRow, ...], changed: MessageRow) -> tuple[MessageRow, ...]:
    return tuple(changed if row.message_id == changed.message_id else row for row in rows)


def _without(rows: tuple[MessageRow, ...], gone: MessageRow) -> tuple[MessageRow, ...]:
    return tuple(row for row in rows if row.message_id != gone.message_id)


CHANGES: dict[type[e.AccountEvent], Callable[[MessageRows, str, Any], MessageRows]] = {
    m.MessageQueued: _queued,
    m.MessageNotSent: _not_sent,
    m.MessageSent: _sent,
    m.MessageDelivered: _delivered,
    m.MessageRead: _read,
    m.MessageFailed: _failed,
    m.MessageReceived: _received,
    e.AccountDestroyed: _destroyed,
    f.AccountErased: _destroyed,
}
"""What each event changes; events that are absent, nothing."""
