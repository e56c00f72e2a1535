"""Requests that reach each route of the document, as somebody who may, or may not, make them."""

from typing import Any

import httpx
import msgspec
from litestar.handlers import HTTPRouteHandler

from app.http.openapi import documented_handlers, problems_of_route
from app.http.reference import REFERENCE
from tests.running_api import RunningApi

Route = tuple[str, str, HTTPRouteHandler]
NOBODY = "acc_nobody"
NO_WEBHOOK = "whk_" + "0" * 26


def routes(api: RunningApi) -> list[Route]:
    return documented_handlers(api.application)


def routes_with(api: RunningApi, code: str) -> list[Route]:
    """List the routes whose reference promises this problem."""
    return [route for route in routes(api) if code in problems_of_route(*route)]


def name_of(route: Route) -> str:
    return str(route[2].opt["docs"])


def promised(api: RunningApi) -> set[tuple[str, str]]:
    return {(name_of(route), code) for route in routes(api) for code in problems_of_route(*route)}


async def call(
    client: httpx.AsyncClient,
    route: Route,
    account_id: str = NOBODY,
    **given: Any,  # noqa: ANN401  whatever httpx takes
) -> httpx.Response:
    """Call a route with its example's body, unless something else is given."""
    path, method, _ = route
    body = REFERENCE[name_of(route)].body
    if body is not None and not given.keys() & {"json", "content"}:
        given["json"] = msgspec.to_builtins(body)
    known = {"account_id": account_id, "number": "1", "webhook_id": NO_WEBHOOK, "name": "any"}
    address = path
    for name, value in known.items():
        address = address.replace(f"{{{name}}}", value)
    return await client.request(method.upper(), address, **given)


def code_of(answered: httpx.Response) -> str:
    """Give the problem's code, having seen that the answer is a whole problem."""
    assert answered.headers["content-type"] == "application/problem+json", answered.text
    problem = answered.json()
    assert problem["status"] == answered.status_code
    assert problem["detail"].endswith(".")
    assert not problem["detail"].endswith("..")
    assert problem["title"]
    assert problem["what_to_do"]
    assert problem["request_id"] == answered.headers["linkwright-request"]
    return problem["type"].removeprefix("/problems/")


def same(first: httpx.Response, again: httpx.Response) -> None:
    """See that an answer is the first one again, and says so."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for header in ("content-type", "linkwright-position", "location"):
        assert again.headers.get(header) == first.headers.get(header)
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
