"""Deadlines are data: what an account is waiting for, and until when.

The event that enters a hanging status carries its deadline, so a restart loses none of them.
"""

from datetime import datetime, timedelta
from enum import Enum

import msgspec


class Awaited(Enum):
    """What has to happen before the deadline."""

    START = "start"
    """The worker's turn to start the browser."""
    PAGE = "page"
    """A sign of progress from the page while INITIALIZING."""
    SCAN = "scan"
    """A phone using a code before the linking window closes."""
    AUTHENTICATION = "authentication"
    """WhatsApp's check and the first sync, or a report that it goes on."""
    PHONE_NUMBER = "phone_number"
    """The own phone number of a page that is otherwise usable."""
    PASSKEY = "passkey"
    """An answer to a passkey demand."""
    LOGOUT = "logout"
    """The page's word that the logout reached WhatsApp."""
    RECONNECT = "reconnect"
    """Not a limit but an appointment: when it is due the next reconnect starts."""


class Deadline(msgspec.Struct, frozen=True):
    """What is awaited, and until when (UTC)."""

    awaited: Awaited
    at: datetime


def due_in(awaited: Awaited, start: datetime, seconds: float) -> Deadline:
    """Build the deadline `seconds` after `start`."""
    return Deadline(awaited, start + timedelta(seconds=seconds))
