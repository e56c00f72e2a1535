"""Reads everything that can be read, so that it is searched on its way."""

import json
import re

from app.http.openapi import documented_handlers
from projections.replay.redaction import LEVELS
from tests.erasure.canaries import dump
from tests.event_stream import event_stream
from tests.planted_secrets.stage import Account, Stage

PAGES = ("/", "/link", "/replay", "/statistics", "/templates", "/correlations", "/docs")
OF_STORIES = (
    "",
    "/why",
    "/timeline",
    "/path",
    "/attempts",
    "/replay/state",
    "/replay/step?version=3",
    "/replay/step?version=3&to=refusal",
    "/replay/redecide",
    "/evidence",
    "/messages",
    "/qr",
    "/qr.json",
)
OF_ATTEMPTS = (
    "/attempts/{number}",
    "/attempts/{number}/why",
    "/path?attempt={number}",
    "/timeline?attempt={number}",
    "/replay/test?attempt={number}",
    "/replay/redecide?attempt={number}",
)


async def read_account(here: Stage, account: Account) -> None:
    """Read whatever is told of one account."""
    address = f"/v1/accounts/{account.id}"
    for path in OF_STORIES:
        await here.client.get(address + path)
    for number in range(1, account.attempts + 1):
        for path in OF_ATTEMPTS:
            await here.client.get(address + path.format(number=number))
    if account.attempts > 1:
        compared = await here.client.get(f"{address}/compare", params={"a": 1, "b": 2})
        assert compared.status_code in (200, 400), compared.text
    what_if = {"attempt": 1, "policy": {"link_window_s": 5}}
    await here.client.post(f"{address}/replay/what-if", json=what_if)
    await here.client.get(f"/accounts/{account.id}")
    await here.client.get(f"/accounts/{account.id}/link")
    for level in LEVELS[1:]:
        bundle = await here.client.get(f"{address}/bundle", params={"level": level})
        assert bundle.status_code == 200, bundle.text
        opened = await here.client.post("/v1/replay/open", content=bundle.content)
        assert opened.status_code == 200, opened.text
        await here.client.post("/v1/statistics/bundles", content=bundle.content)
        for what in ("compare", "path", "path?format=svg", "state?version=3", "redecide"):
            await here.client.post(f"/v1/replay/open/{what}", content=bundle.content)
        asked = {"bundle": bundle.text, **what_if}
        await here.client.post("/v1/replay/open/what-if", json=asked)
        await here.client.post("/v1/replay/open", content=bundle.content[:-9])


async def read_all(here: Stage) -> None:
    """Read what is told of all of them, each route that there is, and the feed to its end."""
    for page in PAGES:
        assert (await here.client.get(page)).is_success, page
    for path, method, handler in documented_handlers(here.api.application):
        if method == "get" and handler.opt["docs"] not in ("feed", "erp_events"):
            await here.client.get(re.sub(r"\{\w+\}", "1", path))
    fleet = {"since": "2026-01-01T00:00:00Z", "policy": {"link_window_s": 5}, "limit": 200}
    await here.client.post("/v1/replay/fleet", json=fleet)
    head, after = await here.api.services.log.head(), 0
    while after < head:
        page = await here.client.get("/v1/events", params={"after": after, "limit": 500})
        after = page.json()["next_after"]
    async with event_stream(here.client, "/v1/feed?after=0") as stream:
        while (item := await stream.item()).id is None or item.id < head - 1:
            here.watch.see("feed", json.dumps(item.data).encode())


def read_database(here: Stage, database: str) -> None:
    """Search each table as it is stored."""
    here.watch.see("database", dump(database))
