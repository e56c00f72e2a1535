"""What has happened to an account on its way through the lifecycle; `facts` has the rest.

Names and fields are for ever: add fields with a default. `at` (UTC) is the time of the input that
caused the event; its class name is its topic in the log.
"""

from datetime import datetime
from typing import Literal

import msgspec

from domain.deadlines import Deadline
from domain.policy import Policy
from domain.reasons import Reason

Site = Literal["live", "sandbox"]
Method = Literal["qr", "pairing_code"]
Phase = Literal["queued", "browser_started", "page_loaded", "bridge_started"]
LoggedOutBy = Literal["client", "phone", "whatsapp"]


class AccountEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Common to every event of an account."""

    at: datetime


class AttemptEvent(AccountEvent, frozen=True, kw_only=True):
    """Common to every event that belongs to one attempt."""

    attempt: str


class AccountRegistered(AccountEvent, frozen=True, kw_only=True):
    """The account exists and may be linked."""

    workspace: str
    label: str = ""
    site: Site = "live"
    policy: Policy | None = None  # its own; None means the deployment's at the time of an attempt


class LinkRequested(AttemptEvent, frozen=True, kw_only=True):
    """A client asked to link the account; attempts are numbered from 1."""

    number: int
    method: Method
    policy: Policy
    deadline: Deadline
    pairing_phone: str | None = None


class ReconnectStarted(AttemptEvent, frozen=True, kw_only=True):
    """An attempt to bring a lost link back from its kept session."""

    number: int
    policy: Policy
    deadline: Deadline
    by: Literal["policy", "client", "standby"] = "policy"  # standby: it opens the page itself


class PageReached(AttemptEvent, frozen=True, kw_only=True):
    """The page made progress for the first time in this phase; the deadline starts anew."""

    phase: Phase
    deadline: Deadline
    start: str = ""  # with `queued`: which start of a browser waits for its turn
    whatsapp: str = ""  # with `bridge_started`: the version of WhatsApp's page, if it says one


class SessionFound(AttemptEvent, frozen=True, kw_only=True):
    """A kept session was found on the page; WhatsApp is checking it."""

    deadline: Deadline


class SessionRejected(AttemptEvent, frozen=True, kw_only=True):
    """The kept session is dead; the page starts over towards a code."""

    reason: Reason
    deadline: Deadline


class QrIssued(AttemptEvent, frozen=True, kw_only=True):
    """A code is on show. Its text is secret, never in the log; `fingerprint` is keyed."""

    fingerprint: str
    ordinal: int
    expires_at: datetime
    deadline: Deadline
    source: Literal["page", "bridge"] = "page"


class QrFetched(AttemptEvent, frozen=True, kw_only=True):
    """A client was served this code for the first time."""

    fingerprint: str


class CodesExhausted(AttemptEvent, frozen=True, kw_only=True):
    """The page ran out of codes while the linking window is open: it is asked for new ones."""


class PairingCodeIssued(AttemptEvent, frozen=True, kw_only=True):
    """A pairing code is on show. The code is a secret and never in the log."""

    fingerprint: str
    expires_at: datetime
    deadline: Deadline


class QrScanned(AttemptEvent, frozen=True, kw_only=True):
    """A phone has used the code; WhatsApp is checking it."""

    deadline: Deadline


class SyncProgressed(AttemptEvent, frozen=True, kw_only=True):
    """The first sync goes on; the deadline starts anew."""

    percent: int
    deadline: Deadline


class ActionRequired(AttemptEvent, frozen=True, kw_only=True):
    """WhatsApp demands something that only a person can give."""

    action: Literal["passkey"]
    deadline: Deadline


class PhoneAwaited(AttemptEvent, frozen=True, kw_only=True):
    """The page is usable but has not told the own phone number yet."""

    deadline: Deadline


class PhoneIdentified(AttemptEvent, frozen=True, kw_only=True):
    """The own phone number is known: digits with country code; `fingerprint` is keyed."""

    phone: str
    fingerprint: str
    name: str = ""
    platform: str = ""
    link: str = ""  # that changed its number while READY; else empty: LinkCompleted names it


class LinkCompleted(AttemptEvent, frozen=True, kw_only=True):
    """Linked and usable: messages can be sent. The number is named for the workspace."""

    phone_fingerprint: str = ""
    link: str = ""  # the attempt that made or last asked for it; reconnects by policy keep it


class LinkFailed(AttemptEvent, frozen=True, kw_only=True):
    """This attempt is over and says why."""

    reason: Reason
    detail: str = ""


class ReconnectFailed(AttemptEvent, frozen=True, kw_only=True):
    """A reconnect did not work; `deadline` is the appointment for the next, if there is one."""

    reason: Reason
    detail: str = ""
    deadline: Deadline | None = None


class ConnectionLost(AttemptEvent, frozen=True, kw_only=True):
    """The account was READY and is not now; `deadline` is when the reconnect starts, if it does."""

    reason: Reason
    detail: str = ""
    deadline: Deadline | None = None


class AccountSuperseded(AttemptEvent, frozen=True, kw_only=True):
    """Another account of the workspace linked the same number and holds it now."""

    by: str


class LogoutRequested(AccountEvent, frozen=True, kw_only=True):
    """A client asked to log out; the page is doing it."""

    deadline: Deadline


class LoggedOut(AccountEvent, frozen=True, kw_only=True):
    """The link is gone and its session deleted; unconfirmed when the page could not say so."""

    by: LoggedOutBy
    reason: Reason
    confirmed: bool = True
    detail: str = ""


class AccountDestroyed(AccountEvent, frozen=True, kw_only=True):
    """Nothing is linked and no session is kept any more."""
