"""What the API answers about messages, made from their rows."""

from datetime import datetime
from typing import Literal

import msgspec

from app.retelling import Told
from domain.account import Holder
from domain.message_advice import MESSAGE_ADVICE
from domain.message_events import Kind
from domain.message_reasons import MessageReason
from domain.status import Status
from domain.wishes import SendMessage
from projections.messages import MessageRow, MessageStatus, queued_row


class FailureOfMessage(msgspec.Struct, frozen=True, kw_only=True):
    """Why a message failed; of one that was sent, why its first try did."""

    code: MessageReason
    sentence: str
    next_step: str
    detail: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and how far it has come."""

    id: str
    account_id: str
    direction: Literal["out", "in"]
    phone: str
    """Whom it goes to, or comes from: digits with country code."""
    name: str
    """Of the sender, as WhatsApp tells it."""
    kind: Kind
    template: str
    media_type: str
    size_bytes: int
    status: MessageStatus
    waits: bool
    """It was accepted while the account could not send."""
    tries: int
    by: Holder | None
    """Who sent it."""
    fallback_used: bool
    """The primary could not send it, and the standby did."""
    failure: FailureOfMessage | None
    whatsapp_id: str
    accepted_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None


class MessageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    position: int
    message: MessageView


class MessageList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of an account's messages, the newest first."""

    position: int
    messages: tuple[MessageView, ...]
    next_cursor: str | None
    """Send it as `cursor` for the next page; null on the last."""


class ContentOfFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was sent."""

    name: str
    media_type: str
    content: bytes
    """In base64."""


class ContentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says."""

    message: str
    text: str
    file: ContentOfFile | None
    """Of incoming messages files are not kept, only what they are called."""


def message_view(row: MessageRow) -> MessageView:
    """Show a message's row."""
    return MessageView(
        id=row.message_id,
        account_id=row.account_id,
        direction=row.direction,
        phone=row.peer,
        name=row.name,
        kind=row.kind,
        template=row.template,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        status=row.status,
        waits=row.waits,
        tries=row.tries,
        by=row.sent_by,
        fallback_used=row.fallback_used,
        failure=_failure(row),
        whatsapp_id=row.whatsapp_id,
        accepted_at=row.accepted_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        failed_at=row.failed_at,
    )


def _failure(row: MessageRow) -> FailureOfMessage | None:
    if row.reason is None:
        return None
    advice = MESSAGE_ADVICE[row.reason]
    return FailureOfMessage(
        code=row.reason, sentence=advice.sentence, next_step=advice.next_step, detail=row.detail
    )


def accepted_row(told: Told) -> MessageRow:
    """Give a message's row as accepting it left it."""
    command = told.command
    if not isinstance(command, SendMessage):
        message = "a key is bound to its route, so the wish is one to send"
        raise TypeError(message)
    waits = told.held.account.status is not Status.READY
    return queued_row(told.account_id, command, waits=waits)
