"""What the page would have to report for each event: the machine over an account draws from it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from domain import events as e
from domain import observations as o
from domain.account import Account
from domain.reasons import Reason
from tests.examples import PHONE, PHONE_KEYED


class Telling(Protocol):
    """What an observation is made of."""

    now: datetime
    account: Account

    def attempt(self) -> str:
        """Give the id of the attempt it is about."""
        ...

    def new(self, what: str) -> str:
        """Make a value that was not there before."""
        ...


def _qr(machine: Telling) -> o.Observation:
    expires_at = machine.now + timedelta(seconds=20)
    attempt = machine.account.attempt
    kind = o.RecordPairingCode if attempt and attempt.method == "pairing_code" else o.RecordQr
    return kind(
        at=machine.now,
        attempt=machine.attempt(),
        fingerprint=machine.new("keyed"),
        expires_at=expires_at,
    )


def _fetch(machine: Telling) -> o.Observation:
    code = machine.account.attempt.code if machine.account.attempt else None
    return o.RecordQrFetch(
        at=machine.now,
        attempt=machine.attempt(),
        fingerprint=code.fingerprint if code else "keyed-0",
    )


def _progress(machine: Telling) -> o.Observation:
    attempt = machine.account.attempt
    percent = attempt.sync_percent + 30 if attempt else 0
    return o.RecordSyncProgress(at=machine.now, attempt=machine.attempt(), percent=percent)


def _page(machine: Telling) -> o.Observation:
    reached = len(machine.account.attempt.phases) if machine.account.attempt else 0
    phases: tuple[e.Phase, ...] = ("queued", "browser_started", "page_loaded", "bridge_started")
    return o.RecordPage(
        at=machine.now, attempt=machine.attempt(), phase=phases[reached % len(phases)]
    )


CAUSES: dict[str, Callable[[Telling], o.Observation]] = {
    "PageReached": _page,
    "SessionFound": lambda m: o.RecordSession(at=m.now, attempt=m.attempt()),
    "SessionRejected": lambda m: o.RecordLogout(at=m.now, attempt=m.attempt(), by="whatsapp"),
    "QrIssued": _qr,
    "QrFetched": _fetch,
    "CodesExhausted": lambda m: o.RecordCodesExhausted(at=m.now, attempt=m.attempt()),
    "QrScanned": lambda m: o.RecordScan(at=m.now, attempt=m.attempt()),
    "SyncProgressed": _progress,
    "ActionRequired": lambda m: o.RecordActionRequired(
        at=m.now, attempt=m.attempt(), action="passkey"
    ),
    "PhoneAwaited": lambda m: o.RecordSynced(at=m.now, attempt=m.attempt()),
    "LinkCompleted": lambda m: o.RecordReady(
        at=m.now, attempt=m.attempt(), phone=PHONE, phone_fingerprint=PHONE_KEYED, name="Ayu"
    ),
    "LoggedOut": lambda m: o.RecordLogout(at=m.now, attempt=m.attempt(), by="phone"),
    "SessionSealed": lambda m: o.RecordSealedSession(
        at=m.now, attempt=m.attempt(), digest=m.new("sha"), size_bytes=1
    ),
    "SealingFailed": lambda m: o.RecordUnsealedSession(
        at=m.now, attempt=m.attempt(), reason=Reason.SESSION_TOO_LARGE
    ),
    "StandbyRequested": lambda m: o.RecordStandby(
        at=m.now, attempt=m.attempt(), stage="requested", digest=m.new("sha")
    ),
    "StandbyReady": lambda m: o.RecordStandby(at=m.now, attempt=m.attempt(), stage="ready"),
    "EvidenceKept": lambda m: o.RecordEvidence(
        at=m.now, attempt=m.attempt(), kind="console", digest=m.new("sha"), size_bytes=1
    ),
}
