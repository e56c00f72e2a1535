"""The attempts table: one row per start of linking or reconnect, and how it went.

An attempt that became READY goes on as long as its link does. Its first ending counts: destroying
an account whose attempt failed long ago does not change why that attempt failed.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.lifecycle import LEADS_TO
from domain.log import RecordedEvent
from domain.reasons import Reason
from domain.status import LINKING, Status
from projections.rows import account_event

HELD_BY = "the number is held by "

Outcome = Literal[
    "running",  # neither READY nor over yet
    "ready",  # linked, and still is
    "failed",  # over without becoming READY; `reason` says why
    "cancelled",  # over because a client wanted so
    "disconnected",  # was READY and lost it; `ready_at` tells it from "failed"
    "logged_out",
    "superseded",
    "destroyed",
]


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt; the times are those of the first such event, None when there was none."""

    account_id: str
    number: int
    attempt_id: str
    kind: Literal["link", "reconnect"]
    method: e.Method
    started_at: datetime
    ended_at: datetime | None = None
    outcome: Outcome = "running"
    reason: Reason | None = None
    detail: str = ""
    codes_issued: int = 0
    codes_fetched: int = 0
    first_code_at: datetime | None = None
    first_fetched_at: datetime | None = None
    scanned_at: datetime | None = None
    ready_at: datetime | None = None
    began_version: int = 0
    """Of the event that it began with; 0 if a build that did not keep it wrote the row."""
    ended_version: int | None = None
    whatsapp: str = ""
    """The version of WhatsApp's page, once it has said so."""
    linking: Status | None = None
    """The status of the linking that it is in, since `linking_since`; None once that is over."""
    linking_since: datetime | None = None
    initializing_us: int | None = None
    """Spent in the status in all, each stay that is over; None if there was none."""
    waiting_qr_us: int | None = None
    authenticating_us: int | None = None


def project_attempt(row: AttemptRow | None, recorded: RecordedEvent) -> AttemptRow | None:
    """Fold one event into the account's newest attempt; None before the first.

    Give the newest row of the account. The answer is that same object when nothing changed, and a
    row with the next number when the event starts an attempt.
    """
    event = account_event(recorded)
    match event:
        case e.LinkRequested():
            return _started(recorded, event, kind="link", method=event.method)
        case e.ReconnectStarted():
            # Should its session turn out dead, a reconnect goes on by QR.
            return _started(recorded, event, kind="reconnect", method="qr")
        case _:
            pass
    if row is None:
        return row
    change = CHANGES.get(type(event))
    changes = (change(row, event) if change else {}) | _stayed(row, event)
    if "ended_at" in changes:
        changes["ended_version"] = recorded.version
    return replace(row, **changes) if changes else row


def _started(
    recorded: RecordedEvent,
    event: e.LinkRequested | e.ReconnectStarted,
    *,
    kind: Literal["link", "reconnect"],
    method: e.Method,
) -> AttemptRow:
    return AttemptRow(
        account_id=recorded.stream,
        number=event.number,
        attempt_id=event.attempt,
        kind=kind,
        method=method,
        started_at=event.at,
        began_version=recorded.version,
        linking=LEADS_TO[type(event)],
        linking_since=event.at,
    )


Changes = dict[str, Any]

SPENT_IN: dict[Status, str] = {
    Status.INITIALIZING: "initializing_us",
    Status.WAITING_QR: "waiting_qr_us",
    Status.AUTHENTICATING: "authenticating_us",
}
"""The column that says how long the linking was in a status."""


def _stayed(row: AttemptRow, event: e.AccountEvent) -> Changes:
    """Add up a stay that the event ends, if it does."""
    status = LEADS_TO[type(event)]
    if row.linking is None or row.linking_since is None or status in (None, row.linking):
        return {}
    column = SPENT_IN[row.linking]
    stay_us = (event.at - row.linking_since) // timedelta(microseconds=1)
    return {
        column: (getattr(row, column) or 0) + stay_us,
        "linking": status if status in LINKING else None,
        "linking_since": event.at if status in LINKING else None,
    }


def _page_reached(_: AttemptRow, event: e.PageReached) -> Changes:
    return {"whatsapp": event.whatsapp} if event.whatsapp else {}


def _code_issued(row: AttemptRow, event: e.QrIssued | e.PairingCodeIssued) -> Changes:
    first = row.first_code_at or event.at
    return {"codes_issued": row.codes_issued + 1, "first_code_at": first}


def _fetched(row: AttemptRow, event: e.QrFetched) -> Changes:
    first = row.first_fetched_at or event.at
    return {"codes_fetched": row.codes_fetched + 1, "first_fetched_at": first}


def _scanned(row: AttemptRow, event: e.QrScanned) -> Changes:
    return {"scanned_at": row.scanned_at or event.at}


def _ready(_: AttemptRow, event: e.LinkCompleted) -> Changes:
    return {"outcome": "ready", "ready_at": event.at}


def _ended(
    row: AttemptRow,
    at: datetime,
    outcome: Outcome,
    reason: Reason | None = None,
    detail: str = "",
) -> Changes:
    if row.ended_at is not None:
        return {}
    return {"ended_at": at, "outcome": outcome, "reason": reason, "detail": detail}


def _failed(row: AttemptRow, event: e.LinkFailed | e.ReconnectFailed) -> Changes:
    outcome: Outcome = "cancelled" if event.reason is Reason.CANCELLED else "failed"
    return _ended(row, event.at, outcome, event.reason, event.detail)


def _lost(row: AttemptRow, event: e.ConnectionLost) -> Changes:
    return _ended(row, event.at, "disconnected", event.reason, event.detail)


def _logged_out(row: AttemptRow, event: e.LoggedOut) -> Changes:
    return _ended(row, event.at, "logged_out", event.reason, event.detail)


def _superseded(row: AttemptRow, event: e.AccountSuperseded) -> Changes:
    return _ended(row, event.at, "superseded", Reason.SUPERSEDED, HELD_BY + event.by)


def _destroyed(row: AttemptRow, event: e.AccountDestroyed) -> Changes:
    return _ended(row, event.at, "destroyed")


def _erased(_: AttemptRow, __: f.AccountErased) -> Changes:
    # The details of older attempts cannot be read any more, and the log clears their rows.
    return {"detail": ""}


CHANGES: dict[type[e.AccountEvent], Callable[[AttemptRow, Any], Changes]] = {
    e.PageReached: _page_reached,
    e.QrIssued: _code_issued,
    e.PairingCodeIssued: _code_issued,
    e.QrFetched: _fetched,
    e.QrScanned: _scanned,
    e.LinkCompleted: _ready,
    e.LinkFailed: _failed,
    e.ReconnectFailed: _failed,
    e.ConnectionLost: _lost,
    e.LoggedOut: _logged_out,
    e.AccountSuperseded: _superseded,
    e.AccountDestroyed: _destroyed,
    f.AccountErased: _erased,
}
"""What each event changes in the attempt that it belongs to; events that are absent, nothing."""
