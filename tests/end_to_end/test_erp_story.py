"""An ERP's whole story at /api/whatsapp, by a client that was written from its own description.

Only what the phone does, and what it has received, is asked of the sandbox.
"""

import base64
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.end_to_end.installation import Installation
from tests.event_stream import EventStream, event_stream
from tests.phone_camera import code_in
from tests.plain_http import NO_TLS

STEEFE = {"Linkwright-Workspace": "steefe", "Linkwright-Site": "sandbox"}
"""What the ERP's proxy adds, beside the key."""
PHONE = "919800000001"
CUSTOMER = "919876543210"
INVOICE = {
    "invoiceNumber": "PI-1042",
    "customerName": "Asha Steels",
    "items": [{"name": "MS angle", "quantity": 120, "unit": "kg", "rate": 62.5}],
}
DISPATCH = {"date": "2023-12-07", "transporter": "VRL Logistics", "lr": "LR-9", "items": []}


class Erp:
    """The ERP's back end and its settings page."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, what: str, **body: object) -> dict[str, Any]:
        answered = await self.client.post(f"/api/whatsapp/{what}", json=body)
        return answered.json()

    async def status(self) -> dict[str, Any]:
        return (await self.client.get("/api/whatsapp/status")).json()

    async def until(self, stream: EventStream, kind: str) -> Any:  # noqa: ANN401  any JSON
        """Wait for an event as the page does, which passes over all others."""
        while (event := (await stream.item()).data)["type"] != kind:
            assert event["type"] != "auth_failure", event
        return event["data"]


@asynccontextmanager
async def erp_of(installation: Installation) -> AsyncGenerator[Erp]:
    key = {"Authorization": f"Bearer {installation.api_key}"}
    async with httpx.AsyncClient(
        base_url=installation.url, headers=key | STEEFE, timeout=60, trust_env=False, verify=NO_TLS
    ) as client:
        yield Erp(client)


async def test_the_settings_page_links_and_the_orders_are_sent(installation: Installation) -> None:
    async with erp_of(installation) as erp:
        assert await erp.status() == {
            "success": True,
            "isReady": False,
            "hasQR": False,
            "isInitialized": False,
        }
        async with event_stream(erp.client, "/api/whatsapp/events") as page:
            first = (await page.item()).data
            assert first["type"] == "status"
            begun = await erp.post("initialize")
            assert begun["message"] == "WhatsApp client initialization started"
            assert begun["status"] == {**first["data"], "isInitialized": True}
            qr = await erp.until(page, "qr")
            assert read(qr["qrImageUrl"]) == qr["qr"]
            account = await scan(erp, qr["qr"])
            assert await erp.until(page, "authenticated") == {"authenticated": True}
            assert await erp.until(page, "ready") == {"isReady": True}
            assert (await erp.status())["isReady"] is True

            sent = await erp.post("test", phoneNumber=CUSTOMER)
            assert (sent["success"], sent["data"]["to"]) == (True, CUSTOMER)
            hello = await erp.post(
                "send-message", phoneNumber=CUSTOMER, message="Hello from STEEFE ERP!"
            )
            assert hello["message"] == "Message sent successfully"
            assert hello["data"].keys() == {"messageId", "timestamp", "to"}
            papers = [
                await erp.post("send-proforma", phoneNumber="+91 98765-43210", invoiceData=INVOICE),
                await erp.post("send-dispatch", phoneNumber=CUSTOMER, dispatchData=DISPATCH),
            ]
            assert [paper["success"] for paper in papers] == [True, True], papers
            invalid = await erp.post("send-message", phoneNumber="12", message="Hello")
            assert (invalid["success"], invalid["error"]) == (False, "Invalid phone")
            test, text, proforma, dispatch = await received(erp, account)
            assert "WhatsApp" in test
            assert text == "Hello from STEEFE ERP!"
            assert "PI-1042" in proforma
            assert "VRL Logistics" in dispatch

            assert (await erp.post("logout"))["success"] is True
            assert (await erp.until(page, "disconnected"))["reason"] == "logged_out"
        notice = await erp.client.post(
            "/api/whatsapp/send-dispatch",
            json={"phoneNumber": CUSTOMER, "dispatchData": DISPATCH},
        )
        assert notice.status_code == 200  # the dispatch was saved, and stays saved
        assert (notice.json()["success"], notice.json()["error"]) == (False, "Client not ready")
        assert (await erp.post("destroy"))["success"] is True
        assert (await erp.status())["isInitialized"] is False


def read(url: str) -> str:
    """Read the picture of a code, as a phone's camera does."""
    return code_in(base64.b64decode(url.partition(",")[2]))


async def scan(erp: Erp, code: str) -> str:
    """Let the sandbox's phone scan what the page shows; give the account's id."""
    listed = await erp.client.get("/v1/accounts", params={"workspace": "steefe"})
    [account] = listed.json()["accounts"]
    body = {"phone": PHONE, "qr": code}
    scanned = await erp.client.post(f"/v1/sandbox/accounts/{account['id']}/scan", json=body)
    assert scanned.is_success, scanned.text
    return account["id"]


async def received(erp: Erp, account: str) -> list[str]:
    """What the customer's phone shows."""
    told = await erp.client.get(f"/v1/sandbox/accounts/{account}/messages")
    return [one["text"] for one in told.json()["messages"] if one["phone"] == CUSTOMER]
