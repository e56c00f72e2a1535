"""What a client wants of an account. Imperative: each may be refused.

Every command brings its own time (`at`, UTC), ids and randomness: the domain has none of its own.
"""

from datetime import datetime
from typing import Literal

import msgspec

from domain.events import Method, Site
from domain.message_events import Kind
from domain.policy import Policy


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common to all commands."""

    at: datetime


class RegisterAccount(Command, frozen=True, kw_only=True):
    """Make the account known."""

    workspace: str
    label: str = ""
    site: Site = "live"
    policy: Policy | None = None


class RequestLink(Command, frozen=True, kw_only=True):
    """Start linking under a new attempt id. `policy` is the deployment's; an account's own wins."""

    attempt: str
    method: Method = "qr"
    policy: Policy = Policy()
    pairing_phone: str | None = None
    retry: bool = False
    """True: only after a failure or a loss (the `retry` route), refused otherwise."""


class CancelLink(Command, frozen=True, kw_only=True):
    """End the running attempt."""


class RequestReconnect(Command, frozen=True, kw_only=True):
    """Bring a lost link back now, from its kept session."""

    attempt: str
    policy: Policy = Policy()


class PromoteStandby(Command, frozen=True, kw_only=True):
    """Let the standby take the session over, under a new attempt id.

    The standby itself asks for it when the primary is lost; whoever sends messages, when sending
    has failed.
    """

    attempt: str
    because: Literal["send_failed", "connection_lost", "client"] = "client"
    policy: Policy = Policy()


class RequestStop(Command, frozen=True, kw_only=True):
    """Close the account's page and keep its session; nothing reconnects until somebody asks."""


class RequestLogout(Command, frozen=True, kw_only=True):
    """Unlink the account from the phone."""


class DestroyAccount(Command, frozen=True, kw_only=True):
    """Delete the link and every kept session."""

    erase: bool = False
    """Make phone number, name and label unreadable for good, in the history too."""


class SendMessage(Command, frozen=True, kw_only=True):
    """Send a message whose content is in the store of contents already."""

    message: str
    whatsapp_id: str
    recipient: str
    recipient_fingerprint: str
    kind: Kind
    fingerprint: str
    size_bytes: int
    template: str = ""
    media_type: str = ""
    queue: bool = False
    """True: if it cannot go now, it waits until it can."""
