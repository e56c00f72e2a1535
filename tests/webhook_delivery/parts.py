"""A deliverer on a database of the test's own, its clock, and accounts that things happen to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.keys import Keys
from adapters.outgoing.allow_list import read_allow_list
from adapters.outgoing.client import OutgoingClient
from adapters.webhook_endpoints import Endpoint, NewEndpoint, Secret, WebhookEndpoints
from adapters.webhook_outbox import WebhookOutbox
from adapters.webhook_signatures import new_secret
from app.dispatch import Dispatch
from app.feed_hub import FeedHub
from app.identifiers import new_id
from app.projecting.registry import WEBHOOKS
from app.webhooks.deliverer import Deliverer
from app.webhooks.surroundings import Surroundings
from app.webhooks.telling import StoryTeller
from domain.log import Origin
from domain.observations import RecordPage
from domain.wishes import RegisterAccount, RequestLink
from tests.opened_log import open_log
from tests.running_api import MASTER_KEY

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CLIENT = Origin(actor="key:test")
WORKER = Origin(actor="worker:test")


class StandingPace:
    """A clock that stands still until a test lets it go on."""

    def __init__(self) -> None:
        self._now = START
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    async def wait(self, news: asyncio.Event, until: datetime | None) -> None:
        while not news.is_set() and (until is None or self._now < until):
            waits = {asyncio.ensure_future(e.wait()) for e in (news, self._moved)}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """What a test has to do with."""

    log: EventLog
    dispatch: Dispatch
    endpoints: WebhookEndpoints
    outbox: WebhookOutbox
    pace: StandingPace

    async def account(self, name: str, workspace: str = "acme") -> str:
        """Register an account and begin to link it."""
        now = self.pace.now()
        await self.dispatch.submit(name, RegisterAccount(at=now, workspace=workspace), CLIENT)
        link = RequestLink(at=now, attempt=f"att_{name}", method="qr")
        await self.dispatch.submit(name, link, CLIENT)
        return name

    async def happens(self, name: str, times: int = 1) -> None:
        """Let the page of an account queue for its start, again and again."""
        for _ in range(times):
            start = new_id("req", datetime.now(UTC))
            page = RecordPage(
                at=self.pace.now(), attempt=f"att_{name}", phase="queued", start=start
            )
            await self.dispatch.submit(name, page, WORKER)

    async def endpoint(self, url: str, **given: object) -> Endpoint:
        """Make an endpoint that is told everything of the workspace, from the beginning."""
        now = self.pace.now()
        new: dict[str, object] = {
            "workspace": "acme",
            "url": url,
            "description": "",
            "profile": "standard",
            "account_id": None,
            "types": None,
            "statuses": None,
            "position": 0,
        }
        secret = Secret(id=new_id("whs", now), text=new_secret(), created_at=now, expires_at=None)
        made = new_id("whk", datetime.now(UTC))
        return await self.endpoints.make(
            made, msgspec.convert(new | given, NewEndpoint), secret, now
        )

    async def standing(self, endpoint: Endpoint) -> Endpoint:
        """Read an endpoint again."""
        found = await self.endpoints.find(endpoint.id)
        assert found is not None
        return found


@asynccontextmanager
async def installation(database: str) -> AsyncGenerator[Installation]:
    """Open everything but the deliverer."""
    async with Database(database) as pool:
        log = open_log(pool)
        yield Installation(
            log=log,
            dispatch=Dispatch(log),
            endpoints=WebhookEndpoints(pool, Keys(MASTER_KEY)),
            outbox=WebhookOutbox(pool),
            pace=StandingPace(),
        )
        await log.close()


@asynccontextmanager
async def delivering(at: Installation) -> AsyncGenerator[None]:
    """Deliver until the block is left, in order."""
    around = Surroundings(
        log=at.log,
        as_of=at.dispatch.as_of,
        hub=FeedHub(at.log, at.dispatch.as_of, name=WEBHOOKS),
        outbox=at.outbox,
        telling=StoryTeller(at.dispatch, at.pace.now),
        pace=at.pace,
    )
    async with OutgoingClient(read_allow_list("127.0.0.0/8")) as client:
        task = asyncio.create_task(Deliverer(around, at.endpoints, client).run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
