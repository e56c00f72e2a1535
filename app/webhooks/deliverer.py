"""Keeps a worker for every endpoint that is enabled, and stops it when people change their mind."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from adapters.event_log.errors import StorageUnavailable
from adapters.outgoing.client import OutgoingClient
from adapters.webhook_endpoints import Endpoint, WebhookEndpoints
from adapters.webhook_outbox import LostEndpoint
from app.steady import keep_running
from app.webhooks.sending import Sender
from app.webhooks.surroundings import Surroundings
from app.webhooks.worker import EndpointOver, EndpointWorker

LOOK_S = 1.0
"""How late a change is noticed, and a new endpoint told for the first time."""
SWEEP_EVERY = timedelta(minutes=5)
AGAIN_AFTER_S = 5.0
"""Before a worker is begun again that a defect of ours has ended."""

_logger = structlog.get_logger()


class Deliverer:
    """`run` delivers to all endpoints until cancelled."""

    def __init__(
        self, around: Surroundings, endpoints: WebhookEndpoints, client: OutgoingClient
    ) -> None:
        self._around = around
        self._endpoints = endpoints
        self._client = client
        self._kept: dict[str, Endpoint] = {}
        self._workers: dict[str, EndpointWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._seen: dict[str, int] = {}
        """Endpoint -> number of its last change that was followed."""
        self._sweep_at: datetime | None = None

    async def run(self) -> None:
        """Deliver until cancelled; whatever was begun is stored then, or sent again later."""
        hub = asyncio.create_task(self._around.hub.run(), name="webhooks' hub")
        watching = asyncio.create_task(keep_running("webhooks", self._watch))
        try:
            # Either ends by a defect of ours only: then the process does, and is begun again.
            await asyncio.wait({hub, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            await self._stop(*self._tasks)
            hub.cancel()
            await asyncio.wait({hub})
        await asyncio.gather(hub, watching)

    async def _watch(self) -> None:
        never = asyncio.Event()
        while True:
            await self._look()
            await self._sweep()
            until = self._around.pace.now() + timedelta(seconds=LOOK_S)
            await self._around.pace.wait(never, until)

    async def _look(self) -> None:
        """Follow what people have changed."""
        changes = await self._endpoints.changes()
        for endpoint_id in [one for one in self._seen if one not in changes]:
            await self._stop(endpoint_id)
            del self._seen[endpoint_id]
        for endpoint_id, change in changes.items():
            if self._seen.get(endpoint_id) != change:
                endpoint = await self._endpoints.find(endpoint_id)
                if endpoint is not None:
                    await self._follow(endpoint)
                    self._seen[endpoint_id] = endpoint.change

    async def _follow(self, endpoint: Endpoint) -> None:
        before = self._kept.get(endpoint.id)
        worker = self._workers.get(endpoint.id)
        if worker is not None and before is not None and _same(before, endpoint):
            worker.redeliveries.asked.set()
            return
        await self._stop(endpoint.id)
        if not endpoint.disabled:
            self._kept[endpoint.id] = endpoint
            self._tasks[endpoint.id] = asyncio.create_task(
                self._keep(endpoint.id), name=f"webhook {endpoint.id}"
            )

    async def _keep(self, endpoint_id: str) -> None:
        """Deliver to one endpoint until it is disabled; its troubles are no other's."""
        while True:
            try:
                await keep_running(f"webhook {endpoint_id}", lambda: self._deliver(endpoint_id))
            except EndpointOver as over:
                await self._end(endpoint_id, over)
                return
            except LostEndpoint as lost:  # deleted, which the next round sees, or somebody else's
                _logger.warning("webhook begun again", webhook=endpoint_id, because=str(lost))
            except Exception:
                _logger.exception("a webhook's worker broke", webhook=endpoint_id)
            if self._is_stopped(endpoint_id):
                return
            await asyncio.sleep(AGAIN_AFTER_S)

    def _is_stopped(self, endpoint_id: str) -> bool:
        """A cancellation is lost where a failure of the same moment takes its place."""
        return self._tasks.get(endpoint_id) is not asyncio.current_task()

    async def _deliver(self, endpoint_id: str) -> None:
        endpoint = await self._endpoints.find(endpoint_id)
        if endpoint is None or endpoint.disabled or self._is_stopped(endpoint_id):
            raise EndpointOver
        now = self._around.pace.now
        sender = Sender(
            self._client,
            endpoint,
            await self._endpoints.secrets(endpoint_id, now()),
            now,
            fill=self._around.fills.get(endpoint.profile),
        )
        held = await self._around.outbox.held(endpoint_id)
        worker = EndpointWorker(self._around, endpoint, held, send=sender.send, tells=sender.tells)
        self._workers[endpoint_id] = worker
        try:
            await worker.run()
        finally:
            del self._workers[endpoint_id]

    async def _end(self, endpoint_id: str, over: EndpointOver) -> None:
        if not over.disabled:
            return
        while True:
            with suppress(StorageUnavailable):
                await self._endpoints.disable(endpoint_id, over.disabled, self._around.pace.now())
                break
            await asyncio.sleep(AGAIN_AFTER_S)
        # Everybody who looks is told: the page and GET /v1/webhooks, /health/ready, and a metric.
        _logger.error(
            "webhook disabled",
            webhook=endpoint_id,
            because=over.disabled,
            what_to_do=f"mend it, then ./linkwright hooks enable {endpoint_id}",
        )

    async def _stop(self, *endpoint_ids: str) -> None:
        tasks = [task for one in endpoint_ids if (task := self._tasks.pop(one, None))]
        for one in endpoint_ids:
            self._kept.pop(one, None)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _sweep(self) -> None:
        now = self._around.pace.now()
        if self._sweep_at is None or now >= self._sweep_at:
            self._sweep_at = now + SWEEP_EVERY
            await self._around.outbox.sweep(now)


def _same(before: Endpoint, after: Endpoint) -> bool:
    """Tell whether a worker can go on: nothing was changed but what it reads anew by itself."""
    names = ("url", "profile", "account_id", "types", "statuses", "disabled", "updated_at")
    return all(getattr(before, name) == getattr(after, name) for name in names)
