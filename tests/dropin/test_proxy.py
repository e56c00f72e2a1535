"""The proxy that the docs hand out: a page without a key talks to Linkwright through it."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.event_stream import event_stream
from tests.plain_http import NO_TLS
from tests.running_api import RunningApi, until

PROXY = Path(__file__).parents[2] / "docs/how-to/moving/linkwright-proxy.mjs"
SERVER = """
import { createServer } from "node:http";
const { linkwrightProxy } = await import(process.env.PROXY);
const server = createServer(linkwrightProxy({ workspace: "steefe" }));
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""
LIMIT_S = 10.0


@asynccontextmanager
async def page_of(url: str, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    """Be a page behind the proxy."""
    node = shutil.which("node")
    assert node, "node is missing. The proxy in JavaScript cannot run without it."
    settings = {"LINKWRIGHT_URL": url, "LINKWRIGHT_API_KEY": key, "PROXY": PROXY.as_uri()}
    process = await asyncio.create_subprocess_exec(
        node,
        "--input-type=module",
        "--eval",
        SERVER,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            port = int(await process.stdout.readline())
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(
            base_url=base, timeout=LIMIT_S, trust_env=False, verify=NO_TLS
        ) as client:
            yield client
    finally:
        process.kill()
        await process.communicate()


async def test_the_page_works_through_it_without_a_key(api: RunningApi) -> None:
    async with page_of(api.url, api.key) as page:
        async with event_stream(page, "/api/whatsapp/events") as stream:
            assert (await stream.item()).data["data"]["isInitialized"] is False
            begun = await page.post("/api/whatsapp/initialize", headers={"Cookie": "login=1"})
            assert begun.json()["success"] is True
            assert (await stream.item()).data["data"]["isInitialized"] is True
            assert api.hub.readers == 1
        await until(lambda: api.hub.readers == 0)
        body = {"phoneNumber": "919876543210", "message": "Hello"}
        refused = await page.post("/api/whatsapp/send-message", json=body)
        assert (refused.status_code, refused.json()["error"]) == (409, "Client not ready")
    listed = (await api.client.get("/v1/accounts")).json()["accounts"]
    assert [account["workspace"] for account in listed] == ["steefe"]


async def test_a_linkwright_that_is_away_is_told_in_words() -> None:
    async with page_of("http://127.0.0.1:9", "lw_any") as page:
        answered = await page.get("/api/whatsapp/status")
        assert (answered.status_code, answered.json()["success"]) == (502, False)
