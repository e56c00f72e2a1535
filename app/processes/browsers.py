"""What the worker and the standby share: browsers, and the hosts of accounts that use them."""

import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from adapters import clock
from adapters.browser.assets import find_wa_js
from adapters.browser.discovery import find_browser
from adapters.browser.host import BrowserHost, Sharing
from adapters.browser.spec import WHATSAPP_HOSTS, WHATSAPP_URL, Limits, SessionSpec
from adapters.browser.warm import WarmBrowser
from adapters.event_log.interface import EventLog
from adapters.kept_sessions import KeptSessions
from adapters.message_contents import MessageContents
from app.account_host import AccountHost, Stores
from app.orders import Open
from app.receiving import Inbox
from app.sending import Outbox, SendingPolicy
from app.services import Services
from app.settings import Settings, SettingsError
from domain.account import Account
from domain.events import Site
from domain.log import Origin

SESSION_CONNECTIONS = 2
"""As many as sessions are packed at once."""
HOSTS_OF: Mapping[Site, tuple[str, ...]] = {"live": WHATSAPP_HOSTS, "sandbox": ("127.0.0.1",)}
"""What the pages of a site may ask."""


def browser_host(
    settings: Settings, profiles: Path, ready_for: tuple[str, ...] = ()
) -> BrowserHost:
    """Make what launches browsers on these profiles. Raises SettingsError.

    If accounts share one, the first may be started before any needs it: see Sharing.
    """
    accounts_each = settings.accounts_per_browser
    return BrowserHost(
        find_browser(os.environ),
        find_wa_js(os.environ).read_text(encoding="utf-8"),
        profiles=profiles,
        live_pages=settings.live_pages,
        sharing=sharing(os.environ, accounts_each, ready_for) if accounts_each > 1 else None,
    )


def sharing(
    environment: Mapping[str, str], accounts_each: int, ready_for: tuple[str, ...] = ()
) -> Sharing:
    """Share the browser that ./linkwright has installed. Raises SettingsError."""
    folder = environment.get("LINKWRIGHT_SHARED_BROWSER")
    if not folder:
        raise SettingsError(
            "LINKWRIGHT_ACCOUNTS_PER_BROWSER is more than 1, and LINKWRIGHT_SHARED_BROWSER names no"
            " folder with Qt WebEngine. Start with ./linkwright, which installs it."
        )
    return Sharing(Path(folder), accounts_each, ready_for)


async def usual_hosts(log: EventLog) -> tuple[str, ...]:
    """Name the hosts that accounts of this installation ask: where there are any, the first's."""
    first = await log.account_rows(limit=1)
    return HOSTS_OF[first[0]["site"] if first else "live"]


@asynccontextmanager
async def kept_sessions(parts: Services) -> AsyncGenerator[KeptSessions]:
    """Open the kept sessions on connections of their own: the log does not wait for large ones."""
    async with parts.database.separate(SESSION_CONNECTIONS) as database:
        # The keys that the log uses: it hears when an account is erased, and forgets its key.
        yield KeptSessions(database, parts.evidence.account_keys.of)


def account_host(
    parts: Services,
    browsers: BrowserHost,
    sessions: KeptSessions,
    origin: Origin,
    account_id: str,
    account: Account,
    warm: Callable[[str], Awaitable[WarmBrowser | None]] | None = None,
) -> AccountHost:
    """Make the host of one account's browser."""
    return AccountHost(
        account_id,
        browsers=browsers,
        dispatch=parts.dispatch,
        stores=Stores(
            vault=parts.vault,
            sessions=sessions,
            evidence=parts.evidence if parts.settings.evidence_days else None,
            outbox=outbox(parts),
            inbox=inbox(parts),
        ),
        spec=partial(session_spec, parts, account_id, account),
        now=clock.now,
        origin=origin,
        warm=warm,
    )


def outbox(parts: Services) -> Outbox:
    """Say what the queues of accounts are sent with."""
    settings = parts.settings
    return Outbox(
        log=parts.log,
        dispatch=parts.dispatch,
        contents=MessageContents(parts.database, parts.evidence.account_keys),
        settings=SendingPolicy(
            per_minute=settings.messages_per_minute,
            wait_limit=timedelta(hours=settings.message_wait_hours),
            keeps_content=settings.message_content_days > 0,
            policy=settings.policy,
        ),
        now=clock.now,
        monotonic_s=clock.monotonic_s,
    )


def inbox(parts: Services) -> Inbox:
    """Say where what comes in is put."""
    return Inbox(
        dispatch=parts.dispatch,
        contents=MessageContents(parts.database, parts.evidence.account_keys),
        keys=parts.keys,
        keeps_content=parts.settings.message_content_days > 0,
        now=clock.now,
    )


def session_spec(parts: Services, account_id: str, account: Account, order: Open) -> SessionSpec:
    """Say which page an attempt opens, and under which limits."""
    settings = parts.settings
    if account.site == "sandbox":
        url = f"{settings.sandbox_url}/a/{account_id}/"
        code_life_scale = 1 / settings.sandbox_time_scale
    else:
        url, code_life_scale = WHATSAPP_URL, 1.0
    return SessionSpec(
        account_id=account_id,
        attempt_id=order.attempt,
        url=url,
        allowed_hosts=HOSTS_OF[account.site],
        fingerprint_key=parts.keys.fingerprinting,
        workspace=account.workspace,
        person_waits=order.person_waits,
        method=order.method,
        pairing_phone=order.pairing_phone,
        code_life_scale=code_life_scale,
        limits=Limits(health_look_s=order.policy.health_look_s),
    )
