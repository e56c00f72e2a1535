"""What is sent to the wrong place, or in the wrong shape, by clients who mean it or do not."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import websockets

from app.http.openapi import documented_handlers
from app.http.reference import REFERENCE
from tests.feed_socket import feed_socket
from tests.planted_secrets.stage import Stage

KIND = "misplaced"
MEANT = {
    "text": "text of a template",
    "description": "description of a webhook",
    "workspace": "name of a workspace",
    "correlation_id": "correlation id",
    "{location_id}": "name of another system",
    "{session_id}": "name of another system",
    "{correlation_id}": "correlation id",
}
"""What some fields, queries and paths take any word for."""
FIELD = "name of a field"
CHANNEL = "name of a channel"
HOLDING = frozenset({"blazz_generate_qr", "single_qr_setup", "ghl_connect"})
"""They open a browser, and answer when it shows a code."""
DROP_INS = "/api/"
"""dropins.py tells them what they do not take: what they do take, they hold until it is done."""
STREAMS = frozenset({"feed", "erp_events"})


async def misplace_in_bodies(here: Stage, account: str) -> None:
    """Put a text into each place of each route's example body, one after the other."""
    for path, method, handler in documented_handlers(here.api.application):
        example = REFERENCE[str(handler.opt["docs"])].body
        if example is None or path.startswith(DROP_INS):
            continue
        address = _address(path, account)
        for body in here.some(_spoilt(here, msgspec.to_builtins(example))):
            await here.client.request(method, address, json=body)
        said = here.canaries.word
        for content in (f'{{"{said(KIND)}', f"{said(KIND)}", f'["{said(KIND)}"]'):
            await here.client.request(method, address, content=content)


def _spoilt(here: Stage, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    said = here.canaries.word
    yield {**body, "surplus": said(KIND)}
    yield {**body, said(FIELD): 1}
    for name in body:
        yield {**body, name: f"{said(MEANT.get(name, KIND))} \x07"}
        yield {**body, name: [said(KIND)]}
        yield {**body, name: {"inner": said(KIND)}}


async def misplace_in_addresses(here: Stage, account: str) -> None:
    """Put a text into each path, each query and some headers of each route."""
    said = here.canaries.word
    names = _query_names(here)
    for path, method, handler in documented_handlers(here.api.application):
        if handler.opt["docs"] in HOLDING | STREAMS:
            continue
        if "{" in path:
            unknown = re.sub(r"\{\w+\}", lambda one: said(MEANT.get(one[0], KIND)), path)
            await here.client.request(method, unknown, json={})
        if method != "get":
            continue
        address = _address(path, account)
        asked = names[str(handler.opt["docs"])]
        await here.client.get(address, params={one: said(MEANT.get(one, KIND)) for one in asked})
        for name in here.some(asked):
            await here.client.get(address, params={name: said(MEANT.get(name, KIND))})
    for method, address in (
        ("GET", f"/{said(KIND)}"),
        ("GET", f"/assets/{said(KIND)}"),
        ("GET", f"/problems/{said(KIND)}"),
        ("POST", f"/v1/accounts/{said(KIND)}/stop"),
        ("TRACE", f"/v1/accounts?{said(KIND)}"),
        (said(KIND), "/v1/accounts"),
    ):
        await here.client.request(method, address)
    for header in ("Accept", "Content-Type", "traceparent", "X-Request-Id", "Idempotency-Key"):
        headers = [(header.encode(), f'"{said(KIND)}" \\ é'.encode("latin-1"))]
        await here.client.post("/v1/accounts", content=b"{}", headers=headers)


def _query_names(here: Stage) -> dict[str, list[str]]:
    document = here.api.application.openapi_schema.to_schema()
    found: dict[str, list[str]] = {}
    for path, method, handler in documented_handlers(here.api.application):
        operation = document["paths"][path][method]
        given = operation.get("parameters", ())
        found[str(handler.opt["docs"])] = [one["name"] for one in given if one["in"] == "query"]
    return found


def _address(path: str, account: str) -> str:
    path = path.replace("{account_id}", account).replace("{number}", "1")
    return re.sub(r"\{\w+\}", "dispatch_notice", path)


async def bring_wrong_keys(here: Stage, account: str) -> None:
    """Come with keys, tickets, cookies and signatures that are not right."""
    c, kind = here.canaries, "wrong key"
    for scheme in ("Bearer ", "Basic ", "bearer", "Bearer  "):
        headers = {"Authorization": f"{scheme}{c.key(kind)}"}
        await here.stranger.get(f"/v1/accounts/{account}", headers=headers)
    for address in ("/v1/accounts", "/v1/feed", "/v1/events", "/metrics", "/api/whatsapp/status"):
        for name in ("ticket", "key", "api_key", "token"):
            asked = {name: c.key(kind, "lwt")}
            assert (await here.stranger.get(address, params=asked)).status_code == 401
    await here.stranger.post("/session", json={"key": c.key(kind)})
    await here.stranger.post("/link/session", json={"token": c.key(kind, "lwl")})
    cookies = {"linkwright_page": c.key(kind), "linkwright_link": c.key(kind)}
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    await here.stranger.get("/session", headers={"Cookie": cookie})
    for signature in (c.word(kind), "0" * 64):
        signed = {"X-Timestamp": c.word(kind), "X-HMAC-Signature": signature}
        await here.stranger.post("/api/sessions/generate-qr", json={}, headers=signed)


async def use_one_time_secrets(here: Stage, account: str) -> None:
    """Use a ticket and a link twice, and sign a page in and out."""
    c, kind = here.canaries, "one-time secret"
    ticket = (await here.post("/v1/tickets", {"account": account})).json()["ticket"]
    c.add(kind, ticket)
    socket = f"/v1/feed/ws?ticket={ticket}"
    async with feed_socket(here.api, socket, key="") as opened:
        here.watch.see("feed", json.dumps(await opened.next()).encode())
    assert (await here.stranger.get("/v1/feed", params={"ticket": ticket})).status_code == 401
    made = await here.post(f"/v1/accounts/{account}/link-pages", {})
    token = c.add(kind, made.json()["url"].split("#")[1])
    for status in (201, 410):
        opened = await here.stranger.post("/link/session", json={"token": token})
        assert opened.status_code == status, opened.text
    signed_in = await here.stranger.post("/session", json={"key": here.api.key})
    assert signed_in.status_code == 201
    here.stranger.cookies.clear()


async def misplace_on_streams(here: Stage, account: str) -> None:
    """Resume from nonsense, and say nonsense on the socket."""
    said = here.canaries.word
    for headers in ({"Last-Event-ID": said(KIND)}, {"Last-Event-ID": f"12{said(KIND)}"}):
        await here.refused("GET", "/v1/feed", headers=headers)
    await here.refused("GET", "/v1/feed", params={"after": said(KIND)})
    await here.refused("GET", "/v1/feed", params={"account": said(KIND)})
    wrong = (
        said(KIND),
        f'{{"action":"{said(KIND)}"}}',
        f'{{"action":"subscribe","channel":"{said(CHANNEL)}"}}',
        f'{{"action":"subscribe","channel":"feed.a","account":"{said(KIND)}"}}',
        f'{{"action":"subscribe","channel":"feed.b","types":"{said(KIND)}"}}',
        f'{{"action":"subscribe","channel":"feed.c","after":"{said(KIND)}"}}',
        f'{{"action":"subscribe","channel":"feed.d","statuses":"{said(KIND)}"}}',
        f'{{"action":"subscribe","channel":"feed.e","{said(FIELD)}":1}}',
        f'{{"action":"subscribe","channel":"workspace.{said(CHANNEL)} é"}}',
    )
    for words in wrong:
        async with feed_socket(here.api, f"/v1/feed/ws?account={account}") as socket:
            await socket.hears("feed:subscribed")
            await socket.connection.send(words)
            here.watch.see("problem of the socket", json.dumps(await socket.next()).encode())
    for query in (f"ticket={said(KIND)}", f"account={said(KIND)}", f"after={said(KIND)}"):
        await _is_turned_away(here, query)


async def _is_turned_away(here: Stage, query: str) -> None:
    key = "" if query.startswith("ticket") else None
    try:
        async with feed_socket(here.api, f"/v1/feed/ws?{query}", key=key) as socket:
            here.watch.see("problem of the socket", json.dumps(await socket.next()).encode())
            _, reason = await socket.ends()
            here.watch.see("problem of the socket", reason.encode())
    except websockets.InvalidStatus as refused:
        here.watch.see("problem of the socket", bytes(refused.response.body or b""))
