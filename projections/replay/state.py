"""The account as it was at any event or time, for a person to read; and steps to another event.

"At a time" means: as the log knew it then, by the log's clock (`recorded_at`). What tells of a
person is not shown, but for the phone number's last digits.
"""

from bisect import bisect_right
from datetime import datetime
from typing import Literal, cast

import msgspec

from domain import events as e
from domain.account import Account, Attempt, Code, Holder, Standby
from domain.evolve import replay
from domain.lifecycle import LEADS_TO
from domain.log import RecordedEvent
from domain.reasons import Reason
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.sentences import AWAITED, event_sentence, short_phone

To = Literal["event", "previous", "status", "failure"]
"""Where a step goes: to the next event, back to the one before, or on to the next event that
changes the status, or that tells of a failure."""
FAILURES = (e.LinkFailed, e.ReconnectFailed, e.ConnectionLost, e.AccountSuperseded, e.LoggedOut)
WANTED = frozenset({Reason.CANCELLED, Reason.HANDED_OVER, Reason.STOPPED, Reason.LOGGED_OUT})
"""An ending that a client has asked for is no failure."""


class Led(msgspec.Struct, frozen=True, kw_only=True):
    """The event that led to a state."""

    position: int
    topic: str
    sentence: str
    at: datetime
    """When it happened, by the observer's clock."""
    recorded_at: datetime
    """When the log took it in."""


class AttemptState(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt that was running, or that had led there."""

    id: str
    number: int
    kind: Literal["link", "reconnect"]
    method: e.Method
    holder: Holder
    """Which process has the page, or had it last."""
    started_at: datetime
    phases: tuple[e.Phase, ...]
    """How far the page had come."""
    session_found: bool
    session_dead: bool
    codes_issued: int
    codes_fetched: int
    codes_exhausted: bool
    code: Code | None
    """The code on show."""
    scan_until: datetime | None
    """When the linking window closes."""
    scanned: bool
    passkey_demanded: bool
    sync_percent: int | None
    evidence: int
    """Pieces that were kept."""
    policy: dict[str, float]
    """Every field, those at their defaults too."""


class AccountState(msgspec.Struct, frozen=True, kw_only=True):
    """The account right after one event."""

    account_id: str
    version: int
    event: Led | None
    """None at version 0, before all events."""
    status: Status
    since: datetime | None
    reason: Reason | None
    awaits: str
    """What it was waiting for, in words; empty when for nothing."""
    deadline: datetime | None
    """Until when."""
    workspace: str
    site: str
    attempts: int
    attempt: AttemptState | None
    phone: str
    """Its last digits; empty when it is not known."""
    primary: bool
    ready_at: datetime | None
    reconnects: int
    """In a row."""
    logout_requested: bool
    session: Literal["none", "sealed", "not_sealed"]
    """What is kept of it."""
    unsealed: Reason | None
    """Why it could not be sealed."""
    standby: Standby
    erased: bool


def state_of(
    account_id: str, version: int, account: Account, recorded: RecordedEvent | None
) -> AccountState:
    """Show the folded account; `recorded` is the event that led there."""
    deadline = account.deadline
    return AccountState(
        account_id=account_id,
        version=version,
        event=None if recorded is None else _led(recorded, account),
        status=account.status,
        since=account.since,
        reason=account.reason,
        awaits=AWAITED[deadline.awaited] if deadline else "",
        deadline=deadline and deadline.at,
        workspace=account.workspace,
        site=account.site,
        attempts=account.attempts,
        attempt=account.attempt and _attempt(account.attempt),
        phone=short_phone(account.phone) if account.phone is not None else "",
        primary=account.primary,
        ready_at=account.ready_at,
        reconnects=account.reconnects,
        logout_requested=account.logout_requested,
        session=_session(account),
        unsealed=account.unsealed,
        standby=account.standby,
        erased=account.erased,
    )


def state_at(log: AccountLog, version: int) -> AccountState:
    """Fold the account up to a version: at most the log's own, at least where it begins."""
    version = min(max(version, log.before.version), log.version)
    told = log.events[: version - log.before.version]
    account = replay((cast("e.AccountEvent", one.event) for one in told), log.before.account)
    return state_of(log.account_id, version, account, told[-1] if told else None)


def version_at(log: AccountLog, moment: datetime) -> int:
    """Give the version that the account had at this time, by the log's clock."""
    until = bisect_right(log.events, moment, key=lambda one: one.recorded_at)
    return log.before.version + until


def step(log: AccountLog, version: int, to: To) -> int | None:
    """Give the version that a step from this one leads to; None when there is none."""
    if to == "previous":
        return version - 1 if version > log.before.version else None
    status = state_at(log, version).status
    for one in log.events[max(0, version - log.before.version) :]:
        event = cast("e.AccountEvent", one.event)
        if stops(to, status, event):
            return one.version
    return None


def stops(to: To, status: Status, event: e.AccountEvent) -> bool:
    """Tell whether a run from a version in this status ends with this event."""
    match to:
        case "status":
            return LEADS_TO[type(event)] not in (None, status)
        case "failure":
            return isinstance(event, FAILURES) and getattr(event, "reason", None) not in WANTED
        case _:
            return True


def _led(recorded: RecordedEvent, account: Account) -> Led:
    event = cast("e.AccountEvent", recorded.event)
    return Led(
        position=recorded.position,
        topic=recorded.topic,
        sentence=event_sentence(event, account),
        at=event.at,
        recorded_at=recorded.recorded_at,
    )


def _attempt(attempt: Attempt) -> AttemptState:
    return AttemptState(
        id=attempt.id,
        number=attempt.number,
        kind=attempt.kind,
        method=attempt.method,
        holder=attempt.holder,
        started_at=attempt.started_at,
        phases=attempt.phases,
        session_found=attempt.session_found,
        session_dead=attempt.session_dead,
        codes_issued=attempt.codes_issued,
        codes_fetched=attempt.codes_fetched,
        codes_exhausted=attempt.exhausted,
        code=attempt.code,
        scan_until=attempt.scan_until,
        scanned=attempt.scanned,
        passkey_demanded=attempt.passkey_demanded,
        sync_percent=attempt.sync_percent if attempt.sync_percent >= 0 else None,
        evidence=len(attempt.evidence),
        policy=msgspec.structs.asdict(attempt.policy),
    )


def _session(account: Account) -> Literal["none", "sealed", "not_sealed"]:
    if account.session_digest is not None:
        return "sealed"
    return "not_sealed" if account.unsealed is not None else "none"
