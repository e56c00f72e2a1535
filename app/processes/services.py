"""What every process opens, and closes at its end."""

import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.api_keys import ApiKeys
from adapters.event_log.database import Database
from adapters.event_log.store import PostgresEventLog
from adapters.evidence_store import EvidenceStore
from adapters.keys import load_keys
from adapters.vault import Vault
from app.dispatch import Dispatch
from app.services import Services
from app.settings import Settings
from app.snapshots import Snapshots


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
