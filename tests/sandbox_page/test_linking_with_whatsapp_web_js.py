"""Unmodified whatsapp-web.js: an independent client, so that the stand-in suits not only wa-js."""

import asyncio
import datetime as dt
import json
import os
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.sandbox import RunningSandbox, SandboxSettings, run_sandbox
from tests.sandbox_page.stand_in import NUMBER, TOKEN, Phone, browsers, installed
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


@asynccontextmanager
async def as_web_whatsapp_com(sandbox: RunningSandbox, folder: Path) -> AsyncGenerator[int]:
    """The client's address is https://web.whatsapp.com/ and nothing else: this ends its TLS."""
    tunnels: set[asyncio.Task[None]] = set()

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tunnels.add(task)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_pour(reader, inner_writer))
                both.create_task(_pour(inner_reader, writer))
        finally:
            tunnels.discard(task)

    server = await asyncio.start_server(tunnel, "127.0.0.1", 0, ssl=_self_signed(folder))
    async with server:
        yield server.sockets[0].getsockname()[1]
        # The browsers are gone by now, so every tunnel ends by itself.
        await asyncio.wait_for(asyncio.gather(*tunnels), LIMIT_S)


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web.whatsapp.com")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    file = folder / "tls.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


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
        as_web_whatsapp_com(sandbox, tmp_path) as port,
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
