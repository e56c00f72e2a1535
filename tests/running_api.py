"""The real API on a real socket, with observations dispatched in place of a browser."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import uvicorn
from litestar import Litestar

from adapters import clock
from adapters.account_keys import AccountKeys
from adapters.api_keys import ApiKeys
from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.memory import MemoryEventLog
from adapters.evidence_store import EvidenceStore
from adapters.keys import Keys
from adapters.outgoing.allow_list import read_allow_list
from adapters.vault import Vault
from app.dispatch import Answer, Dispatch
from app.feed_hub import FeedHub
from app.http.application import create_api
from app.services import Services
from app.settings import Reverb, Settings
from app.snapshots import Snapshots
from domain.commands import AnyCommand
from domain.log import Origin
from domain.observations import (
    RecordPage,
    RecordQr,
    RecordReady,
    RecordScan,
    RecordSealedSession,
    RecordStandby,
)
from tests.built_applications import BUILT
from tests.decided_again import assert_decided_again_alike
from tests.opened_log import open_log
from tests.plain_http import NO_TLS
from tests.waiting import eventually, settle

PHONE = "4915112345678"
CODE_TEXT = "https://wa.me/settings/linked_devices#2@AAAA,BBBB,CCCC,DDDD,1"
WORKER = Origin(actor="worker:test")
MASTER_KEY = b"m" * 32
LIMIT_S = 10.0


class RunningApi:
    """One installation under test."""

    def __init__(
        self,
        services: Services,
        key: str,
        application: Litestar,
        url: str,
        client: httpx.AsyncClient,
    ) -> None:
        self.services = services
        self.key = key
        self.application = application
        self.url = url
        self.client = client

    @property
    def hub(self) -> FeedHub:
        return self.application.state.hub

    async def register(self, **fields: object) -> str:
        answered = await self.client.post("/v1/accounts", json=fields)
        assert answered.status_code == 201, answered.text
        return answered.json()["account"]["id"]

    async def link(self, account_id: str, **body: object) -> str:
        answered = await self.client.post(f"/v1/accounts/{account_id}/link", json=body)
        assert answered.status_code == 202, answered.text
        return answered.json()["account"]["attempt"]["id"]

    async def see(self, account_id: str, command: AnyCommand) -> Answer:
        """Dispatch what a browser would have seen."""
        return await self.services.dispatch.submit(account_id, command, WORKER)

    async def show_code(
        self, account_id: str, attempt: str, text: str = CODE_TEXT, lives_s: float = 60
    ) -> str:
        """Put a code into the vault and record it, as the worker does."""
        now = clock.now()
        fingerprint = f"fingerprint-{abs(hash(text)) % 10**8}"
        expires_at = now + timedelta(seconds=lives_s)
        await self.services.vault.put(
            account=account_id,
            attempt=attempt,
            fingerprint=fingerprint,
            text=text,
            expires_at=expires_at,
            now=now,
        )
        await self.see(
            account_id,
            RecordQr(at=now, attempt=attempt, fingerprint=fingerprint, expires_at=expires_at),
        )
        return fingerprint

    async def open_page(self, account_id: str, attempt: str) -> None:
        await self.see(
            account_id, RecordPage(at=clock.now(), attempt=attempt, phase="browser_started")
        )

    async def scan(self, account_id: str, attempt: str) -> None:
        await self.see(account_id, RecordScan(at=clock.now(), attempt=attempt))

    async def become_ready(self, account_id: str, attempt: str, phone: str = PHONE) -> None:
        await self.see(
            account_id,
            RecordReady(
                at=clock.now(), attempt=attempt, phone=phone, phone_fingerprint=f"keyed-{phone}"
            ),
        )

    async def prepare_standby(self, account_id: str, attempt: str, digest: str = "d1") -> None:
        """Seal a session and have a standby prove it, as worker and standby do."""
        await self.see(
            account_id,
            RecordSealedSession(at=clock.now(), attempt=attempt, digest=digest, size_bytes=9),
        )
        for stage in ("requested", "ready"):
            await self.see(
                account_id,
                RecordStandby(at=clock.now(), attempt=attempt, stage=stage, digest=digest),
            )

    async def ready_account(self, **fields: object) -> tuple[str, str]:
        account_id = await self.register(**fields)
        attempt = await self.link(account_id)
        await self.show_code(account_id, attempt)
        await self.scan(account_id, attempt)
        await self.become_ready(account_id, attempt)
        return account_id, attempt


@asynccontextmanager
async def running_api(
    database: str,
    data: Path,
    *,
    sandbox_port: int = 9,
    with_snapshots: bool = False,
    reverb: Reverb | None = None,
    hmac_secret: str = "",
    webhook_allow: str = "",
) -> AsyncGenerator[RunningApi]:
    """Serve until the block is left. Port 9 (discard) stands for a sandbox that is not there.

    Snapshots make no difference but for long accounts.
    """
    keys = Keys(MASTER_KEY)
    with _listener() as listener:
        port = listener.getsockname()[1]
        async with Database(database) as pool:
            log = open_log(pool)
            snapshots = Snapshots(log) if with_snapshots else None
            services = Services(
                settings=Settings(
                    data=data,
                    port=port,
                    sandbox_port=sandbox_port,
                    reverb=reverb,
                    hmac_secret=hmac_secret,
                    webhook_allow=read_allow_list(webhook_allow),
                ),
                database=pool,
                log=log,
                dispatch=Dispatch(log, snapshots),
                vault=Vault(pool, keys),
                api_keys=ApiKeys(pool, keys),
                keys=keys,
                evidence=EvidenceStore(pool, log.account_keys),
            )
            _, key = await services.api_keys.create("test", clock.now())
            application = BUILT.take(services)
            url = f"http://127.0.0.1:{port}"
            async with (
                _serving(application, listener),
                httpx.AsyncClient(
                    base_url=url,
                    headers={"Authorization": f"Bearer {key}"},
                    timeout=LIMIT_S,
                    trust_env=False,
                    verify=NO_TLS,
                ) as client,
            ):
                yield RunningApi(services, key, application, url, client)
            with suppress(StorageUnavailable):  # a test may have taken the database away
                await assert_decided_again_alike(log)
            if snapshots is not None:
                await snapshots.close()
            await log.close()
            BUILT.give_back(application)


def _listener() -> socket.socket:
    """Name TCP: asyncio sends small writes at once only on sockets that say they are of it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@asynccontextmanager
async def _serving(application: Litestar, listener: socket.socket) -> AsyncGenerator[None]:
    config = uvicorn.Config(
        application, log_level="warning", access_log=False, timeout_graceful_shutdown=2
    )
    server = PromptServer(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(LIMIT_S):
            await application.state.hub.following()
        yield
    finally:
        application.state.hub.close()
        server.end()
        await serving


class PromptServer(uvicorn.Server):
    """Ends when it is told: uvicorn looks every 0.1 s whether it should, and waits as long again.

    Over a thousand tests begin and end one.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        """Wait, in place of looking."""
        await self.on_tick(0)
        await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Do what uvicorn does, in its order, without its pauses."""
        for one in (*self.servers, *(sockets or [])):
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                await settle()
                await eventually(self._has_nothing_left)
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
        await self.lifespan.shutdown()

    async def _has_nothing_left(self) -> bool:
        return not self.server_state.connections and not self.server_state.tasks


def parse_time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""

    async def looks() -> bool:
        return holds()

    await eventually(looks, LIMIT_S)


def unserved_api() -> Litestar:
    """Build the application without a database, for what it says of itself."""
    keys, pool, log = Keys(MASTER_KEY), Database(""), MemoryEventLog()
    return create_api(
        Services(
            settings=Settings(data=Path()),
            database=pool,
            log=log,
            dispatch=Dispatch(log),
            vault=Vault(pool, keys),
            api_keys=ApiKeys(pool, keys),
            keys=keys,
            evidence=EvidenceStore(pool, AccountKeys(pool, keys)),
        )
    )
