"""Unmodified whatsapp-web.js: an independent client, so that the stand-in suits not only wa-js."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from adapters.sandbox import SandboxSettings, run_sandbox
from tests.sandbox_page.stand_in import NUMBER, TOKEN, Phone, browsers, installed
from tests.sandbox_page.web_whatsapp_com import as_web_whatsapp_com, self_signed
from tests.waiting import LIMIT_S

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = Path(__file__).with_name("whatsapp_web_js.js")
OTHER = "15550100002"


class Client:
    """The script next to this file, with whatsapp-web.js in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.told: list[dict[str, Any]] = []

    async def order(self, **order: object) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()

    async def until(
        self, event: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        assert self._process.stdout
        while True:
            try:
                line = await asyncio.wait_for(self._process.stdout.readline(), LIMIT_S)
            except TimeoutError:
                line = b""
            assert line, f"The script ended or fell silent before {event}. It told: {self.told}"
            one = json.loads(line)
            self.told.append(one)
            assert one["event"] != "problem", one
            if one["event"] == event and fits(one):
                return one


@asynccontextmanager
async def whatsapp_web_js(port: int, profiles: Path) -> AsyncGenerator[Client]:
    installed("whatsapp-web.js/index.js")
    node = which("node")
    assert node, "node is missing. whatsapp-web.js cannot run without it."
    browser = browsers()[0]
    facts = {
        "browser": str(browser.path),
        "headless": "shell" if browser.flavour == "headless_shell" else True,
        "port": port,
        "profiles": str(profiles),
        "root": os.geteuid() == 0,
    }
    process = await asyncio.create_subprocess_exec(
        node,
        SCRIPT,
        json.dumps(facts),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=profiles,
    )
    try:
        yield Client(process)
        await asyncio.wait_for(process.wait(), LIMIT_S)
    finally:
        if process.returncode is None:
            process.terminate()  # puppeteer takes its browser along; a kill would leave it behind
            await asyncio.wait_for(process.wait(), LIMIT_S)


async def test_it_links_sends_receives_comes_back_and_logs_out(tmp_path: Path) -> None:
    # whatsapp-web.js never asks for codes again once they ran out: a start on a busy machine must
    # find some. Here they last 40 s.
    settings = SandboxSettings(
        control_token=TOKEN, state_file=tmp_path / "state.json", time_scale=4
    )
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        run_sandbox(settings) as sandbox,
        httpx.AsyncClient(base_url=sandbox.url, headers=headers, timeout=20) as control,
        as_web_whatsapp_com(sandbox.port, self_signed(tmp_path)) as port,
    ):
        phone = Phone(control, "default")
        async with whatsapp_web_js(port, tmp_path) as client:
            await _link_and_talk(client, phone)
            await client.order(close=True)
        async with whatsapp_web_js(port, tmp_path) as client:
            await client.until("ready")
            assert "qr" not in [one["event"] for one in client.told]
            await client.order(logout=True)
            await client.until("logged_out")
        assert (await phone.sees())["linked_devices"] == []


async def _link_and_talk(client: Client, phone: Phone) -> None:
    await _link(client, phone)
    ready = await client.until("ready")
    assert ready["wid"] == f"{NUMBER}@c.us"
    assert ready["pushname"] == "Sandbox phone"
    assert [one["event"] for one in client.told].count("authenticated") == 1
    await client.order(send={"to": f"{OTHER}@c.us", "text": "From another client"})
    for ack in (1, 2, 3):
        await client.until("ack", lambda one, ack=ack: one["ack"] == ack)
    await phone.does("/phone/message", {"from": OTHER, "text": "An answer"})
    assert (await client.until("message"))["text"] == "An answer"


async def _link(client: Client, phone: Phone) -> None:
    """Scan what the client says is the code; one that was replaced in between is not the last."""
    while True:
        code = await client.until("qr", lambda one: not one["qr"].startswith("undefined"))
        answer = await phone.scan(code["qr"])
        if answer.is_success:
            return
        assert answer.json()["cause"] == "stale", answer.text
