"""Messages over HTTP: taken once, told as far as they have come, and read while they are kept."""

import asyncio
import base64
from typing import Any

import httpx
import pytest

from adapters import clock
from domain.message_observations import (
    RecordAck,
    RecordMessageFailed,
    RecordMessageReceived,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason, whatsapp_id_of
from tests.http_api.callers import code_of, same
from tests.running_api import RunningApi
from tests.waiting import eventually

TYPED = "+62 811-5550-003"
DIGITS = "628115550003"
HELLO = {"to": TYPED, "text": "hello"}
KEY = {"Idempotency-Key": "order-7"}


async def ready_account(api: RunningApi) -> str:
    account_id = await api.register(workspace="acme")
    attempt = await api.link(account_id)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    return account_id


async def send(api: RunningApi, account_id: str, **body: object) -> httpx.Response:
    return await api.client.post(f"/v1/accounts/{account_id}/messages", json=HELLO | body)


async def sent(api: RunningApi, account_id: str, **body: object) -> dict[str, Any]:
    answered = await send(api, account_id, **body)
    assert answered.status_code == 202, answered.text
    return answered.json()["message"]


async def show(api: RunningApi, account_id: str, message_id: str) -> dict[str, Any]:
    answered = await api.client.get(f"/v1/accounts/{account_id}/messages/{message_id}")
    assert answered.status_code == 200, answered.text
    return answered.json()["message"]


async def content(api: RunningApi, account_id: str, message_id: str) -> httpx.Response:
    return await api.client.get(f"/v1/accounts/{account_id}/messages/{message_id}/content")


async def test_a_text_is_taken_and_told_step_by_step(api: RunningApi):
    account_id = await ready_account(api)
    message = await sent(api, account_id)
    told = (message["status"], message["phone"], message["kind"], message["size_bytes"])
    assert told == ("queued", DIGITS, "text", 5)
    assert (await show(api, account_id, message["id"])) == message
    await api.see(account_id, RecordMessageSent(at=clock.now(), message=message["id"]))
    for ack in ("delivered", "read"):
        seen = RecordAck(at=clock.now(), whatsapp_id=whatsapp_id_of(message["id"]), ack=ack)
        await api.see(account_id, seen)
        assert (await show(api, account_id, message["id"]))["status"] == ack
    over = await show(api, account_id, message["id"])
    assert (over["tries"], over["by"], over["fallback_used"]) == (1, "primary", False)
    assert over["accepted_at"] < over["sent_at"] < over["delivered_at"] < over["read_at"]
    items = (await api.client.get(f"/v1/events?account={account_id}")).json()["items"]
    types = [item["type"] for item in items if item["type"].startswith("message.")]
    assert types == ["message.queued", "message.sent", "message.delivered", "message.read"]
    assert "hello" not in str(items)


async def test_what_it_says_can_be_read_while_it_is_kept(api: RunningApi):
    account_id = await ready_account(api)
    picture = {"name": "receipt.png", "media_type": "Image/PNG", "content": b"\x89PNG"}
    encoded = base64.b64encode(b"\x89PNG").decode()
    message = await sent(api, account_id, file=picture | {"content": encoded})
    told = (message["kind"], message["media_type"], message["size_bytes"])
    assert told == ("file", "image/png", 4)
    answered = await content(api, account_id, message["id"])
    assert answered.headers["cache-control"] == "no-store"
    assert answered.json() == {
        "message": message["id"],
        "text": "hello",
        "file": {"name": "receipt.png", "media_type": "image/png", "content": encoded},
    }
    await api.client.delete(f"/v1/accounts/{account_id}?erase=true")
    assert code_of(await content(api, account_id, message["id"])) == "content_gone"
    erased = await show(api, account_id, message["id"])
    assert (erased["status"], erased["phone"]) == ("failed", "")
    assert erased["failure"]["code"] == "account_erased"


async def test_a_template_makes_the_text(api: RunningApi):
    account_id = await ready_account(api)
    saved = {"name": "reminder", "text": "Dear {{ customer }}!", "workspace": "acme"}
    assert (await api.client.post("/v1/templates", json=saved)).is_success
    wanted = {"text": "", "template": "reminder", "values": {"customer": "Budi"}}
    message = await sent(api, account_id, **wanted)
    assert (message["kind"], message["template"]) == ("template", "reminder")
    assert (await content(api, account_id, message["id"])).json()["text"] == "Dear Budi!"


async def test_a_repetition_is_answered_when_its_template_is_gone(api: RunningApi):
    account_id = await ready_account(api)
    saved = {"name": "reminder", "text": "Dear {{ customer }}!", "workspace": "acme"}
    await api.client.post("/v1/templates", json=saved)
    address = f"/v1/accounts/{account_id}/messages"
    wanted = {"to": TYPED, "template": "reminder", "values": {"customer": "Budi"}}
    first = await api.client.post(address, json=wanted, headers=KEY)
    deleted = await api.client.delete("/v1/templates/reminder", params={"workspace": "acme"})
    assert deleted.is_success
    same(first, await api.client.post(address, json=wanted, headers=KEY))
    assert code_of(await api.client.post(address, json=wanted)) == "no_such_template"


async def test_it_waits_when_it_may_and_is_refused_when_not(api: RunningApi):
    account_id = await api.register()
    attempt = await api.link(account_id)
    refused = await send(api, account_id)
    assert code_of(refused) == "not_ready"
    assert refused.json()["account"]["status"] == "INITIALIZING"
    assert "queue=true" in refused.json()["detail"]
    message = await sent(api, account_id, queue=True)
    assert (message["status"], message["waits"]) == ("queued", True)
    await api.client.post(f"/v1/accounts/{account_id}/cancel")
    assert (await show(api, account_id, message["id"]))["status"] == "queued", attempt


async def test_the_same_request_sends_once_and_answers_the_same(api: RunningApi):
    account_id = await ready_account(api)
    address = f"/v1/accounts/{account_id}/messages"
    first = await api.client.post(address, json=HELLO, headers=KEY)
    await api.see(
        account_id, RecordMessageSent(at=clock.now(), message=first.json()["message"]["id"])
    )
    same(first, await api.client.post(address, json=HELLO, headers=KEY))
    listed = (await api.client.get(address)).json()["messages"]
    assert [message["status"] for message in listed] == ["sent"]
    kept = await api.services.database.fetch("select message_id from message_contents", ())
    assert [row[0] for row in kept] == [listed[0]["id"]], "the repetition left nothing behind"


@pytest.mark.parametrize("reason", [None, MessageReason.NOT_ON_WHATSAPP])
async def test_waiting_ends_when_it_is_sent_or_has_failed(
    api: RunningApi, reason: MessageReason | None
):
    account_id = await ready_account(api)
    address, waiting = f"/v1/accounts/{account_id}/messages", {"wait": 20}
    asking = asyncio.create_task(api.client.post(address, json=HELLO, params=waiting, headers=KEY))

    async def accepted() -> list[Any]:
        return (await api.client.get(address)).json()["messages"]

    (message,) = await eventually(accepted)
    now, message_id = clock.now(), message["id"]
    if reason is None:
        await api.see(account_id, RecordMessageSent(at=now, message=message_id))
    else:
        failed = RecordMessageFailed(at=now, message=message_id, reason=reason)
        await api.see(account_id, failed)
    told = (await asking).json()["message"]
    assert told["status"] == ("failed" if reason else "sent")
    assert (told["failure"] and told["failure"]["code"]) == (reason and reason.value)
    again = await api.client.post(address, json=HELLO, params=waiting, headers=KEY)
    same(await asking, again)


async def test_the_list_has_pages_and_what_came_in(api: RunningApi):
    account_id = await ready_account(api)
    ids = [(await sent(api, account_id))["id"] for _ in range(3)]
    came = RecordMessageReceived(
        at=clock.now(),
        message="msg_zz",
        whatsapp_id="3EB0",
        sender=DIGITS,
        sender_fingerprint="keyed",
        name="Budi",
        size_bytes=2,
    )
    await api.see(account_id, came)
    address = f"/v1/accounts/{account_id}/messages"
    first = (await api.client.get(address, params={"limit": 2})).json()
    rest = (await api.client.get(address, params={"cursor": first["next_cursor"]})).json()
    listed = [message["id"] for message in (*first["messages"], *rest["messages"])]
    assert listed == ["msg_zz", *reversed(ids)]
    assert rest["next_cursor"] is None
    incoming = first["messages"][0]
    told = (incoming["direction"], incoming["status"], incoming["phone"], incoming["name"])
    assert told == ("in", "received", DIGITS, "Budi")


async def test_an_account_in_another_hand_has_none_of_these_messages(api: RunningApi):
    account_id = await ready_account(api)
    message = await sent(api, account_id)
    other = await ready_account(api)
    for part in ("", "/content"):
        answered = await api.client.get(f"/v1/accounts/{other}/messages/{message['id']}{part}")
        assert code_of(answered) == "no_such_message"
