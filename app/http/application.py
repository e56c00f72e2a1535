"""Puts the API together. Nothing is constructed at import."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import structlog
from litestar import Litestar
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from adapters import clock
from adapters.idempotency_keys import IdempotencyKeys
from adapters.template_store import TemplateStore
from app.dropin.routes import drop_in_routes
from app.feed_hub import FeedHub
from app.http import (
    accounts,
    attempt_why,
    bundles,
    compare,
    correlations,
    evidence,
    feed,
    feed_socket,
    health,
    housekeeping,
    linking,
    message_statistics,
    messages,
    opened_bundles,
    pages,
    path,
    qr,
    regression_tests,
    replay_decided,
    replay_fleet,
    replay_state,
    sandbox,
    signing_in,
    statistics,
    story,
    templates,
    webhook_actions,
    webhooks,
)
from app.http.answer_headers import before_send
from app.http.errors import exception_handlers
from app.http.guard import create_guard
from app.http.metrics import Metrics
from app.http.one_time import OneTimeSecrets
from app.http.openapi import openapi_config
from app.http.parts import ApiParts
from app.http.positions import provide_position
from app.http.rate_limit import CallLimits
from app.http.sealed_sessions import SealedSessions
from app.http.signed_calls import SignedCalls
from app.messages import Messages
from app.services import Services
from app.statistics import AttemptStatistics
from app.templates.catalog import Templates

BODY_LIMIT = 64 * 1024
"""anchors.md 4.2, row 10. The largest body of version 1 is a policy, under 1 kB."""
SANDBOX_LIMIT_S = 15.0
"""A scan waits for the page's answer, which the sandbox itself limits to 10 s."""

_logger = structlog.get_logger()


def create_api(services: Services) -> Litestar:
    """Build the application. Its lifespan runs the feed's hub and closes what was opened."""
    return application_of(parts_of(services))


def application_of(api: ApiParts) -> Litestar:
    """Build it around its parts."""

    async def provide_api() -> ApiParts:
        return api

    application = Litestar(
        route_handlers=_routes(api),
        dependencies={"api": Provide(provide_api), "position": Provide(provide_position)},
        guards=[create_guard(api)],
        exception_handlers=exception_handlers(api),
        before_send=[before_send(api)],
        lifespan=[_running(api)],
        openapi_config=openapi_config(),
        request_max_body_size=BODY_LIMIT,
        logging_config=None,
    )
    application.state.hub = api.hub
    application.state.limits = api.limits
    return application


def parts_of(services: Services) -> ApiParts:
    """Make all that its handlers work with."""
    hub = FeedHub(services.log, services.dispatch.as_of)
    catalog = Templates(
        TemplateStore(services.database),
        default_region=services.settings.default_region,
        now=clock.now,
    )
    return ApiParts(
        services=services,
        hub=hub,
        sessions=SealedSessions(services.keys.page_sessions),
        signed_calls=SignedCalls(services.settings.hmac_secret),
        tickets=OneTimeSecrets("lwt"),
        links=OneTimeSecrets("lwl"),
        metrics=Metrics(),
        sandbox=_sandbox_client(services),
        idempotency=IdempotencyKeys(
            services.database, services.keys, services.settings.idempotency_s
        ),
        statistics=AttemptStatistics(services.database, services.log),
        templates=catalog,
        messages=Messages(services, hub, catalog),
        limits=CallLimits(
            services.settings.requests_per_minute, services.settings.codes_per_minute
        ),
        now=clock.now,
    )


def _routes(api: ApiParts) -> list[ControllerRouterHandler]:
    return [
        accounts.ROUTES,
        linking.ROUTES,
        messages.ROUTES,
        qr.ROUTES,
        story.ROUTES,
        attempt_why.ROUTES,
        compare.ROUTES,
        regression_tests.ROUTES,
        correlations.show_correlation,
        path.ROUTES,
        replay_state.ROUTES,
        replay_decided.ROUTES,
        replay_fleet.ROUTES,
        bundles.ROUTES,
        bundles.open_bundle,
        opened_bundles.ROUTES,
        evidence.ROUTES,
        statistics.show_statistics,
        statistics.show_bundle_statistics,
        message_statistics.show_message_statistics,
        templates.ROUTES,
        webhooks.ROUTES,
        webhook_actions.ROUTES,
        feed.ROUTES,
        feed_socket.route(api),
        health.ROUTES,
        housekeeping.ROUTES,
        sandbox.ROUTES,
        signing_in.ROUTES,
        *pages.routes(),
        *drop_in_routes(api),
    ]


def _sandbox_client(services: Services) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=services.settings.sandbox_url,
        headers={"Authorization": f"Bearer {services.keys.sandbox_control}"},
        timeout=SANDBOX_LIMIT_S,
        trust_env=False,  # the sandbox is on this machine: no proxy is between,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),  # and no TLS: no CA need be read
    )


def _running(api: ApiParts) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        hub = asyncio.create_task(api.hub.run(), name="feed hub")
        hub.add_done_callback(_tell_if_it_broke)
        try:
            yield
        finally:
            hub.cancel()
            await asyncio.wait([hub])
            await api.sandbox.aclose()

    return lifespan


def _tell_if_it_broke(hub: "asyncio.Task[None]") -> None:
    """A hub that a defect has ended is told of in the log, by /health/ready and by a 503."""
    if not hub.cancelled() and (error := hub.exception()) is not None:
        _logger.error("feed hub broke", exc_info=error)
