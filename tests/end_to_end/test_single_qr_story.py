"""One scan for two methods, by a client that was written from that system's own description."""

from pathlib import Path
from typing import Any

import httpx

from tests.dropin.scanning import text_of
from tests.dropin.socket_io_client import SocketIoClient, socket_io_client
from tests.end_to_end.conftest import FAST
from tests.end_to_end.installation import Installation
from tests.plain_http import NO_TLS

ENVIRONMENT = {**FAST, "LINKWRIGHT_STANDBY": "proved", "LINKWRIGHT_DROP_INS_SITE": "sandbox"}
METHODS = {"primary": "baileys", "fallback": "web_js"}
HELLO = {"phoneNumber": "919876543210", "message": "Whoever sends it"}


async def test_one_scan_sets_up_both_methods_and_the_backup_sends(tmp_path: Path) -> None:
    installation = Installation(tmp_path, ENVIRONMENT)
    installation.start()
    try:
        key = {"Authorization": f"Bearer {installation.api_key}"}
        async with (
            httpx.AsyncClient(
                base_url=installation.url, headers=key, timeout=60, trust_env=False, verify=NO_TLS
            ) as client,
            socket_io_client(installation.url) as socket,
        ):
            await socket.packet()
            await socket.join({"token": installation.api_key})
            setup = (await client.post("/api/whatsapp/setup-qr")).json()
            assert setup["message"] == "Scan QR code with WhatsApp"
            # Cancelled, and begun anew on a page that sends nothing; the backup's page does.
            await client.post(f"/v1/accounts/{setup['sessionId']}/cancel")
            account = f"/v1/sandbox/accounts/{setup['sessionId']}"
            await client.put(f"{account}/scene", json={"name": "send_fails"})
            setup = (await client.post("/api/whatsapp/setup-qr")).json()
            scanned = await client.post(f"{account}/scan", json={"qr": text_of(setup["qr"])})
            assert scanned.is_success, scanned.text

            assert (await until(socket, "progress"))["status"] == "failed"  # cancelled
            assert await until(socket, "progress") == {"status": "connected", "method": "baileys"}
            backup = await until(socket, "progress")
            assert backup == {"status": "backup_ready", "method": "web_js"}
            complete = await until(socket, "complete")
            assert complete == {"message": "Setup complete!", "methods": METHODS}
            told = (await client.get("/api/whatsapp/setup-status")).json()
            assert told["methods"] == {**METHODS, "both_active": True}

            sent = (await client.post("/api/whatsapp/messages", json=HELLO)).json()
            assert (sent["fallback_used"], sent["delivery_method"]) == (True, "web_js"), sent
            assert sent["delivery_attempts"] == 2
            arrived = (await client.get(f"{account}/messages")).json()["messages"]
            assert [one["text"] for one in arrived] == ["Whoever sends it"]
            told = (await client.get("/api/whatsapp/setup-status")).json()
            assert (told["baileys_status"], told["web_js_status"]) == ("disconnected", "active")
    finally:
        installation.stop()


async def until(socket: SocketIoClient, wanted: str) -> Any:  # noqa: ANN401  any JSON
    """Wait for an event as the page does, which passes over all others."""
    while True:
        name, payload = await socket.next()
        if name == wanted:
            return payload
