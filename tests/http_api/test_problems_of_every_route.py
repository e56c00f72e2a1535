"""Whatever the reference promises of a route because of what it is, the route answers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from adapters.event_log.errors import Conflict
from app.http.bundles import MOST_OPENED
from app.http.messages import MOST_BODY
from app.http.opened_bundles import MOST_ASKED
from app.http.reference_of_bundles import BUNDLES
from tests.dropin.played_sender import linked_client
from tests.http_api.callers import call, code_of, name_of, routes, routes_with
from tests.running_api import RunningApi

LARGEST = {
    **dict.fromkeys([*BUNDLES, "bundle_statistics"], MOST_OPENED),
    "opened_what_if": MOST_ASKED,
    "send_message": MOST_BODY,
}
ODD = {"Linkwright-Workspace": "not a name!", "Linkwright-Site": "moon"}
RESTING = {"Linkwright-Workspace": "resting"}
"""Whose client is not started; the default workspace's is READY."""


@asynccontextmanager
async def browser(api: RunningApi) -> AsyncGenerator[httpx.AsyncClient]:
    """Be somebody without a key."""
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=10) as client:
        yield client


async def test_a_request_without_a_key(api: RunningApi) -> None:
    async with browser(api) as client:
        for route in routes_with(api, "unauthorized"):
            answered = await call(client, route)
            assert code_of(answered) == "unauthorized", name_of(route)
            assert answered.headers["www-authenticate"].startswith("Bearer")


async def test_only_the_named_routes_are_open(api: RunningApi) -> None:
    known = {"live", "session", "sign_in", "sign_out", "link_session", "open_link"}
    assert {name_of(one) for one in routes(api) if one[2].opt["access"] == "open"} == known


async def test_a_request_with_something_else_than_a_key(api: RunningApi) -> None:
    for scheme in ("Basic", "bearer", "Bearer "):
        headers = {"Authorization": f"{scheme} lw_{'x' * 49}"}
        answered = await api.client.get("/v1/accounts", headers=headers)
        assert code_of(answered) == "unauthorized"
        assert "xxxx" not in answered.text


async def test_an_account_that_nobody_registered(api: RunningApi) -> None:
    for route in routes_with(api, "not_registered"):
        wanted: dict[str, Any] = {}
        if name_of(route) == "feed":
            wanted = {"params": {"account": "acc_nobody"}}
        if name_of(route) == "ticket":
            wanted = {"json": {"account": "acc_nobody"}}
        assert code_of(await call(api.client, route, **wanted)) == "not_registered", name_of(route)


async def test_an_account_id_that_is_none(api: RunningApi) -> None:
    for odd in ("%00", "..", "workspace:acme", "a'b", "x" * 65, "é"):
        answered = await api.client.get(f"/v1/accounts/{odd}/why")
        assert code_of(answered) in ("not_registered", "no_such_route"), odd


async def test_a_body_or_a_query_that_does_not_fit(api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    odd = {"limit": "0", "wait": "-1", "code": "x" * 65, "types": "no.such.type", "by": "moon"}
    odd |= {"min_position": "-1", "erase": "perhaps", "level": "naked", "workspace": "a b"}
    odd |= {"attempt": "0", "version": "-1"}
    for route in routes_with(api, "invalid_request"):
        unfit: dict[str, Any] = {"json": {"no_such_field": 1}}
        body = unfit if route[1] in ("post", "put", "patch") else {}
        answered = await call(api.client, route, account_id, params=odd, headers=ODD, **body)
        assert code_of(answered) == "invalid_request", name_of(route)


async def test_a_body_that_cannot_be_read(api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    for route in routes_with(api, "malformed_request"):
        for content in (b'{"label":', b"[" * 5_000):
            answered = await call(api.client, route, account_id, content=content)
            assert code_of(answered) == "malformed_request", name_of(route)


async def test_a_body_that_is_too_large(api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    for route in routes_with(api, "body_too_large"):
        length = LARGEST.get(name_of(route), 70_000) + 1
        answered = await call(api.client, route, account_id, content=b"[" * length)
        assert code_of(answered) == "body_too_large", name_of(route)


async def test_a_page_without_its_token(api: RunningApi) -> None:
    async with browser(api) as client:
        await client.post("/session", json={"key": api.key})
        for route in routes_with(api, "cross_site_request"):
            elsewhere = {"Sec-Fetch-Site": "cross-site"}
            answered = await call(client, route, headers=elsewhere)
            assert code_of(answered) == "cross_site_request", name_of(route)


async def test_a_link_page_on_a_route_that_is_not_its_own(api: RunningApi) -> None:
    account_id = await api.register()
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    async with browser(api) as client:
        opened = await client.post("/link/session", json={"token": made["url"].split("#")[1]})
        headers = {"X-Linkwright-Page": "link", "X-CSRF-Token": opened.json()["csrf_token"]}
        for route in routes_with(api, "forbidden"):
            answered = await call(client, route, account_id, headers=headers)
            assert code_of(answered) == "forbidden", name_of(route)
        other = await api.register()
        for route in routes(api):
            if route[2].opt["access"] == "link":
                answered = await call(client, route, other, headers=headers)
                assert code_of(answered) == "not_registered", name_of(route)


async def test_a_database_that_is_gone(api: RunningApi) -> None:
    await api.services.database.close()
    for route in routes_with(api, "storage_unavailable"):
        valid: dict[str, Any] = {"json": {"key": api.key}}
        body = valid if name_of(route) == "sign_in" else {}
        answered = await call(api.client, route, **body)
        assert code_of(answered) == "storage_unavailable", name_of(route)
        assert answered.status_code == 503
        assert int(answered.headers["retry-after"]) > 0


async def test_an_account_that_others_change_all_the_time(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await api.register()
    await linked_client(api)
    for what in ("initialize", "destroy"):
        await api.client.post(f"/api/whatsapp/{what}", headers=RESTING)

    async def always_behind(_: object) -> None:
        raise Conflict(account_id, 1)

    monkeypatch.setattr(api.services.log, "append", always_behind)
    # What only reads is too busy when it has to record that it was not masked.
    unmasked = {"unmasked": True, "level": "none"}
    operator = {"Authorization": f"Bearer {api.services.keys.operator}"}
    for route in routes_with(api, "too_busy"):
        headers = operator | RESTING if name_of(route) == "single_qr_setup" else operator
        answered = await call(api.client, route, account_id, params=unmasked, headers=headers)
        assert code_of(answered) == "too_busy", name_of(route)
        assert answered.headers["retry-after"]
