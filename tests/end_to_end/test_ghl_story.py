"""The dashboard that connects a location of GoHighLevel, moved over."""

from typing import Any

import httpx

from tests.dropin.scanning import text_of
from tests.waiting import wait_until

LOCATION = "ve9EPM428h8vShlRW1KT"
SESSION = f"/ghl/location/{LOCATION}/session"
PHONE = "12025550147"


def test_a_location_is_connected_disconnected_and_deleted(client: httpx.Client):
    client.headers["Linkwright-Site"] = "sandbox"
    told = client.post(SESSION).json()  # "Create Connection"
    assert told["status"] == "qr", told
    assert told["session_id"] == f"location_{LOCATION}_main"
    path = f"/v1/sandbox/accounts/{told['linkwright_account']}/scan"
    scanned = client.post(path, json={"phone": PHONE, "qr": text_of(told["qr"])})
    assert scanned.is_success, scanned.text

    seen: list[str] = []

    def poll() -> dict[str, Any] | None:
        polled: dict[str, Any] = client.get(SESSION).json()
        if polled["status"] not in seen:
            seen.append(polled["status"])
        return polled if polled["status"] in ("ready", "disconnected") else None

    ready = wait_until(poll)
    assert ready is not None
    assert (ready["phone_number"], ready["message"]) == (PHONE, "Connected")
    assert seen in (["qr", "ready"], ["ready"])
    assert client.get("/ghl/sessions").json()["counts"]["ready"] >= 1

    sent = client.post(  # "Sent test message successfully"
        f"/v1/accounts/{told['linkwright_account']}/messages",
        params={"wait": 20},
        json={"to": "+1 202 555 0199", "text": "Hello"},
    )
    assert sent.json()["message"]["status"] in ("sent", "delivered", "read"), sent.text

    assert client.post(f"{SESSION}/logout").json()["status"] == "disconnected"
    assert client.post(SESSION).json()["status"] == "qr"  # and it may be connected again
    assert client.delete(SESSION).json()["status"] == "disconnected"
