"""One account's way over HTTP alone, with observations in place of a browser."""

from tests.phone_camera import code_in
from tests.running_api import CODE_TEXT, PHONE, RunningApi


async def test_from_registering_to_ready_and_destroyed(api: RunningApi) -> None:
    account_id = await api.register(workspace="acme", label="Front desk", site="sandbox")
    attempt = await api.link(account_id)
    fingerprint = await api.show_code(account_id, attempt)

    shown = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert shown["status"] == "WAITING_QR"
    assert shown["code"]["fingerprint"] == fingerprint

    image = await api.client.get(f"/v1/accounts/{account_id}/qr.png")
    assert image.headers["content-type"] == "image/png"
    assert image.headers["cache-control"] == "no-store"
    assert code_in(image.content) == CODE_TEXT

    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    ready = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert (ready["status"], ready["phone"]) == ("READY", PHONE)

    told = (await api.client.get(f"/v1/accounts/{account_id}/timeline")).json()["timeline"]
    names = [row["name"] for part in told["attempts"] for row in part["rows"]]
    assert names[:3] == ["AccountRegistered", "LinkRequested", "QrIssued"]
    assert names[-1] == "LinkCompleted"

    gone = await api.client.delete(f"/v1/accounts/{account_id}")
    assert gone.json()["account"]["status"] == "NOT_CREATED"
