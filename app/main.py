"""Puts the parts together: the one place where things are constructed.

Four processes share one database and nothing else: `serve` (API, pages, feed, deadlines,
workspaces), `worker` (browsers), `standby` (a second one for each linked account) and `sandbox`
(the stand-in page). `up` runs them all.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path

import uvicorn

from adapters import clock
from adapters.api_keys import ApiKeys
from adapters.browser.assets import find_wa_js
from adapters.browser.discovery import find_browser
from adapters.browser.host import BrowserHost
from adapters.browser.spec import WHATSAPP_HOSTS, WHATSAPP_URL, Limits, SessionSpec
from adapters.browser.warm import WarmBrowser
from adapters.event_log.database import Database
from adapters.event_log.store import PostgresEventLog
from adapters.evidence_store import EvidenceStore
from adapters.idempotency_keys import IdempotencyKeys
from adapters.kept_sessions import KeptSessions
from adapters.keys import load_keys
from adapters.sandbox.server import run_sandbox
from adapters.sandbox.settings import SandboxSettings
from adapters.vault import Vault
from adapters.worker_lease import WorkerLease, workers_silent_s
from app.account_host import AccountHost, Stores
from app.deadline_clock import DeadlineClock
from app.dispatch import Dispatch
from app.feed_hub import FeedHub
from app.fleet import Fleet
from app.garbage import collect_garbage
from app.http.application import create_api
from app.orders import Open
from app.projecting.watch import ParkedWatch
from app.reactor import Reactor
from app.services import Services
from app.settings import Settings
from app.snapshots import Snapshots
from app.stale_profiles import wipe_profiles, wipe_stale_profiles
from app.standbys import Standbys
from app.steady import keep_running
from app.sweep import evidence_sweep, key_sweep
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.account import Account
from domain.log import Origin

SESSION_CONNECTIONS = 2
"""As many as sessions are packed at once."""
GRACE_S = 5
"""How long open HTTP streams may take to end when the service stops."""


@asynccontextmanager
async def services(settings: Settings) -> AsyncGenerator[Services]:
    """Open what every process needs, and close it at the end."""
    keys = load_keys(os.environ, settings.key_file)
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(Database(settings.database_url))
        log = PostgresEventLog(database, keys)
        opened.push_async_callback(log.close)
        snapshots = Snapshots(log)
        opened.push_async_callback(snapshots.close)
        yield Services(
            settings=settings,
            database=database,
            log=log,
            snapshots=snapshots,
            dispatch=Dispatch(log, snapshots),
            vault=Vault(database, keys),
            api_keys=ApiKeys(database, keys),
            keys=keys,
            evidence=EvidenceStore(database, log.account_keys),
        )


async def serve(settings: Settings) -> None:
    """Run the API with its feed, and the loops that keep what it shows true."""
    async with services(settings) as parts, asyncio.TaskGroup() as tasks:
        log, dispatch = parts.log, parts.dispatch
        silent_s = partial(workers_silent_s, parts.database)
        keys = IdempotencyKeys(parts.database, parts.keys, settings.idempotency_s)
        loops = {
            "reactor": Reactor(log, dispatch, WorkspaceDispatch(log, parts.snapshots)).run,
            "deadlines": DeadlineClock(log, dispatch, clock.now).run,
            "worker watch": WorkerWatch(log, dispatch, silent_s=silent_s, now=clock.now).run,
            "standby watch": WorkerWatch(
                log,
                dispatch,
                silent_s=partial(workers_silent_s, parts.database, "standby"),
                now=clock.now,
                holder="standby",
            ).run,
            "parked watch": ParkedWatch(log).run,
            "key sweep": key_sweep(keys).run,
            "evidence sweep": evidence_sweep(parts.evidence, settings.evidence_days, clock.now).run,
        }
        running = [tasks.create_task(keep_running(name, run)) for name, run in loops.items()]
        try:
            await serve_http(parts)
        finally:
            for loop in running:
                loop.cancel()


async def serve_http(parts: Services) -> None:
    """Serve the API until cancelled."""
    api = create_api(parts)
    hub: FeedHub = api.state.hub
    config = uvicorn.Config(
        api,
        host=parts.settings.host,
        port=parts.settings.port,
        log_level="warning",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        hub.close()  # or uvicorn would wait for every open stream
        server.should_exit = True
        await serving


class QuietServer(uvicorn.Server):
    """Leaves the signals to the process that it runs in."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


async def worker(settings: Settings) -> None:
    """Run the browsers of all accounts, once no other worker does."""
    worker_id = secrets.token_hex(4)  # short: it stands in every row of a timeline
    origin = Origin(actor=f"worker:{worker_id}")
    async with (
        services(settings) as parts,
        WorkerLease(settings.database_url, worker_id) as lease,
        kept_sessions(parts) as sessions,
        browser_host(settings, settings.profiles) as browsers,
    ):
        await wipe_stale_profiles(browsers.profiles, sessions)
        fleet = Fleet(
            log=parts.log,
            dispatch=parts.dispatch,
            vault=parts.vault,
            host_of=partial(account_host, parts, browsers, sessions, origin),
            now=clock.now,
            origin=origin,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_running("fleet", fleet.run))
                tasks.create_task(lease.keep())
                tasks.create_task(collect_garbage())
        finally:
            await fleet.close()


async def standby(settings: Settings) -> None:
    """Keep a standby for every linked account, once no other process does."""
    standby_id = secrets.token_hex(4)
    origin = Origin(actor=f"standby:{standby_id}")
    async with (
        services(settings) as parts,
        WorkerLease(settings.database_url, standby_id, "standby") as lease,
        kept_sessions(parts) as sessions,
        browser_host(settings, settings.standby_profiles) as browsers,
    ):
        await wipe_profiles(browsers.profiles)
        standbys = Standbys(
            parts,
            browsers=browsers,
            sessions=sessions,
            spec=partial(standby_spec, parts),
            readiness="warm" if settings.standby == "warm" else "proved",
            now=clock.now,
            origin=origin,
        )
        fleet = Fleet(
            log=parts.log,
            dispatch=parts.dispatch,
            vault=parts.vault,
            host_of=partial(
                account_host, parts, browsers, sessions, origin, warm=standbys.hand_over
            ),
            now=clock.now,
            origin=origin,
            holder="standby",
            heard=standbys.look,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_running("standbys", fleet.run))
                tasks.create_task(lease.keep())
                tasks.create_task(collect_garbage())
        finally:
            await fleet.close()
            await standbys.close()


def browser_host(settings: Settings, profiles: Path) -> BrowserHost:
    """Make what launches browsers on these profiles."""
    wa_js = find_wa_js(os.environ).read_text(encoding="utf-8")
    return BrowserHost(
        find_browser(os.environ), wa_js, profiles=profiles, live_pages=settings.live_pages
    )


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
        ),
        spec=partial(session_spec, parts, account_id, account),
        now=clock.now,
        origin=origin,
        warm=warm,
    )


def standby_spec(parts: Services, account_id: str, account: Account) -> SessionSpec:
    """Say whose origin a standby proves a session on; no attempt is opened there."""
    return session_spec(
        parts, account_id, account, Open(attempt="", method="qr", pairing_phone=None)
    )


def session_spec(parts: Services, account_id: str, account: Account, order: Open) -> SessionSpec:
    """Say which page an attempt opens, and under which limits."""
    settings = parts.settings
    if account.site == "sandbox":
        url, hosts = f"{settings.sandbox_url}/a/{account_id}/", ("127.0.0.1",)
        code_life_scale = 1 / settings.sandbox_time_scale
    else:
        url, hosts, code_life_scale = WHATSAPP_URL, WHATSAPP_HOSTS, 1.0
    return SessionSpec(
        account_id=account_id,
        attempt_id=order.attempt,
        url=url,
        allowed_hosts=hosts,
        fingerprint_key=parts.keys.fingerprinting,
        workspace=account.workspace,
        person_waits=order.person_waits,
        method=order.method,
        pairing_phone=order.pairing_phone,
        code_life_scale=code_life_scale,
        limits=Limits(health_look_s=order.policy.health_look_s),
    )


async def sandbox(settings: Settings) -> None:
    """Run the stand-in page and its phone on their own loopback port."""
    stand_in = SandboxSettings(
        port=settings.sandbox_port,
        time_scale=settings.sandbox_time_scale,
        state_file=settings.data / "sandbox.json",
        control_token=load_keys(os.environ, settings.key_file).sandbox_control,
    )
    async with run_sandbox(stand_in):
        await asyncio.Event().wait()
