"""What was merely seen by the page, the worker or the workspace (Record…).

An observation belongs to one attempt and is never argued with: it is accepted, or it is ignored
or refused and stays in the log as such.
"""

from datetime import datetime
from typing import Literal

from domain.events import LoggedOutBy, Phase
from domain.reasons import Reason
from domain.wishes import Command


class Observation(Command, frozen=True, kw_only=True):
    """Something seen during one attempt. If that attempt is no longer current, it is ignored."""

    attempt: str


class RecordPage(Observation, frozen=True, kw_only=True):
    """The browser or the page reached a phase."""

    phase: Phase
    start: str = ""
    """With `queued`: which start of a browser waits. A worker that takes over makes another."""
    whatsapp: str = ""
    """With `bridge_started`: the version of WhatsApp's page, if it says one."""


class RecordSession(Observation, frozen=True, kw_only=True):
    """The page found a kept session."""


class RecordQr(Observation, frozen=True, kw_only=True):
    """The page shows this code (by its keyed fingerprint) until `expires_at`."""

    fingerprint: str
    expires_at: datetime
    source: Literal["page", "bridge"] = "page"


class RecordQrFetch(Observation, frozen=True, kw_only=True):
    """A client was served this code."""

    fingerprint: str


class RecordCodesExhausted(Observation, frozen=True, kw_only=True):
    """The page has no more codes and is idle."""


class RecordPairingCode(Observation, frozen=True, kw_only=True):
    """The page gave a pairing code (by its keyed fingerprint)."""

    fingerprint: str
    expires_at: datetime


class RecordScan(Observation, frozen=True, kw_only=True):
    """A phone has used the code on show."""


class RecordSyncProgress(Observation, frozen=True, kw_only=True):
    """The first sync has reached this many percent (0 to 100)."""

    percent: int


class RecordActionRequired(Observation, frozen=True, kw_only=True):
    """WhatsApp demands a passkey."""

    action: Literal["passkey"]


class RecordSynced(Observation, frozen=True, kw_only=True):
    """The page is usable, but the own phone number is not known yet."""


class RecordReady(Observation, frozen=True, kw_only=True):
    """The page is usable and the own phone number is known, both from one look at the page."""

    phone: str
    phone_fingerprint: str
    name: str = ""
    platform: str = ""


class RecordProblem(Observation, frozen=True, kw_only=True):
    """The page, the browser or the worker is in trouble. `jitter` in [0, 1) spreads reconnects."""

    reason: Reason
    detail: str = ""
    jitter: float = 0.5


class RecordLogout(Observation, frozen=True, kw_only=True):
    """The page says that the link is gone."""

    by: LoggedOutBy
    detail: str = ""


class RecordSuperseded(Command, frozen=True, kw_only=True):
    """The workspace moved the number with this fingerprint to account `by`."""

    by: str
    phone_fingerprint: str
    link: str = ""
    """The link that lost the number; one made since is not meant. Empty: whichever it is."""


class RecordPrimary(Command, frozen=True, kw_only=True):
    """The workspace chose its primary: this account, or another one."""

    chosen: bool
    workspace_version: int = 0
    """Version of the workspace's stream that says so; an older one cannot undo a newer one."""


class RecordUnmaskedRead(Command, frozen=True, kw_only=True):
    """A client was given this much of the account's story unmasked. Who, its origin tells."""

    form: Literal["timeline", "bundle"]
    number: int | None = None
    """Of the only attempt that was read; None when it was the account's story."""


class RecordSealedSession(Observation, frozen=True, kw_only=True):
    """The session was packed and sealed."""

    digest: str
    size_bytes: int


class RecordUnsealedSession(Observation, frozen=True, kw_only=True):
    """The session could not be sealed."""

    reason: Reason
    detail: str = ""


class RecordStandby(Observation, frozen=True, kw_only=True):
    """The standby of the session with this digest reached a stage; `reason` only with `failed`."""

    stage: Literal["requested", "ready", "failed", "promoted"]
    """promoted: only in old logs; PromoteStandby has taken its place."""
    digest: str = ""
    reason: Reason = Reason.SESSION_UNREADABLE
    because: Literal["send_failed", "connection_lost", "client"] = "connection_lost"
    detail: str = ""


class RecordWebhookSilent(Observation, frozen=True, kw_only=True):
    """Tries to tell a webhook of this attempt have failed since `since`."""

    endpoint: str
    since: datetime
    error: str


class RecordWebhookHeard(Command, frozen=True, kw_only=True):
    """A webhook was told again."""

    endpoint: str


class RecordEvidence(Observation, frozen=True, kw_only=True):
    """Evidence of a failure was stored."""

    kind: Literal["screenshot", "console", "browser"]
    digest: str
    size_bytes: int
