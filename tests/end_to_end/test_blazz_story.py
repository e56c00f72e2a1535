"""The twelve failed scans' back end, moved over: its QR scans with webhooks and auto-primary."""

import httpx

from tests.dropin.scanning import text_of
from tests.end_to_end.installation import Installation
from tests.end_to_end.laravel import HMAC_SECRET, Laravel, WebhookController, webhook_controller
from tests.waiting import wait_until

WORKSPACE = 8117
PHONE = "62811801641"
"""The seed's: "Duplicate entry '62811801641-1-qr_scanning'"."""


def scan(client: httpx.Client, told: dict[str, object]) -> None:
    """Let the phone scan exactly the image that was answered."""
    body = {"phone": PHONE, "qr": text_of(str(told["qr_code"]))}
    path = f"/v1/sandbox/accounts/{told['linkwright_account']}/scan"
    scanned = client.post(path, json=body)
    assert scanned.is_success, scanned.text


def test_scans_of_one_phone_with_webhooks_in_order(
    installation: Installation, client: httpx.Client
):
    with webhook_controller() as laravel, Laravel(installation.url) as back_end:
        webhook = make_webhook(client, laravel)

        first = back_end.generate_qr("webjs_a", WORKSPACE, 1)
        assert first["status"] == "qr_scanning"
        shown = laravel.wait_for("qr_code_generated", session_id="webjs_a")
        assert text_of(shown["qr_code"])
        assert (shown["workspace_id"], shown["account_id"]) == (WORKSPACE, 1)
        scan(client, first)
        ready = laravel.wait_for("session_ready", session_id="webjs_a")
        assert (ready["phone_number"], ready["status"]) == (PHONE, "connected")
        assert laravel.events("webjs_a") == [
            "qr_code_generated",
            "session_authenticated",
            "session_ready",
        ]
        wait_until(lambda: is_primary(back_end))

        # Its twelve failures began here: the same phone, while an older scan is still there.
        scan(client, back_end.generate_qr("webjs_b", WORKSPACE, 2))
        laravel.wait_for("session_ready", session_id="webjs_b", phone_number=PHONE)
        lost = laravel.wait_for("session_disconnected", session_id="webjs_a")
        assert (lost["status"], lost["reason"]) == ("disconnected", "superseded")

        for _ in range(2):
            marked = back_end.mark_disconnected("webjs_b", WORKSPACE)
            assert (marked.status_code, marked.json()["status"]) == (200, "disconnected")
        laravel.wait_for("session_disconnected", session_id="webjs_b")
        scan(client, back_end.generate_qr("webjs_c", WORKSPACE, 2))
        laravel.wait_for("session_ready", session_id="webjs_c", phone_number=PHONE)

        unnamed = {"session_id": "webjs_d", "workspace_id": WORKSPACE}
        refused = back_end.post("/api/sessions/generate-qr", **unnamed)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["reason"] == "account_id parameter is required"
        client.delete(webhook)
    listed = client.get("/v1/accounts", params={"workspace": str(WORKSPACE)}).json()
    for account in listed["accounts"]:
        client.delete(f"/v1/accounts/{account['id']}")


def make_webhook(client: httpx.Client, laravel: WebhookController) -> str:
    """Have the back end told; a test of it arrives. Gives the endpoint's address."""
    endpoint = {
        "url": laravel.url,
        "workspace": str(WORKSPACE),
        "profile": "blazz",
        "secret": HMAC_SECRET,
    }
    made = client.post("/v1/webhooks", json=endpoint)
    assert made.status_code == 201, made.text
    webhook = f"/v1/webhooks/{made.json()['webhook']['id']}"
    assert client.post(f"{webhook}/test").json()["delivered"] is True
    laravel.wait_for("webhook_test", workspace_id=WORKSPACE)
    return webhook


def is_primary(back_end: Laravel) -> bool:
    """Ask about the first account, which is connected and became the primary by itself."""
    told = back_end.generate_qr("webjs_a", WORKSPACE, 1)
    assert (told["status"], told["phone_number"]) == ("connected", PHONE)
    return bool(told["is_primary"])
