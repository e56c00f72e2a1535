"""The main job, over HTTP alone: from registering to READY, the story, and back to nothing."""

import httpx

from tests.end_to_end.installation import Installation
from tests.end_to_end.story import PHONE, Story
from tests.phone_camera import code_in
from tests.waiting import wait_until


def test_an_account_is_linked_read_about_logged_out_linked_again_and_destroyed(
    installation: Installation, client: httpx.Client
):
    story = Story(client)
    waiting = story.link()
    assert waiting["status"] == "WAITING_QR"

    png = client.get(f"/v1/accounts/{story.id}/qr.png")
    text = client.get(f"/v1/accounts/{story.id}/qr.txt")
    code = client.get(f"/v1/accounts/{story.id}/qr.json").json()
    decoded = code_in(png.content)
    assert decoded.startswith("https://wa.me/settings/linked_devices#")
    assert png.headers["cache-control"] == text.headers["cache-control"] == "no-store"
    assert code["fingerprint"] not in decoded

    # The phone takes only the very text that the page shows now: what the PNG holds is that text.
    body = {"phone": PHONE, "qr": decoded}
    scanned = client.post(f"/v1/sandbox/accounts/{story.id}/scan", json=body)
    assert scanned.is_success, scanned.text
    ready = story.until("READY", "FAILED")
    assert (ready["status"], ready["phone"]) == ("READY", PHONE)
    wait_until(lambda: story.show()["primary"])
    names = story.names()
    assert names[:2] == ["AccountRegistered", "LinkRequested"]
    for name in ("PageReached", "QrIssued", "QrFetched", "QrScanned", "PhoneIdentified"):
        assert name in names
    assert names.index("QrScanned") < names.index("LinkCompleted")
    assert all(row["cause"]["kind"] for row in story.timeline())

    story.post("logout")
    gone = story.until("DISCONNECTED")
    assert (gone["reason"]["code"], gone["phone"]) == ("logged_out", None)

    again = story.link_to_ready()
    assert again["status"] == "READY"
    assert again["attempt"]["number"] == 2

    kept = installation.data / "profiles" / story.id / "browser"
    assert kept.exists()
    destroyed = client.delete(f"/v1/accounts/{story.id}").json()["account"]
    assert destroyed["status"] == "NOT_CREATED"
    wait_until(lambda: not kept.exists())
    # The standby may have been trying the session out just then, in a browser of its own.
    wait_until(lambda: not any(story.id in process for process in installation.leftovers()))
    assert story.link()["status"] == "WAITING_QR"
    client.delete(f"/v1/accounts/{story.id}")
