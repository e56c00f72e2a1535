"""What was seen of messages (Record…): by whoever sends them, by the page, and by the clock.

Unlike an `Observation` they belong to no attempt: WhatsApp may confirm today what an earlier
attempt has sent.
"""

from typing import Literal

from domain.account import Holder
from domain.message_events import Kind
from domain.message_reasons import MessageReason
from domain.wishes import Command


class MessageObservation(Command, frozen=True, kw_only=True):
    """Common to all of them. Never refused: accepted, or ignored."""


class RecordMessageSent(MessageObservation, frozen=True, kw_only=True):
    """WhatsApp has taken the message."""

    message: str
    whatsapp_id: str = ""
    """Empty: the one that it was queued with."""
    by: Holder = "primary"


class RecordMessageNotSent(MessageObservation, frozen=True, kw_only=True):
    """A try has failed, and another one may fare better."""

    message: str
    reason: MessageReason
    detail: str = ""
    by: Holder = "primary"


class RecordMessageFailed(MessageObservation, frozen=True, kw_only=True):
    """The message cannot be sent, however often it is tried, or has waited for too long."""

    message: str
    reason: MessageReason
    detail: str = ""


class RecordAck(MessageObservation, frozen=True, kw_only=True):
    """WhatsApp says how far one of the account's own messages has come."""

    whatsapp_id: str
    ack: Literal["delivered", "read"]


class RecordMessageReceived(MessageObservation, frozen=True, kw_only=True):
    """Somebody wrote to the account; the content is in the store of contents already."""

    message: str
    whatsapp_id: str
    sender: str
    sender_fingerprint: str
    name: str = ""
    kind: Kind = "text"
    fingerprint: str = ""
    size_bytes: int = 0
    media_type: str = ""
