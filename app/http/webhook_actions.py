"""What is done with a webhook: rotate its secret, test it, see its deliveries, send again."""

from datetime import timedelta
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import JSONBody, QueryParameter

from adapters.outgoing.client import OutgoingClient
from adapters.webhook_endpoints import Endpoint
from adapters.webhook_outbox import Outcome, Redelivery, WebhookOutbox
from app.http.documented import documented
from app.http.idempotency import once
from app.http.parts import AnyRequest, Api, ApiParts
from app.http.webhook_requests import RedeliveryWanted, SecretRotation
from app.http.webhook_views import (
    DeliveryList,
    RedeliveryAnswer,
    TestAnswer,
    WebhookAnswer,
    delivery_view,
    redelivery_view,
)
from app.http.webhooks import (
    MOST_LISTED,
    NO_STORE,
    WebhookId,
    answer_webhook,
    endpoints_of,
    find_webhook,
    fresh_secret,
)
from app.identifiers import new_id
from app.problems import ProblemFound
from app.webhooks.sending import Sender
from domain.status import Status
from projections.feed import FeedItem

TEST_TYPE = "webhook.test"
"""No item of the feed has it; whoever gets it answers 2xx and does nothing."""


@post("/rotate-secret", status_code=200, opt=documented("rotate_webhook_secret"))
async def rotate_secret(
    webhook_id: WebhookId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[SecretRotation | None] = None,
) -> Response[WebhookAnswer]:
    """Let a new secret sign. The old ones sign beside it until `overlap_s` has passed."""
    wanted = data or SecretRotation()

    async def rotate() -> Response[WebhookAnswer]:
        endpoint = await find_webhook(api, request, webhook_id)
        secret, now = fresh_secret(api, wanted.secret, endpoint.profile), api.now()
        until = now + timedelta(seconds=wanted.overlap_s)
        await endpoints_of(api).rotate(endpoint.id, secret, until, now)
        return await answer_webhook(api, endpoint, 200, secret=secret.text)

    return await once(api, request, rotate, repeatable=False)


@post("/enable", status_code=200, opt=documented("enable_webhook"))
async def enable(webhook_id: WebhookId, request: AnyRequest, api: Api) -> Response[WebhookAnswer]:
    """Deliver again, beginning with everything since it was disabled."""

    async def act() -> Response[WebhookAnswer]:
        endpoint = await find_webhook(api, request, webhook_id)
        await endpoints_of(api).enable(endpoint.id, api.now())
        return await answer_webhook(api, await find_webhook(api, request, webhook_id), 200)

    return await once(api, request, act, repeatable=True)


@post("/disable", status_code=200, opt=documented("disable_webhook"))
async def disable(webhook_id: WebhookId, request: AnyRequest, api: Api) -> Response[WebhookAnswer]:
    """Deliver nothing until it is enabled. Its place is kept."""

    async def act() -> Response[WebhookAnswer]:
        endpoint = await find_webhook(api, request, webhook_id)
        await endpoints_of(api).disable(endpoint.id, "asked", api.now())
        return await answer_webhook(api, await find_webhook(api, request, webhook_id), 200)

    return await once(api, request, act, repeatable=True)


@post("/test", status_code=200, opt=documented("test_webhook"))
async def test_webhook(
    webhook_id: WebhookId, request: AnyRequest, api: Api
) -> Response[TestAnswer]:
    """Send a `webhook.test` item now, once, and tell how it went."""

    async def act() -> Response[TestAnswer]:
        endpoint = await find_webhook(api, request, webhook_id)
        return Response(await _send_test(api, endpoint), headers=NO_STORE)

    return await once(api, request, act, repeatable=True)


async def _send_test(api: ApiParts, endpoint: Endpoint) -> TestAnswer:
    now = api.now()
    secrets = await endpoints_of(api).secrets(endpoint.id, now)
    item = FeedItem(
        id=await api.services.log.head(),
        type=TEST_TYPE,
        account_id=endpoint.account_id or "",
        workspace=endpoint.workspace,
        status=Status.NOT_CREATED,
        at=now,
        correlation_id="",
        attempt=None,
        data={},
    )
    async with OutgoingClient(api.services.settings.webhook_allow) as client:
        sender = Sender(client, endpoint, secrets, api.now)
        name = new_id("evt", now)
        sending = await sender.send_as(name, item)
    return TestAnswer(
        message_id=name,
        delivered=not sending.error,
        status=sending.status,
        error=sending.error,
        duration_ms=sending.duration_ms,
    )


@get("/deliveries", opt=documented("webhook_deliveries"))
async def deliveries(
    webhook_id: WebhookId,
    request: AnyRequest,
    api: Api,
    outcome: Annotated[
        Outcome | None, QueryParameter(description="Only tries that ended so.")
    ] = None,
    account: Annotated[
        str | None, QueryParameter(max_length=64, description="Only of this account.")
    ] = None,
    at_position: Annotated[
        int | None, QueryParameter(ge=0, description="Only of the item at this position.")
    ] = None,
    cursor: Annotated[
        int | None, QueryParameter(ge=0, description="`next_cursor` of the page before.")
    ] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_LISTED)] = 50,
) -> Response[DeliveryList]:
    """Read the delivery log, newest first: a month of it, and the last 10,000 tries."""
    endpoint = await find_webhook(api, request, webhook_id)
    found = await WebhookOutbox(api.services.database).tries(
        endpoint.id,
        before=cursor,
        outcome=outcome,
        account_id=account,
        position=at_position,
        limit=limit + 1,
    )
    page = DeliveryList(
        deliveries=tuple(delivery_view(endpoint.id, one) for one in found[:limit]),
        next_cursor=found[limit - 1].id if len(found) > limit else None,
    )
    return Response(page, headers=NO_STORE)


@post("/redeliver", status_code=202, opt=documented("redeliver_webhook"))
async def redeliver(
    webhook_id: WebhookId,
    request: AnyRequest,
    api: Api,
    data: JSONBody[RedeliveryWanted | None] = None,
) -> Response[RedeliveryAnswer]:
    """Send again: one item, a range, or all that were set aside. Each keeps its `webhook-id`."""
    wanted = data or RedeliveryWanted()

    async def ask() -> Response[RedeliveryAnswer]:
        endpoint = await find_webhook(api, request, webhook_id)
        if endpoint.disabled:
            raise ProblemFound("webhook_disabled", "Nothing is delivered to a disabled webhook.")
        return await _redeliver(api, endpoint, wanted)

    return await once(api, request, ask, repeatable=False)


async def _redeliver(
    api: ApiParts, endpoint: Endpoint, wanted: RedeliveryWanted
) -> Response[RedeliveryAnswer]:
    head, now = await api.services.log.head(), api.now()
    until = head if wanted.until is None else min(wanted.until, head)
    if wanted.first > until:
        raise ProblemFound("invalid_request", f"first: the range ends at position {until}.")
    redelivery = Redelivery(
        id=new_id("rdl", now),
        asked_at=now,
        only_set_aside=wanted.only == "set_aside",
        position=wanted.first,
        until=until,
        tries=0,
        next_at=now,
        delivered=0,
        failed=0,
        done_at=None,
    )
    await WebhookOutbox(api.services.database).ask(endpoint.id, redelivery)
    return Response(RedeliveryAnswer(redelivery=redelivery_view(redelivery)), status_code=202)


ROUTES = Router(
    "/v1/webhooks/{webhook_id:str}",
    route_handlers=[rotate_secret, enable, disable, test_webhook, deliveries, redeliver],
)
