"""The process that tells webhooks."""

import asyncio
import secrets

from adapters.outgoing.client import OutgoingClient
from adapters.webhook_endpoints import WebhookEndpoints
from adapters.webhook_outbox import WebhookOutbox
from adapters.worker_lease import WorkerLease
from app.dropin.blazz_webhooks import BlazzWebhooks
from app.feed_hub import FeedHub
from app.garbage import collect_garbage
from app.processes.services import services
from app.projecting.registry import WEBHOOKS
from app.services import Services
from app.settings import Settings
from app.webhooks.deliverer import Deliverer
from app.webhooks.pace import RealPace
from app.webhooks.surroundings import Surroundings
from app.webhooks.telling import StoryTeller


async def webhooks(settings: Settings) -> None:
    """Tell every endpoint what happens, once no other process does."""
    async with (
        services(settings) as parts,
        WorkerLease(settings.database_url, secrets.token_hex(4), "webhooks") as lease,
        OutgoingClient(settings.webhook_allow) as client,
    ):
        deliverer = Deliverer(
            surroundings(parts), WebhookEndpoints(parts.database, parts.keys), client
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(deliverer.run())
            tasks.create_task(lease.keep())
            tasks.create_task(collect_garbage())


def surroundings(parts: Services) -> Surroundings:
    """Put together what the workers of all endpoints share."""
    pace = RealPace()
    return Surroundings(
        log=parts.log,
        as_of=parts.dispatch.as_of,
        hub=FeedHub(parts.log, parts.dispatch.as_of, name=WEBHOOKS),
        outbox=WebhookOutbox(parts.database),
        telling=StoryTeller(parts.dispatch, pace.now),
        pace=pace,
        fills={"blazz": BlazzWebhooks(parts.database, parts.vault, parts.dispatch, pace.now).body},
    )
