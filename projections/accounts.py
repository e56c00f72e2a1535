"""The accounts table: one row per account, as its events tell it.

The row has no rules of its own: it is turned into an `Account`, `evolve` folds the event into that,
and what comes out is the next row. So table and domain cannot drift apart.
"""

from datetime import datetime
from typing import Literal

import msgspec

from domain.account import NEW, Account, Attempt
from domain.deadlines import Awaited, Deadline
from domain.events import Site
from domain.evolve import evolve
from domain.log import RecordedEvent
from domain.policy import Policy
from domain.reasons import Reason
from domain.status import Status
from projections.rows import account_event


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account as clients list it. A destroyed one stays, so that its history can be found."""

    account_id: str
    workspace: str
    label: str
    site: Site
    status: Status
    since: datetime
    """When the account entered its status (by the observer's clock, as all times here)."""
    reason: Reason | None
    detail: str
    attempt_id: str | None
    """The attempt that is running, or that led to this status; None before one and once destroyed.
    """
    attempt_number: int
    """Number of the newest attempt, also once destroyed; 0 before the first."""
    attempt_kind: Literal["link", "reconnect"] | None
    phone: str | None
    phone_fingerprint: str | None
    name: str
    is_primary: bool
    deadline_awaited: Awaited | None
    deadline_at: datetime | None
    ready_at: datetime | None
    registered_at: datetime
    version: int
    """Version of the last event that this row has seen."""


def project_account(row: AccountRow | None, recorded: RecordedEvent) -> AccountRow:
    """Fold one event of the account's stream into its row; None before the first event."""
    event = account_event(recorded)
    return account_row(
        evolve(_account(row) if row else NEW, event),
        recorded,
        registered_at=row.registered_at if row else event.at,
    )


def account_row(
    account: Account, recorded: RecordedEvent, *, registered_at: datetime
) -> AccountRow:
    """Show an account, folded up to and with this event, as its row."""
    attempt, deadline = account.attempt, account.deadline
    return AccountRow(
        account_id=recorded.stream,
        workspace=account.workspace,
        label=account.label,
        site=account.site,
        status=account.status,
        since=account.since or account_event(recorded).at,
        reason=account.reason,
        detail=account.detail,
        attempt_id=attempt and attempt.id,
        attempt_number=account.attempts,
        attempt_kind=attempt and attempt.kind,
        phone=account.phone,
        phone_fingerprint=account.phone_fingerprint,
        name=account.name,
        is_primary=account.primary,
        deadline_awaited=deadline and deadline.awaited,
        deadline_at=deadline and deadline.at,
        ready_at=account.ready_at,
        registered_at=registered_at,
        version=recorded.version,
    )


def _account(row: AccountRow) -> Account:
    """Give the part of the account that the row knows; the rest never shows in a row."""
    return Account(
        status=row.status,
        since=row.since,
        registered=True,
        workspace=row.workspace,
        label=row.label,
        site=row.site,
        attempts=row.attempt_number,
        attempt=_attempt(row),
        deadline=_deadline(row),
        reason=row.reason,
        detail=row.detail,
        phone=row.phone,
        phone_fingerprint=row.phone_fingerprint,
        name=row.name,
        primary=row.is_primary,
        ready_at=row.ready_at,
    )


def _attempt(row: AccountRow) -> Attempt | None:
    if row.attempt_id is None or row.attempt_kind is None:
        return None
    return Attempt(
        id=row.attempt_id,
        number=row.attempt_number,
        kind=row.attempt_kind,
        policy=_ANY_POLICY,
        started_at=row.registered_at,
    )


_ANY_POLICY = Policy()
"""Replay asks the policy only for the reconnect budget, which no row shows."""


def _deadline(row: AccountRow) -> Deadline | None:
    if row.deadline_awaited is None or row.deadline_at is None:
        return None
    return Deadline(row.deadline_awaited, row.deadline_at)
