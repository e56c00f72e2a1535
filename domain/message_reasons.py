"""Why a message was not sent: one stable code each; and the id that WhatsApp knows a message by."""

import hashlib
from enum import Enum


class MessageReason(Enum):
    """Stable codes; stored in the log for ever. Add, never rename."""

    NOT_ON_WHATSAPP = "not_on_whatsapp"
    """WhatsApp knows no account of this number."""
    NOT_READY = "not_ready"
    """The page is not linked and synced."""
    PAGE_REFUSED = "page_refused"
    """The page, or WhatsApp's server, has answered that it was not sent."""
    FILE_REFUSED = "file_refused"
    """The page cannot make a message of this file."""
    FILE_TOO_LARGE = "file_too_large"
    PAGE_SILENT = "page_silent"
    """No answer within the limit; it may still be sent, and is not sent twice."""
    CONNECTION_LOST = "connection_lost"
    """The page, its browser or its stream to WhatsApp went away meanwhile."""
    CONTENT_GONE = "content_gone"
    """What was to be sent is not kept any more, or cannot be opened."""
    EXPIRED = "expired"
    """It has waited for longer than the setting says."""
    LOGGED_OUT = "logged_out"
    """The link that it was to go through was ended; the next one may be another phone's."""
    ACCOUNT_DESTROYED = "account_destroyed"
    ACCOUNT_ERASED = "account_erased"


FINAL = frozenset(
    {MessageReason.NOT_ON_WHATSAPP, MessageReason.FILE_REFUSED, MessageReason.FILE_TOO_LARGE}
)
"""What the same message meets on every page: no second try is of use."""

_DIGITS = 18


def whatsapp_id_of(message_id: str) -> str:
    """Make the id under which WhatsApp is given a message of ours: the same one at every try.

    In the form of the ids that WhatsApp Web makes itself: 3EB0 and 9 bytes as hexadecimal digits.
    """
    digest = hashlib.sha256(message_id.encode()).hexdigest()
    return "3EB0" + digest[:_DIGITS].upper()
