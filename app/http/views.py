"""What the API answers about accounts, made from rows and folded accounts."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from app.held import Held
from domain.account import Account, Standby, holder
from domain.advice import ADVICE
from domain.reasons import Reason
from domain.status import Status
from projections.accounts import AccountRow
from projections.next_wishes import ask_wishes


class FailureView(msgspec.Struct, frozen=True, kw_only=True):
    """Why the account failed or was lost, whose turn it is, and what to do."""

    code: Reason
    sentence: str
    detail: str
    actor: Literal["nobody", "end_user", "operator"]
    next_step: str
    retry_helps: bool


class AttemptBrief(msgspec.Struct, frozen=True, kw_only=True):
    """The attempt that is running, or that led to this status."""

    id: str
    number: int
    kind: Literal["link", "reconnect"]


class DeadlineView(msgspec.Struct, frozen=True, kw_only=True):
    """What is awaited, and until when."""

    awaited: str
    at: datetime


class CodeView(msgspec.Struct, frozen=True, kw_only=True):
    """The code on show. Its text is at the addresses in `links` only."""

    fingerprint: str
    ordinal: int
    expires_at: datetime
    fetched: bool


class AccountLinks(msgspec.Struct, frozen=True, kw_only=True):
    """Where things about the account are."""

    self: str
    feed: str
    why: str
    timeline: str
    qr: str
    page: str


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as a list shows it."""

    id: str
    workspace: str
    label: str
    site: Literal["live", "sandbox"]
    status: Status
    since: datetime
    phone: str | None
    name: str
    primary: bool
    reason: FailureView | None
    attempt: AttemptBrief | None
    deadline: DeadlineView | None
    ready_at: datetime | None
    registered_at: datetime
    behind: bool = False
    """True: its projection stopped at an event, and what is shown is older than the log."""
    links: AccountLinks


class StandbyView(msgspec.Struct, frozen=True, kw_only=True):
    """The second way to deliver, prepared without a second scan."""

    status: Literal["off", "preparing", "ready", "failed", "promoted"]
    """off: none is being prepared. promoted: it has taken the session over."""
    since: datetime | None
    reason: FailureView | None
    """Why it failed; `worker_lost`: no standby process runs."""
    retry_at: datetime | None
    """When a failed one is tried again; null where no standby process runs: once one does."""


class AccountDetail(AccountView, frozen=True, kw_only=True):
    """An account by itself: also the code on show, and what may be asked of it now."""

    code: CodeView | None
    held_by: Literal["primary", "standby"] | None
    """Which of the two has the account's page open; null while nobody is to have it open."""
    standby: StandbyView
    next: tuple[str, ...]
    """Names of routes: what would be accepted now."""


class AccountAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One account, true at least up to `position`: a feed opened after it misses nothing."""

    position: int
    account: AccountDetail


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the accounts table."""

    position: int
    accounts: tuple[AccountView, ...]
    parked: int = 0
    """Accounts of any workspace whose rows are behind the log or missing here; see `behind`."""
    next_cursor: str | None
    """Send it as `cursor` for the next page; null on the last."""


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a wish. A refused one is a problem instead."""

    outcome: Literal["accepted", "ignored"]
    """ignored: it was so already, and nothing has changed."""
    rule: str
    """Why it was ignored."""
    position: int
    account: AccountDetail


def account_view(row: AccountRow, *, behind: bool = False) -> AccountView:
    """Show one row of the accounts table; `behind` if it is parked there."""
    return AccountView(**_shared(row), behind=behind)


def account_detail(held: Held, row: AccountRow) -> AccountDetail:
    """Show a folded account."""
    possible, _ = ask_wishes(held.account, row.since)
    return AccountDetail(
        **_shared(row),
        behind=row.version != held.version,
        code=_code(held.account),
        held_by=holder(held.account),
        standby=_standby(held.account.standby),
        next=tuple(wish.name for wish in possible),
    )


STANDBY_WORDS: dict[str, Literal["off", "preparing", "ready", "failed", "promoted"]] = {
    "none": "off",
    "requested": "preparing",
    "ready": "ready",
    "failed": "failed",
    "promoted": "promoted",
}


def _standby(standby: Standby) -> StandbyView:
    without_process = standby.reason is Reason.WORKER_LOST
    return StandbyView(
        status=STANDBY_WORDS[standby.stage],
        since=standby.since,
        reason=failure_view(standby.reason, "") if standby.reason else None,
        retry_at=None if without_process else standby.retry_at,
    )


def _shared(row: AccountRow) -> dict[str, Any]:
    here = f"/v1/accounts/{row.account_id}"
    attempt, deadline = None, None
    if row.attempt_id is not None and row.attempt_kind is not None:
        attempt = AttemptBrief(id=row.attempt_id, number=row.attempt_number, kind=row.attempt_kind)
    if row.deadline_awaited is not None and row.deadline_at is not None:
        deadline = DeadlineView(awaited=row.deadline_awaited.value, at=row.deadline_at)
    return {
        "id": row.account_id,
        "workspace": row.workspace,
        "label": row.label,
        "site": row.site,
        "status": row.status,
        "since": row.since,
        "phone": row.phone,
        "name": row.name,
        "primary": row.is_primary,
        "reason": failure_view(row.reason, row.detail) if row.reason else None,
        "attempt": attempt,
        "deadline": deadline,
        "ready_at": row.ready_at,
        "registered_at": row.registered_at,
        "links": AccountLinks(
            self=here,
            feed=f"/v1/feed?account={row.account_id}",
            why=f"{here}/why",
            timeline=f"{here}/timeline",
            qr=f"{here}/qr",
            page=f"/accounts/{row.account_id}/link",
        ),
    }


def failure_view(reason: Reason, detail: str) -> FailureView:
    """Tell a reason in words."""
    advice = ADVICE[reason]
    return FailureView(
        code=reason,
        sentence=advice.sentence,
        detail=detail,
        actor=advice.actor,
        next_step=advice.next_step,
        retry_helps=advice.retry_helps,
    )


def _code(account: Account) -> CodeView | None:
    code = account.attempt.code if account.attempt else None
    if account.status is not Status.WAITING_QR or code is None:
        return None
    return CodeView(
        fingerprint=code.fingerprint,
        ordinal=code.ordinal,
        expires_at=code.expires_at,
        fetched=code.fetched,
    )
