"""What a person does instead of a scan, or after it: type a code, confirm, take over, let rest."""

import re
from collections.abc import Callable

import httpx

from tests.end_to_end.installation import Installation
from tests.end_to_end.story import PHONE, Story
from tests.waiting import wait_until

OTHER_PHONE = "4915199999999"
TYPED = re.compile(r"[A-Z0-9]{4}-[A-Z0-9]{4}")


def enter(story: Story, code: str, phone: str = PHONE) -> httpx.Response:
    path = f"/v1/sandbox/accounts/{story.id}/pairing-code"
    return story.client.post(path, json={"phone": phone, "code": code})


def code_on_show(story: Story, form: str = "json") -> httpx.Response:
    return story.client.get(f"/v1/accounts/{story.id}/qr.{form}")


def test_a_pairing_code_links_and_stays_a_secret(client: httpx.Client, installation: Installation):
    story = Story(client, workspace="w-pairing")
    assert story.link(pairing_phone=PHONE)["status"] == "WAITING_QR"
    shown = code_on_show(story).json()
    assert (shown["kind"], bool(TYPED.fullmatch(shown["text"]))) == ("pairing_code", True)
    assert code_on_show(story, "txt").text == f"{shown['text']}\n"
    refused = enter(story, shown["text"], OTHER_PHONE)
    assert (refused.status_code, refused.json()["cause"]) == (409, "wrong_pairing_code")
    assert enter(story, shown["text"]).status_code == 200
    assert story.until("READY", "FAILED")["phone"] == PHONE
    assert "QrIssued" not in story.names()
    told = [
        client.get(f"/v1/accounts/{story.id}/timeline").text,
        client.get(f"/v1/accounts/{story.id}/why").text,
        client.get(f"/v1/accounts/{story.id}/attempts/1").text,
        client.get("/v1/events", params={"account": story.id}).text,
        installation.output.read_text(),
    ]
    for secret in (shown["text"], shown["text"].replace("-", "")):
        assert [secret in each for each in told] == [False] * len(told)
    client.delete(f"/v1/accounts/{story.id}")


def test_a_pairing_code_is_renewed_and_only_the_new_one_links(client: httpx.Client):
    story = Story(client, workspace="w-renewed")
    story.link(pairing_phone=PHONE)
    first = code_on_show(story).json()
    assert first["expires_in_s"] <= 180 / 10, "as fast as this installation's sandbox"
    wait_until(lambda: story.names().count("PairingCodeIssued") > 1)
    second = code_on_show(story).json()
    assert (second["ordinal"], second["text"] != first["text"]) == (2, True)
    assert enter(story, first["text"]).status_code == 409
    assert enter(story, second["text"]).status_code == 200
    assert story.until("READY", "FAILED")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_passkey_is_asked_of_the_person_and_the_link_goes_on(client: httpx.Client):
    story = Story(client, workspace="w-passkey")
    story.scene("passkey")
    story.link()
    story.scan()
    wait_until(lambda: "ActionRequired" in story.names())
    waiting = story.show()
    assert waiting["deadline"]["awaited"] == "passkey"
    answered = client.post(f"/v1/sandbox/accounts/{story.id}/passkey", json={"answer": "approve"})
    assert answered.status_code == 200
    assert story.until("READY", "FAILED")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_passkey_that_is_denied_is_a_failure_by_name(client: httpx.Client):
    story = Story(client, workspace="w-denied")
    story.scene("passkey")
    story.link()
    story.scan()
    wait_until(lambda: "ActionRequired" in story.names())
    client.post(f"/v1/sandbox/accounts/{story.id}/passkey", json={"answer": "deny"})
    assert story.until("READY", "FAILED")["reason"]["code"] == "passkey_required"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_ban_says_until_when(client: httpx.Client):
    story = Story(client, workspace="w-banned")
    story.scene("banned", expires_in_s=7200)
    story.link()
    story.scan()
    reason = story.until("READY", "FAILED")["reason"]
    assert reason["code"] == "temporarily_banned"
    assert re.fullmatch(r"ban code 101, until \d{4}-\d\d-\d\d \d\d:\d\d UTC", reason["detail"])
    client.delete(f"/v1/accounts/{story.id}")


def test_use_here_is_a_client_s_word_and_takes_the_session_back(client: httpx.Client):
    story = Story(client, workspace="w-use-here")
    story.scene("conflict", after_s=10.0)
    assert story.link_to_ready()["status"] == "READY"
    lost = story.until("DISCONNECTED")
    assert (lost["reason"]["code"], lost["deadline"]) == ("stream_replaced", None)
    story.post("reconnect")
    assert story.until("READY", "FAILED")["status"] == "READY"
    assert story.names().count("QrScanned") == 1
    client.delete(f"/v1/accounts/{story.id}")


def test_a_stopped_account_stays_so_over_restarts_and_comes_back_without_a_scan(
    fresh_installation: Callable[..., Installation],
):
    installation = fresh_installation()
    installation.start()
    with installation.client() as client:
        story = Story(client)
        assert story.link_to_ready()["status"] == "READY"
        stopped = story.post("stop")
        assert (stopped["status"], stopped["reason"]["code"]) == ("DISCONNECTED", "stopped")
    installation.stop()
    installation.start()
    with installation.client() as client:
        story.client = client
        still = story.show()
        assert (still["status"], still["reason"]["code"]) == ("DISCONNECTED", "stopped")
        story.post("reconnect")
        assert story.until("READY", "FAILED")["status"] == "READY"
        assert story.names().count("QrScanned") == 1
        assert "ReconnectStarted" in story.names()
