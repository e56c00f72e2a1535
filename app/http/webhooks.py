"""Webhooks: who is told, of what, and from where on."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec.structs import asdict, replace

from adapters.outgoing.destination import read_destination
from adapters.outgoing.failures import Refused
from adapters.webhook_endpoints import (
    Endpoint,
    NewEndpoint,
    Secret,
    TooManyEndpoints,
    WebhookEndpoints,
)
from adapters.webhook_outbox import WebhookOutbox
from adapters.webhook_signatures import new_secret
from app.http.documented import documented
from app.http.feed_filter import FEED_TYPES
from app.http.idempotency import once
from app.http.parts import AnyRequest, Api, ApiParts
from app.http.principal import principal_of
from app.http.requests import WORKSPACE
from app.http.webhook_requests import NewWebhook, WebhookChange
from app.http.webhook_views import WebhookAnswer, WebhookList, webhook_detail, webhook_view
from app.identifiers import new_id
from app.problems import ProblemFound, as_sentence
from app.webhooks.profiles import PROFILES, Signing

WEBHOOK_ID = re.compile(r"whk_[0-9a-z]{26}")
MOST_LISTED = 200
MOST_SHOWN = 20

WebhookId = FromPath[str]
NO_STORE = {"Cache-Control": "no-store"}


@post("/", status_code=201, opt=documented("make_webhook"))
async def make_webhook(
    data: JSONBody[NewWebhook], request: AnyRequest, api: Api
) -> Response[WebhookAnswer]:
    """Make an endpoint. The answer is the only one that shows its secret."""
    return await once(api, request, lambda: _make(api, request, data), repeatable=False)


async def _make(api: ApiParts, request: AnyRequest, data: NewWebhook) -> Response[WebhookAnswer]:
    reaches = principal_of(request).workspace
    if reaches not in (None, data.workspace):
        raise ProblemFound("forbidden", "The key is for another workspace.")
    check_address(api, data.url)
    _check_words(data.profile, data.types)
    head, now = await api.services.log.head(), api.now()
    if data.after is not None and data.after > head:
        raise ProblemFound("invalid_request", f"after: the log ends at position {head}.")
    secret = fresh_secret(api, data.secret, data.profile)
    new = NewEndpoint(
        workspace=data.workspace,
        url=data.url,
        description=data.description,
        profile=data.profile,
        account_id=data.account,
        types=data.types,
        statuses=None if data.statuses is None else [status.value for status in data.statuses],
        position=head if data.after is None else data.after,
    )
    try:
        made = await endpoints_of(api).make(new_id("whk", now), new, secret, now)
    except TooManyEndpoints as error:
        raise ProblemFound("too_many_webhooks", as_sentence(error)) from error
    response = await answer_webhook(api, made, 201, secret=secret.text)
    response.headers["Location"] = f"/v1/webhooks/{made.id}"
    return response


@get("/", opt=documented("list_webhooks"))
async def list_webhooks(
    request: AnyRequest,
    api: Api,
    workspace: Annotated[
        str | None, QueryParameter(max_length=64, pattern=WORKSPACE, description="Only this one.")
    ] = None,
    cursor: Annotated[
        str, QueryParameter(max_length=64, description="`next_cursor` of the page before.")
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=MOST_LISTED)] = 100,
) -> Response[WebhookList]:
    """List the endpoints in the order of their making, and how each stands."""
    reaches = principal_of(request).workspace
    if reaches is not None and workspace not in (None, reaches):
        raise ProblemFound("forbidden", "The key is for another workspace.")
    head = await api.services.log.head()
    found = await endpoints_of(api).of(reaches or workspace, cursor, limit + 1)
    listed = WebhookList(
        webhooks=tuple(webhook_view(one, head) for one in found[:limit]),
        next_cursor=found[limit - 1].id if len(found) > limit else None,
    )
    return Response(listed, headers=NO_STORE)


@get("/{webhook_id:str}", opt=documented("show_webhook"))
async def show_webhook(
    webhook_id: WebhookId, request: AnyRequest, api: Api
) -> Response[WebhookAnswer]:
    """Show an endpoint: how far it is, what is held up, and what is sent again."""
    return await answer_webhook(api, await find_webhook(api, request, webhook_id), 200)


@patch("/{webhook_id:str}", opt=documented("change_webhook"))
async def change_webhook(
    webhook_id: WebhookId, data: JSONBody[WebhookChange], request: AnyRequest, api: Api
) -> Response[WebhookAnswer]:
    """Change an endpoint's address, description, form or filters. Its place stays."""
    given = {name: value for name, value in asdict(data).items() if value is not UNSET}
    if "url" in given:
        check_address(api, given["url"])
    _check_words(given.get("profile", "standard"), given.get("types"))
    if "account" in given:
        given["account_id"] = given.pop("account")
    if given.get("statuses"):
        given["statuses"] = tuple(status.value for status in given["statuses"])
    endpoint = await find_webhook(api, request, webhook_id)
    if "profile" in given:
        secrets = await endpoints_of(api).secrets(endpoint.id, api.now())
        check_secrets(given["profile"], [one.text for one in secrets], api.now())
    await endpoints_of(api).change(replace(endpoint, **given), api.now())
    return await answer_webhook(api, await find_webhook(api, request, webhook_id), 200)


@delete("/{webhook_id:str}", status_code=200, opt=documented("delete_webhook"))
async def delete_webhook(
    webhook_id: WebhookId, request: AnyRequest, api: Api
) -> Response[WebhookAnswer]:
    """Delete an endpoint and its delivery log, and show for the last time what it was."""
    endpoint = await find_webhook(api, request, webhook_id)
    answered = await answer_webhook(api, endpoint, 200)
    await endpoints_of(api).delete(endpoint.id)
    return answered


def endpoints_of(api: ApiParts) -> WebhookEndpoints:
    """Give the stored endpoints."""
    return WebhookEndpoints(api.services.database, api.services.keys)


async def find_webhook(api: ApiParts, request: AnyRequest, webhook_id: str) -> Endpoint:
    """Find an endpoint within the asker's reach; the problem `no_such_webhook` otherwise."""
    reaches = principal_of(request).workspace
    found = None
    if WEBHOOK_ID.fullmatch(webhook_id):
        found = await endpoints_of(api).find(webhook_id)
    if found is None or reaches not in (None, found.workspace):
        raise ProblemFound("no_such_webhook", "No webhook has this id.")
    return found


async def answer_webhook(
    api: ApiParts, endpoint: Endpoint, status: int, *, secret: str | None = None
) -> Response[WebhookAnswer]:
    """Answer an endpoint with all that is known of it."""
    outbox = WebhookOutbox(api.services.database)
    detail = webhook_detail(
        endpoint,
        await api.services.log.head(),
        secrets=await endpoints_of(api).secrets(endpoint.id, api.now()),
        held=await outbox.held(endpoint.id, MOST_SHOWN),
        redeliveries=await outbox.redeliveries(endpoint.id, MOST_SHOWN),
    )
    shown = WebhookAnswer(webhook=detail, secret=secret)
    return Response(shown, status_code=status, headers=NO_STORE)


def check_address(api: ApiParts, url: str) -> None:
    """Refuse an address that nothing would ever be sent to."""
    try:
        read_destination(url, api.services.settings.webhook_allow)
    except Refused as refused:
        raise ProblemFound("address_refused", as_sentence(refused), cause=refused.rule) from refused


def fresh_secret(api: ApiParts, given: str | None, profile: str) -> Secret:
    """Make a secret, or take the one that is given."""
    now = api.now()
    if given is not None:
        check_secrets(profile, [given], now)
    return Secret(
        id=new_id("whs", now), text=given or new_secret(), created_at=now, expires_at=None
    )


def check_secrets(profile: str, texts: Sequence[str], now: datetime) -> None:
    """Refuse secrets that the profile cannot sign with."""
    try:
        PROFILES[profile].signed(Signing(message_id="evt", at=now, body=b"", secrets=texts))
    except ValueError as error:
        raise ProblemFound("invalid_request", f"secret: {as_sentence(error)}") from error


def _check_words(profile: str, types: Sequence[str] | None) -> None:
    if profile not in PROFILES:
        raise ProblemFound("invalid_request", f"profile: not one of {', '.join(PROFILES)}.")
    if types is not None and not set(types) <= FEED_TYPES.keys():
        message = "types: not a list of the feed's types; docs/reference/feed.md is."
        raise ProblemFound("invalid_request", message)


ROUTES = Router(
    "/v1/webhooks",
    route_handlers=[make_webhook, list_webhooks, show_webhook, change_webhook, delete_webhook],
)
