"""What is stuck, and what has been left behind: read from the accounts, the folders, the leases.

Nothing is changed here; app/cleanup.py does that, with the same eyes.
"""

import asyncio
import os
import platform
from collections import Counter
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Literal, LiteralString

import msgspec

from adapters.browser.assets import WaJsMissingError, find_wa_js, wa_js_version
from adapters.browser.profile import Profiles
from adapters.event_log.database import Database
from adapters.kept_sessions import KeptSessions
from adapters.workers_seen import WorkerSeen, workers_seen
from app.build import BUILD
from app.dropin.status_words import ghl_status
from app.services import Services
from domain.account import Account
from domain.deadlines import Awaited
from domain.reasons import UNLINKED
from domain.status import Status
from projections.accounts import AccountRow

NO_CODE_S = 30.0
"""Seed qr-generation-fix: an attempt without a QR code after 30 s is stuck."""
OVERDUE_S = 5.0
"""The service fires a deadline within a quarter of a second."""
LEFT_S = 60.0
"""The worker deletes what is over within seconds; only what it has left for longer is a leftover.
"""
PAGE = 200
"""Account rows that are read at once."""

SERVER_VERSION: LiteralString = "select current_setting('server_version')"
SCHEMA: LiteralString = "select max(name) from schema_migrations"


class Stuck(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that does not get on."""

    account_id: str
    status: Status
    since: datetime
    why: Literal["past_deadline", "no_code"]
    awaited: str
    """What its deadline is for; empty without one."""


class Leftovers(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to no account, or to one that has nothing to come back to."""

    folders: tuple[str, ...]
    """Names of session folders on this machine without an account that could use them."""
    sessions: tuple[str, ...]
    """Ids of accounts that are not linked, or not known, and have a sealed session all the same."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """How the installation stands."""

    at: datetime
    accounts: int
    by_status: dict[str, int]
    in_seed_words: dict[str, int]
    """The same in the words of seed qr-generation-fix."""
    stuck: tuple[Stuck, ...]
    leftovers: Leftovers
    without_session: tuple[str, ...]
    """Accounts that WhatsApp knows as linked and that have neither a folder here nor a sealed
    session: the next opening needs a scan."""
    leases: tuple[WorkerSeen, ...]
    """Processes that have opened browsers, the one heard of last first."""
    versions: dict[str, str]


class Places:
    """Where sessions are kept."""

    def __init__(self, services: Services) -> None:
        self.profiles = Profiles(services.settings.profiles)
        self.sessions = KeptSessions(services.database, services.evidence.account_keys.of)


async def diagnose(services: Services, now: datetime) -> Diagnosis:
    """Look at everything. May raise StorageUnavailable."""
    places = Places(services)
    folders = frozenset(await asyncio.to_thread(places.profiles.accounts))
    sealed = frozenset(await places.sessions.kept())
    seen = _Seen(now, folders, sealed)
    # Rows that are parked may be older than the account, or missing.
    seen.usable.update(one.stream for one in await services.log.parked("accounts"))
    async for row in account_rows(services):
        seen.take(row)
    return Diagnosis(
        at=now,
        accounts=seen.by_status.total(),
        by_status={status.value: seen.by_status[status] for status in Status},
        in_seed_words=dict(seen.in_seed_words),
        stuck=tuple(seen.stuck),
        leftovers=Leftovers(
            folders=tuple(sorted(folders - seen.usable)),
            sessions=tuple(sorted(sealed - seen.usable)),
        ),
        without_session=tuple(seen.without_session),
        leases=tuple(await workers_seen(services.database)),
        versions=await _versions(services.database),
    )


async def account_rows(services: Services) -> AsyncGenerator[AccountRow]:
    """Read all rows, oldest first."""
    after = ""
    while page := await services.log.account_rows(None, after, PAGE):
        rows = [msgspec.convert(row, AccountRow) for row in page]
        for row in rows:
            yield row
        after = rows[-1].account_id


def why_stuck(row: AccountRow, now: datetime) -> Literal["past_deadline", "no_code"] | None:
    """Say why an account does not get on; None if it does."""
    late = row.deadline_at is not None and now - row.deadline_at > timedelta(seconds=OVERDUE_S)
    if late:
        return "past_deadline"
    queued = row.deadline_awaited is Awaited.START
    opening = row.status is Status.INITIALIZING and row.attempt_kind == "link" and not queued
    if opening and now - row.since > timedelta(seconds=NO_CODE_S):
        return "no_code"
    return None


def needs_no_session(account: Account | AccountRow, now: datetime) -> bool:
    """Tell whether nothing can come back to a session of this account, and has not for a while."""
    unlinked = account.status is Status.DISCONNECTED and account.reason in UNLINKED
    over = unlinked or account.status is Status.NOT_CREATED
    since = account.since or now
    return over and now - since > timedelta(seconds=LEFT_S)


class _Seen:
    """What has been seen in the rows so far."""

    def __init__(self, now: datetime, folders: frozenset[str], sealed: frozenset[str]) -> None:
        self._now = now
        self._with_session = folders | sealed
        self.by_status: Counter[Status] = Counter()
        self.in_seed_words: Counter[str] = Counter(
            dict.fromkeys(("initializing", "qr", "ready", "disconnected"), 0)
        )
        self.stuck: list[Stuck] = []
        self.without_session: list[str] = []
        self.usable: set[str] = set()
        """Accounts that may have a session."""

    def take(self, row: AccountRow) -> None:
        self.by_status[row.status] += 1
        self.in_seed_words[ghl_status(row)] += 1
        why = why_stuck(row, self._now)
        if why is not None:
            self.stuck.append(
                Stuck(
                    account_id=row.account_id,
                    status=row.status,
                    since=row.since,
                    why=why,
                    awaited=row.deadline_awaited.value if row.deadline_awaited else "",
                )
            )
        if needs_no_session(row, self._now):
            return
        self.usable.add(row.account_id)
        linked = row.status in (Status.READY, Status.DISCONNECTED)
        if linked and row.account_id not in self._with_session:
            self.without_session.append(row.account_id)


async def _versions(database: Database) -> dict[str, str]:
    ((server,),) = await database.fetch(SERVER_VERSION)
    ((schema,),) = await database.fetch(SCHEMA)
    try:
        wa_js = wa_js_version(find_wa_js(os.environ))
    except (WaJsMissingError, OSError):
        wa_js = "none was found"
    return {
        "linkwright": BUILD,
        "python": platform.python_version(),
        "postgresql": server,
        "schema": schema,
        "wa_js": wa_js,
    }
