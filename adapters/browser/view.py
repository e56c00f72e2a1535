"""What the interpretation of a page knows: its memory, its surroundings, and words they share."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from adapters.browser.snapshot import Me, PageSnapshot
from domain.events import LoggedOutBy, Method
from domain.observations import Observation, RecordLogout, RecordProblem
from domain.reasons import Reason

Stage = Literal["opening", "unpaired", "session", "scanned", "ready", "away"]
"""`away`: was ready, and the page has no stream to WhatsApp at the moment."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What has been concluded from all earlier looks at the page of one attempt."""

    boot: str = ""
    stage: Stage = "opening"
    over: bool = False
    """The attempt or link has ended; what the page shows from now on is not its story."""
    loaded: bool = False
    started: bool = False
    ref: str = ""
    code: str = ""
    """Fingerprints of the code on show and of the reference it carries."""
    expires_at: datetime | None = None
    codes_in_set: int = 0
    exhausted: bool = False
    pairing_code: str = ""
    sync_percent: int = -1
    synced: bool = False
    passkey_asked: bool = False
    leaving: str = ""
    left_boot: str = ""
    """The load of the page whose logout has been dealt with."""
    me: Me | None = None
    away_since_s: float = 0.0
    loaded_anew: bool = False
    """The page was loaded again after it had been ready."""
    lost: bool = False
    conflict: bool = False


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the page does not know by itself."""

    at: datetime
    seen_at: datetime
    """When this look first reached us; earlier than `at` if it could not be recorded then."""
    now_s: float
    """Monotonic; for how long something has lasted."""
    attempt: str
    boot: str
    fingerprint: Callable[[str, str], str]
    """Keyed, of (kind, text); kinds keep a code and a phone number apart."""
    method: Method = "qr"
    code_life_scale: float = 1.0
    offline_after_s: float = 10.0
    come_back_s: float = 45.0
    logout_asked: bool = False
    """We have told the page to log out."""
    jitter: float = 0.5


Seen = list[Observation]


def problem(context: Context, reason: Reason, detail: str) -> RecordProblem:
    return RecordProblem(
        at=context.at,
        attempt=context.attempt,
        reason=reason,
        detail=detail,
        jitter=context.jitter,
    )


OF_WHATSAPP = frozenset({"account_locked", "client_version_outdated", "banned", "unknown"})
"""Logout reasons that are neither the phone's nor ours. All others are the phone's doing: nobody
but us could press "log out" on this page."""


def logged_out(context: Context, reason: str) -> RecordLogout:
    by_whom: LoggedOutBy = "phone"
    if context.logout_asked:
        by_whom = "client"
    elif reason in OF_WHATSAPP:
        by_whom = "whatsapp"
    return RecordLogout(at=context.at, attempt=context.attempt, by=by_whom, detail=reason)


def is_ready(snapshot: PageSnapshot) -> bool:
    """READY means usable: the main stream runs and the own number is known."""
    return snapshot.authenticated and snapshot.mode == "MAIN" and snapshot.me is not None
