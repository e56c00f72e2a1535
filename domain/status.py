"""The seven statuses of an account."""

from enum import Enum


class Status(Enum):
    """Where an account stands. READY means usable; a paired but syncing phone is AUTHENTICATING."""

    NOT_CREATED = "NOT_CREATED"
    """Nothing is linked and no session is kept: never linked, or destroyed."""
    INITIALIZING = "INITIALIZING"
    """A browser is being opened on the account's session."""
    WAITING_QR = "WAITING_QR"
    """A QR code or pairing code is on show and no phone has used it yet."""
    AUTHENTICATING = "AUTHENTICATING"
    """A phone has answered, or a kept session was found; WhatsApp is checking and syncing."""
    READY = "READY"
    """Linked, the page is usable and the own phone number is known: messages can be sent."""
    FAILED = "FAILED"
    """This attempt is over and says why; a new link request starts another."""
    DISCONNECTED = "DISCONNECTED"
    """Was READY and is not now: lost, logged out, replaced or superseded; says which."""


LINKING = frozenset({Status.INITIALIZING, Status.WAITING_QR, Status.AUTHENTICATING})
"""The statuses of an attempt that is still running. Each has a deadline."""
