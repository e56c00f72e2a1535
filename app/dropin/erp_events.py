"""What the feed's items are to a settings page that was written for whatsapp-web.js' events."""

from typing import Literal

import msgspec

from app.held import Held
from domain.deadlines import Awaited
from domain.status import LINKING, Status
from projections.feed import FeedItem

EventType = Literal["status", "qr", "authenticated", "ready", "disconnected", "auth_failure"]


class ClientStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where the client stands, in the three words that the page knows."""

    is_ready: bool
    has_qr: bool = msgspec.field(name="hasQR")
    is_initialized: bool
    """False: nothing goes on by itself, so the page offers to initialize."""


class ErpEvent(msgspec.Struct, frozen=True):
    """One event of the stream."""

    type: EventType
    data: object


class Qr(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The code on show, as text and drawn."""

    qr: str
    qr_image_url: str


class Authenticated(msgspec.Struct, frozen=True):
    """The phone has let the client in."""

    authenticated: bool = True


class Ready(msgspec.Struct, frozen=True, rename="camel"):
    """Messages can be sent."""

    is_ready: bool = True


class Ended(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why the client is not ready."""

    is_ready: bool = False
    reason: str
    """A reason of docs/reference/reasons.md, or `destroyed`."""
    message: str
    """To be shown as it stands; may be empty."""


LOST = frozenset({"disconnected", "superseded", "logged_out", "destroyed"})
MOVED = frozenset({"link.requested", "reconnect.started", "reconnect.failed", "codes.exhausted"})
"""Items that change what the page shows without an event of their own there."""


def status_of(held: Held, *, shows_qr: bool) -> ClientStatus:
    """Tell where an account stands; `shows_qr` if a valid code is there."""
    account = held.account
    returns = account.deadline is not None and account.deadline.awaited is Awaited.RECONNECT
    return _status(account.status, shows_qr=shows_qr, returns=returns)


class ErpEvents:
    """Tells one stream's items. It remembers one thing: which attempt was told as authenticated."""

    def __init__(self) -> None:
        self._authenticated = ""

    def tell(self, item: FeedItem) -> list[ErpEvent]:
        """Give the events of an item; that of a code is made by whoever can read the vault."""
        if item.type in LOST:
            return [ErpEvent("disconnected", _ended(item)), _status_after(item)]
        if item.type == "link.failed":
            return [ErpEvent("auth_failure", _ended(item)), _status_after(item)]
        if item.type in MOVED:
            return [_status_after(item)]
        if item.type == "phone.identified" and item.status is Status.AUTHENTICATING:
            return self._authenticate(item)
        if item.type == "ready":  # a link from a kept session knows its phone already
            return [*self._authenticate(item), ErpEvent("ready", Ready())]
        return []

    def _authenticate(self, item: FeedItem) -> list[ErpEvent]:
        attempt = item.attempt.id if item.attempt else ""
        if attempt == self._authenticated:
            return []
        self._authenticated = attempt
        return [ErpEvent("authenticated", Authenticated())]


def _status_after(item: FeedItem) -> ErpEvent:
    return ErpEvent("status", _status(item.status, shows_qr=False, returns="deadline" in item.data))


def _status(status: Status, *, shows_qr: bool, returns: bool) -> ClientStatus:
    active = status in LINKING or status is Status.READY
    return ClientStatus(
        is_ready=status is Status.READY,
        has_qr=shows_qr,
        is_initialized=active or (status is Status.DISCONNECTED and returns),
    )


def _ended(item: FeedItem) -> Ended:
    return Ended(
        reason=str(item.data.get("reason", item.type)),
        message=str(item.data.get("sentence", "")),
    )
