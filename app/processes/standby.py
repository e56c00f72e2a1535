"""The process that keeps a standby for every linked account."""

import asyncio
import secrets
from functools import partial

from adapters import clock
from adapters.browser.spec import SessionSpec
from adapters.worker_lease import WorkerLease
from app.fleet import Fleet
from app.garbage import OF_PAGES_EVERY_S, collect_garbage
from app.orders import Open
from app.processes.browsers import account_host, browser_host, kept_sessions, session_spec
from app.processes.services import services
from app.services import Services
from app.settings import Settings
from app.stale_profiles import wipe_profiles
from app.standbys import Standbys
from app.steady import keep_running
from domain.account import Account
from domain.log import Origin


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
                tasks.create_task(collect_garbage(OF_PAGES_EVERY_S))
        finally:
            await fleet.close()
            await standbys.close()


def standby_spec(parts: Services, account_id: str, account: Account) -> SessionSpec:
    """Say whose origin a standby proves a session on; no attempt is opened there."""
    return session_spec(
        parts, account_id, account, Open(attempt="", method="qr", pairing_phone=None)
    )
