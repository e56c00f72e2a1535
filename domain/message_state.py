"""What an account remembers of its messages: those that may still change, and no more of them."""

from datetime import datetime

import msgspec

MOST_QUEUED = 1000
"""May wait for one account: hours of sending at any rate that WhatsApp tolerates (a few tens a
minute). A client with more of them is to keep the rest itself."""
MOST_FOLLOWED = 500
"""Sent ones whose delivery or reading is still awaited, the newest. Many are never read (receipts
can be turned off), and folding one event copies them all: 2 µs."""
MOST_HEARD = 100
"""Incoming ones, the newest: WhatsApp tells the last few again after each reconnect."""
MOST_TRIES = 2
"""One try on the primary, and one more: on the standby if it is ready, else on the same page."""


class QueuedMessage(msgspec.Struct, frozen=True, gc=False):
    """One that waits to be sent."""

    id: str
    whatsapp_id: str
    queued_at: datetime
    tries: int = 0
    """That have failed."""


class SentMessage(msgspec.Struct, frozen=True, gc=False):
    """One that WhatsApp has taken and that is not known to be read."""

    id: str
    whatsapp_id: str
    delivered: bool = False


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """Each oldest first."""

    queued: tuple[QueuedMessage, ...] = ()
    sent: tuple[SentMessage, ...] = ()
    heard: tuple[str, ...] = ()
    """WhatsApp's ids of incoming ones."""

    def queued_as(self, message: str) -> QueuedMessage | None:
        """Find one that waits, by our id."""
        return next((one for one in self.queued if one.id == message), None)

    def knows(self, message: str) -> bool:
        """Tell whether one of this id waits or is followed."""
        return any(one.id == message for one in (*self.queued, *self.sent))

    def known_to_whatsapp_as(self, whatsapp_id: str) -> QueuedMessage | SentMessage | None:
        """Find one by WhatsApp's id; acks come soonest for the newest."""
        sent = next((one for one in reversed(self.sent) if one.whatsapp_id == whatsapp_id), None)
        return sent or next((one for one in self.queued if one.whatsapp_id == whatsapp_id), None)


NO_MESSAGES = Messages()
