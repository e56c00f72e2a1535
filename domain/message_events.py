"""What has happened to an account's messages: these events never change the status.

The rules of `events` hold here too. No event holds a message's content: `fingerprint` is keyed,
and whoever wants to read the content asks the store of contents while it is kept.
"""

from typing import Literal

from domain.account import Holder
from domain.events import AccountEvent
from domain.message_reasons import MessageReason

Kind = Literal["text", "file", "template"]


class MessageQueued(AccountEvent, frozen=True, kw_only=True):
    """A client's message was accepted; `recipient` is digits with country code."""

    message: str
    whatsapp_id: str
    """The id that WhatsApp will know it by: the same one at every try, so that it is sent once."""
    recipient: str
    recipient_fingerprint: str
    kind: Kind
    fingerprint: str
    size_bytes: int
    template: str = ""
    media_type: str = ""
    waits: bool = False
    """It was accepted while the account could not send, to wait until it can."""


class MessageNotSent(AccountEvent, frozen=True, kw_only=True):
    """A try to send it failed; it is tried again."""

    message: str
    reason: MessageReason
    detail: str = ""
    by: Holder = "primary"


class MessageSent(AccountEvent, frozen=True, kw_only=True):
    """WhatsApp has taken it."""

    message: str
    whatsapp_id: str
    by: Holder = "primary"
    tries: int = 1


class MessageDelivered(AccountEvent, frozen=True, kw_only=True):
    """It has reached the recipient's phone."""

    message: str


class MessageRead(AccountEvent, frozen=True, kw_only=True):
    """The recipient has read it, or listened to it."""

    message: str


class MessageFailed(AccountEvent, frozen=True, kw_only=True):
    """It was not sent and will not be."""

    message: str
    reason: MessageReason
    detail: str = ""


class MessageReceived(AccountEvent, frozen=True, kw_only=True):
    """Somebody wrote to the account; `sender` is digits with country code."""

    message: str
    whatsapp_id: str
    sender: str
    sender_fingerprint: str
    name: str = ""
    kind: Kind = "text"
    fingerprint: str = ""
    size_bytes: int = 0
    media_type: str = ""
