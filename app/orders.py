"""What each event asks of the process that holds the account's browser. Pure."""

from typing import assert_never

import msgspec

from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain.account import Account, Holder
from domain.events import AccountEvent, Method
from domain.policy import Policy
from domain.reasons import Reason
from domain.status import Status
from domain.wished import UNLINKED

DEAD_SESSION = frozenset(
    {
        Reason.PHONE_UNLINKED,
        Reason.SESSION_UNREADABLE,
        Reason.SCAN_REJECTED,
        Reason.AUTHENTICATION_FAILED,
    }
)
"""Failures after which what the browser kept is worthless and would spoil the next attempt."""

WANTED = frozenset(
    {
        Reason.CANCELLED,
        Reason.HANDED_OVER,
        Reason.STOPPED,
        Reason.LOGGED_OUT,
        Reason.SUPERSEDED,
    }
)
"""Endings that somebody asked for: there is nothing to find out."""


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """Open the account's page for this attempt; `person_waits` unless it happens by itself."""

    attempt: str
    method: Method
    pairing_phone: str | None
    person_waits: bool = True
    policy: Policy = Policy()
    holder: Holder = "primary"
    """Which process opens it; the other one sees that its own page is closed."""


class Renew(msgspec.Struct, frozen=True):
    """Ask the page for new codes."""


class Gather(msgspec.Struct, frozen=True):
    """Keep evidence of this attempt, which goes on."""

    attempt: str


class Unlink(msgspec.Struct, frozen=True):
    """Log out on the page."""


class Close(msgspec.Struct, frozen=True, kw_only=True):
    """Close the page; `erase` deletes what it kept, `unlink` logs out first if it can."""

    erase: bool = False
    unlink: bool = False
    failed: str = ""
    """The attempt that has failed: evidence of it is kept. Empty: nothing has."""


Order = Open | Renew | Gather | Unlink | Close


def order_for(event: AccountEvent) -> Order | None:
    """Translate an event into an order, None when the browser has nothing to do."""
    match event:
        case e.LinkRequested():
            return Open(
                attempt=event.attempt,
                method=event.method,
                pairing_phone=event.pairing_phone,
                policy=event.policy,
            )
        case e.ReconnectStarted():
            return Open(
                attempt=event.attempt,
                method="qr",
                pairing_phone=None,
                person_waits=event.by != "policy",
                holder="standby" if event.by == "standby" else "primary",
                policy=event.policy,
            )
        case e.CodesExhausted():
            return Renew()
        case e.SessionRejected():
            return Gather(event.attempt)
        case e.LogoutRequested():
            return Unlink()
        case _:
            return _order_to_close(event)


def _order_to_close(event: AccountEvent) -> Close | None:
    match event:
        case e.LoggedOut():
            return Close(erase=True)
        case e.AccountDestroyed():
            return Close(erase=True, unlink=True)
        case f.AccountErased():
            return Close(erase=True)  # whatever an earlier destroying could not delete
        case e.LinkFailed() | e.ReconnectFailed() | e.ConnectionLost():
            return Close(
                erase=isinstance(event, e.LinkFailed) and event.reason in DEAD_SESSION,
                failed="" if event.reason in WANTED else event.attempt,
            )
        case e.AccountSuperseded():
            return Close()
        case _:
            return None


def order_to_resume(account: Account) -> Order | None:
    """What a new worker does with an account that another one left behind.

    An attempt that no phone has answered goes on under its own id: the page starts over and shows
    another code. Everything else is told to the domain (see `was_held`), which decides.
    """
    failed_for_good = account.status is Status.FAILED and account.reason in DEAD_SESSION
    if account.status is Status.NOT_CREATED or account.reason in UNLINKED or failed_for_good:
        return Close(erase=True)  # the order to erase may have come while no worker was there
    attempt = account.attempt
    if attempt is None or account.status not in (Status.INITIALIZING, Status.WAITING_QR):
        return None
    return Open(
        attempt=attempt.id,
        method=attempt.method,
        pairing_phone=attempt.pairing_phone,
        person_waits=attempt.kind == "link",
        holder=attempt.holder,
        policy=attempt.policy,
    )


def was_held(account: Account) -> bool:
    """Tell whether the account's status is only true while a worker holds its browser."""
    match account.status:
        case Status.READY | Status.AUTHENTICATING:
            return True
        case (
            Status.NOT_CREATED
            | Status.INITIALIZING
            | Status.WAITING_QR
            | Status.FAILED
            | Status.DISCONNECTED
        ):
            return False
        case _:
            assert_never(account.status)


ENDS_CODE = (
    e.QrScanned,
    e.CodesExhausted,
    e.LinkCompleted,
    e.LinkFailed,
    e.ReconnectFailed,
    e.AccountSuperseded,
    e.AccountDestroyed,
)
"""Events after which the code on show is no longer worth keeping."""

WAKES_SENDING = (e.LinkCompleted, m.MessageQueued)
"""Events after which there may be a message to be sent."""
