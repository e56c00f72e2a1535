"""The process that holds the browsers of all accounts."""

import asyncio
import secrets
from functools import partial

from adapters import clock
from adapters.worker_lease import WorkerLease
from app.fleet import Fleet
from app.garbage import OF_PAGES_EVERY_S, collect_garbage
from app.processes.browsers import account_host, browser_host, kept_sessions, usual_hosts
from app.processes.services import services
from app.settings import Settings
from app.stale_profiles import wipe_stale_profiles
from app.steady import keep_running
from domain.log import Origin


async def worker(settings: Settings) -> None:
    """Run the browsers of all accounts, once no other worker does."""
    worker_id = secrets.token_hex(4)  # short: it stands in every row of a timeline
    origin = Origin(actor=f"worker:{worker_id}")
    async with (
        services(settings) as parts,
        WorkerLease(settings.database_url, worker_id) as lease,
        kept_sessions(parts) as sessions,
        browser_host(settings, settings.profiles, await usual_hosts(parts.log)) as browsers,
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
                tasks.create_task(collect_garbage(OF_PAGES_EVERY_S))
        finally:
            await fleet.close()
