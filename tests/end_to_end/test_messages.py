"""A message from a back end to a phone and back, through the real page."""

import base64
from typing import Any

import httpx
import pytest

from tests.end_to_end.story import Story
from tests.waiting import wait_until

OTHER = "491709999999"
NOBODY = "491709990404"
BILL = {"name": "bill.pdf", "media_type": "application/pdf", "content": "JVBERi0xLjQ="}


@pytest.fixture(scope="module")
def linked(installation: Any) -> Any:  # noqa: ANN401  see conftest
    """Return one linked account for all stories of this module."""
    with installation.client() as client:
        story = Story(client, workspace="w-messages")
        story.scene("acks_late", times=None)
        assert story.link_to_ready()["status"] == "READY", story.told()
        yield story
        client.delete(f"/v1/accounts/{story.id}")


def sends(story: Story, to: str = f"+{OTHER}", **content: object) -> dict[str, Any]:
    """Send, and wait until it is sent or has failed."""
    path = f"/v1/accounts/{story.id}/messages"
    answer = story.client.post(path, params={"wait": 30}, json={"to": to, **content})
    assert answer.status_code == 202, answer.text
    return answer.json()["message"]


def has_status(story: Story, message: dict[str, Any], status: str) -> bool:
    answer: httpx.Response = story.client.get(f"/v1/accounts/{story.id}/messages/{message['id']}")
    return answer.json()["message"]["status"] == status


def test_a_text_is_sent_delivered_and_read(linked: Story):
    sent = sends(linked, text="Your order is on its way 😀")
    assert (sent["status"], sent["by"], sent["tries"]) == ("sent", "primary", 1), linked.told()
    phone = linked.client.get(f"/v1/sandbox/accounts/{linked.id}/messages").json()["messages"][-1]
    assert (phone["text"], phone["phone"]) == ("Your order is on its way 😀", OTHER)
    assert (phone["whatsapp_id"], phone["status"]) == (sent["whatsapp_id"], "sent")
    linked.phone("deliver")
    wait_until(lambda: has_status(linked, sent, "delivered"))
    linked.phone("read")
    wait_until(lambda: has_status(linked, sent, "read"))


def test_a_file_goes_with_its_caption(linked: Story):
    sent = sends(linked, text="Invoice 7", file=BILL)
    assert sent["status"] == "sent", linked.told()
    phone = linked.client.get(f"/v1/sandbox/accounts/{linked.id}/messages").json()["messages"][-1]
    assert (phone["text"], phone["file"]["name"]) == ("Invoice 7", "bill.pdf")
    assert phone["file"]["size"] == len(base64.b64decode(BILL["content"]))


def test_a_number_that_is_not_on_whatsapp_fails_by_name(linked: Story):
    failed = sends(linked, to=f"+{NOBODY}", text="Anybody there?")
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "not_on_whatsapp")


def test_what_comes_in_is_in_the_list_with_what_it_says(linked: Story):
    body = {"sender": OTHER, "text": "Is my order ready?", "name": "Ann"}
    path = f"/v1/sandbox/accounts/{linked.id}/message"
    assert linked.client.post(path, json=body).is_success

    wait_until(lambda: texts_received(linked) == ["Is my order ready?"])
    listed = linked.client.get(f"/v1/accounts/{linked.id}/messages").json()["messages"]
    (message,) = [one for one in listed if one["direction"] == "in"]
    assert (message["phone"], message["name"], message["status"]) == (OTHER, "Ann", "received")


def test_what_happens_while_no_page_is_open_is_told_by_the_next_one(linked: Story):
    sent = sends(linked, text="See you soon")
    linked.post("stop")
    linked.until("DISCONNECTED")
    linked.phone("read")
    body = {"sender": OTHER, "text": "While you were out"}
    assert linked.client.post(f"/v1/sandbox/accounts/{linked.id}/message", json=body).is_success
    assert not has_status(linked, sent, "read")
    linked.post("reconnect")
    linked.until("READY")
    wait_until(lambda: has_status(linked, sent, "read"))
    wait_until(lambda: "While you were out" in texts_received(linked))
    assert texts_received(linked).count("Is my order ready?") == 1


def texts_received(story: Story) -> list[str]:
    path = f"/v1/accounts/{story.id}/messages"
    listed = story.client.get(path).json()["messages"]
    received = [one["id"] for one in listed if one["direction"] == "in"]
    return [story.client.get(f"{path}/{one}/content").json()["text"] for one in received]
