"""What every flow works with: the API on a real socket, the canaries, and who searches."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from adapters.outgoing.client import OutgoingClient
from adapters.webhook_endpoints import WebhookEndpoints
from app.processes.webhooks import surroundings
from app.settings import Reverb
from app.webhooks.deliverer import Deliverer
from tests.planted_secrets.canaries import Canaries
from tests.planted_secrets.receiver import TalkativeReceiver, receiving
from tests.planted_secrets.watch import Watch, watch_answers
from tests.running_api import LIMIT_S, RunningApi, running_api

TryT = TypeVar("TryT")


class Account(msgspec.Struct, frozen=True):
    """An account that a flow has made, and what may be asked for of it."""

    id: str
    attempts: int = 1


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One installation, and what is planted in it."""

    api: RunningApi
    canaries: Canaries
    watch: Watch
    receiver: TalkativeReceiver
    stranger: httpx.AsyncClient
    """Brings no key of its own."""
    reverb: Reverb
    every: int = 1
    """Of what is tried in the same way in many places, only each so many-th is tried."""

    @property
    def client(self) -> httpx.AsyncClient:
        return self.api.client

    def some(self, tries: Iterable[TryT]) -> list[TryT]:
        """Pick what is tried."""
        return list(islice(tries, 0, None, self.every))

    def names(self) -> dict[str, str]:
        """Give headers that a client chooses by itself."""
        return {
            "X-Correlation-Id": f"order/{self.canaries.word('correlation id')}",
            "Idempotency-Key": self.canaries.word("idempotency key"),
        }

    async def post(self, address: str, body: object = None, **headers: str) -> httpx.Response:
        """Ask for something that must work, under names of the client's own."""
        answered = await self.client.post(address, json=body, headers=self.names() | headers)
        assert answered.is_success, (address, answered.text)
        return answered

    async def refused(self, method: str, address: str, **given: Any) -> httpx.Response:  # noqa: ANN401
        """Ask for something that must not work."""
        answered = await self.client.request(method, address, **given)
        assert answered.is_error, (address, answered.text)
        return answered


@asynccontextmanager
async def set_up(database: str, data: Path, every: int = 1) -> AsyncGenerator[Stage]:
    """Serve, with webhooks delivered to a receiver that talks too much."""
    canaries = Canaries()
    watch = Watch(canaries)
    own = "key of the installation"
    reverb = Reverb(canaries.word("name of an application"), canaries.word(own))
    signed_with = canaries.word(own)
    async with (
        receiving(canaries, watch) as receiver,
        running_api(
            database,
            data,
            hmac_secret=signed_with,
            webhook_allow="127.0.0.0/8",
            reverb=reverb,
        ) as api,
        httpx.AsyncClient(base_url=api.url, timeout=LIMIT_S, trust_env=False) as stranger,
        _delivering(api),
    ):
        for key in (api.key, api.services.keys.operator, api.services.keys.sandbox_control):
            canaries.add(own, key)
        watch_answers(api.application, api.client, watch)
        watch_answers(api.application, stranger, watch)
        yield Stage(
            api=api,
            canaries=canaries,
            watch=watch,
            receiver=receiver,
            stranger=stranger,
            every=every,
            reverb=reverb,
        )


@asynccontextmanager
async def _delivering(api: RunningApi) -> AsyncGenerator[None]:
    """Deliver as the process of its own does."""
    services = api.services
    endpoints = WebhookEndpoints(services.database, services.keys)
    async with OutgoingClient(services.settings.webhook_allow) as client:
        task = asyncio.create_task(Deliverer(surroundings(services), endpoints, client).run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
