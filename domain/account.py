"""An account as its events tell it: frozen facts. `evolve` makes them."""

from datetime import datetime
from typing import Literal

import msgspec

from domain import events as e
from domain.deadlines import Deadline
from domain.message_state import NO_MESSAGES, Messages
from domain.policy import Policy
from domain.reasons import Reason
from domain.status import LINKING, Status

Holder = Literal["primary", "standby"]
"""Which of the two processes opens an account's page, and reports what it shows."""


class Code(msgspec.Struct, frozen=True, gc=False):
    """The code on show, by its keyed fingerprint."""

    fingerprint: str
    ordinal: int
    expires_at: datetime
    fetched: bool = False


class Standby(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the account's standby stands; see docs/decisions/standby.md."""

    stage: Literal["none", "requested", "ready", "failed", "promoted"] = "none"
    since: datetime | None = None
    digest: str = ""
    """Of the sealed session that it has opened, or is to open."""
    reason: Reason | None = None
    retry_at: datetime | None = None
    """When one that failed is tried again."""


NO_STANDBY = Standby()


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One start of linking, or one reconnect. READY keeps the attempt that led there."""

    id: str
    number: int
    kind: Literal["link", "reconnect"]
    policy: Policy
    started_at: datetime
    holder: Holder = "primary"
    method: e.Method = "qr"
    pairing_phone: str | None = None
    phases: tuple[e.Phase, ...] = ()
    starts: tuple[str, ...] = ()
    """Starts of a browser that have waited for their turn: one for each worker that took over."""
    session_found: bool = False
    session_dead: bool = False
    """The kept session was rejected, or a code was shown or scanned instead of it."""
    scanned: bool = False
    sync_percent: int = -1
    codes_issued: int = 0
    codes_seen: tuple[str, ...] = ()
    """Fingerprints of all codes so far: a late callback must not put an old one on show again."""
    scan_until: datetime | None = None
    """The linking window closes; set by the first code, not moved by later ones."""
    codes_fetched: int = 0
    code: Code | None = None
    exhausted: bool = False
    """The page ran out of codes and has not shown a new one yet."""
    passkey_demanded: bool = False
    evidence: tuple[str, ...] = ()
    """Digests of what was kept."""

    @property
    def returning(self) -> bool:
        """Tell whether this attempt tries to come back to a link that WhatsApp still has."""
        return self.kind == "reconnect" and not self.session_dead


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The folded account; a fresh one is not registered."""

    status: Status = Status.NOT_CREATED
    since: datetime | None = None
    registered: bool = False
    erased: bool = False
    """What told of a person is gone for good, and the account is not linked any more."""
    workspace: str = ""
    label: str = ""
    site: e.Site = "live"
    policy: Policy | None = None
    attempts: int = 0
    attempt: Attempt | None = None
    link: str = ""
    """The attempt that made or last asked for the link; a reconnect by policy keeps it."""
    deadline: Deadline | None = None
    reason: Reason | None = None
    detail: str = ""
    phone: str | None = None
    phone_fingerprint: str | None = None
    name: str = ""
    primary: bool = False
    primary_version: int = 0
    """Version of the workspace's stream that last spoke about the primary."""
    ready_at: datetime | None = None
    reconnects: int = 0
    logout_requested: bool = False
    session_digest: str | None = None
    unsealed: Reason | None = None
    """Why the session as it is now is not sealed, if that was tried."""
    standby: Standby = NO_STANDBY
    messages: Messages = NO_MESSAGES
    silent_webhooks: tuple[str, ...] = ()
    """Endpoints that were not told of an attempt, and have not been heard of since."""


def holder(account: Account) -> Holder | None:
    """Tell which process is to have the account's page open now; None while nobody is."""
    if account.attempt is None or account.status not in LINKING | {Status.READY}:
        return None
    return account.attempt.holder


NEW = Account()
