"""Whether the service lives, whether it can do its work, and its numbers."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Literal

import httpx
import msgspec
from litestar import Response, Router, get
from prometheus_client import Gauge

from adapters.event_log.errors import StorageUnavailable
from adapters.workers_seen import workers_silent_s
from app.feed_hub import NotFollowing
from app.http.documented import documented
from app.http.parts import Api, ApiParts
from app.http.webhook_metrics import degraded_webhooks
from app.problems import as_sentence
from app.projecting.registry import FEED
from app.projecting.standing import MOST_LAG, Degraded, degraded, project_standings
from domain.account import Holder

LOOK_LIMIT_S = 2.0
"""Probes commonly give up after a few seconds; a slow part is as good as a broken one."""
WORKER_SILENT_S = 10.0
"""A worker says every second that it lives; ten missed beats are no hiccup."""


class Check(msgspec.Struct, frozen=True):
    """One part, and in words what is wrong with it."""

    name: Literal["database", "feed", "worker", "sandbox"]
    ok: bool
    sentence: str


class Health(msgspec.Struct, frozen=True):
    """`ok` is what a probe looks at. What is degraded goes on for everybody else."""

    ok: bool
    checks: tuple[Check, ...]
    degraded: tuple[Degraded, ...] = ()
    """Projections with parked partitions, or far behind the log."""


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    ok: bool = True


@get("/health/live", opt=documented("live", access="open"))
async def live() -> Alive:
    """Tell that the process answers. Needs no key."""
    return Alive()


@get("/health/ready", opt=documented("ready"))
async def ready(api: Api) -> Response[Health]:
    """Tell whether accounts can be linked now, and what is wrong if they cannot."""
    checks = await asyncio.gather(
        _look("database", lambda: _database(api)),
        _look("feed", lambda: _feed(api)),
        _look("worker", lambda: _worker(api)),
        _look("sandbox", lambda: _sandbox(api)),
    )
    ok = all(check.ok for check in checks)
    status = HTTPStatus.OK if ok else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(
        Health(ok=ok, checks=tuple(checks), degraded=await _degraded(api)),
        status_code=status,
        headers={"Cache-Control": "no-store"},
    )


@get("/metrics", opt=documented("metrics"), media_type="text/plain; version=0.0.4")
async def metrics(api: Api) -> bytes:
    """Give the numbers of this process in Prometheus' text format."""
    api.metrics.readers.set(api.hub.readers)
    api.metrics.position.set(api.hub.reached)
    api.metrics.head.set(await api.services.log.head())
    gauges: dict[Holder, Gauge] = {
        "primary": api.metrics.worker_silent,
        "standby": api.metrics.standby_silent,
    }
    for holder, gauge in gauges.items():
        silent_s = await workers_silent_s(api.services.database, holder)
        gauge.set(math.nan if silent_s is None else silent_s)
    await api.metrics.webhooks.look(api.services.database)
    for one in await project_standings(api.services.database, {FEED: api.hub.position}):
        api.metrics.parked.labels(one.name).set(one.parked)
        api.metrics.lag_events.labels(one.name).set(one.lag_events)
        api.metrics.lag_s.labels(one.name).set(one.lag_s)
    return api.metrics.render()


Look = Callable[[], Awaitable[str]]
"""Returns what is wrong in words, empty if nothing is."""


async def _look(name: Literal["database", "feed", "worker", "sandbox"], look: Look) -> Check:
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            wrong = await look()
    except TimeoutError:
        wrong = f"It did not answer within {LOOK_LIMIT_S:.0f} s."
    except (StorageUnavailable, NotFollowing) as error:
        wrong = as_sentence(error)
    except httpx.HTTPError as error:
        wrong = f"It cannot be reached: {type(error).__name__}."
    return Check(name=name, ok=not wrong, sentence=wrong or "It works.")


async def _degraded(api: ApiParts) -> tuple[Degraded, ...]:
    """List what needs an operator; nothing where the checks say already that all of it is down."""
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            positions = {FEED: api.hub.position}
            found = degraded(await project_standings(api.services.database, positions))
            return (*found, *await degraded_webhooks(api.services.database))
    except (TimeoutError, StorageUnavailable, NotFollowing):
        return ()


async def _database(api: ApiParts) -> str:
    await api.services.log.head()
    return ""


async def _feed(api: ApiParts) -> str:
    behind = await api.services.log.head() - api.hub.position
    return f"It is {behind} events behind the log." if behind > MOST_LAG else ""


async def _worker(api: ApiParts) -> str:
    silent_s = await workers_silent_s(api.services.database)
    if silent_s is None:
        return "No browser worker has started yet."
    if silent_s > WORKER_SILENT_S:
        return f"The browser worker has been silent for {silent_s:.0f} s."
    return ""


async def _sandbox(api: ApiParts) -> str:
    answered = await api.sandbox.get("/control/scenes")
    return "" if answered.is_success else f"It answers {answered.status_code}."


ROUTES = Router("/", route_handlers=[live, ready, metrics])
