"""A client's wish to send, with the values that no test is about."""

from datetime import datetime

from domain.message_reasons import whatsapp_id_of
from domain.wishes import SendMessage
from tests.examples import RECIPIENT, at

NINETY = at(90)


def send(message: str, when: datetime = NINETY, *, queue: bool = False) -> SendMessage:
    """Ask for a short text to be sent."""
    return SendMessage(
        at=when,
        message=message,
        whatsapp_id=whatsapp_id_of(message),
        recipient=RECIPIENT,
        recipient_fingerprint="keyed",
        kind="text",
        fingerprint="keyed",
        size_bytes=5,
        queue=queue,
    )
