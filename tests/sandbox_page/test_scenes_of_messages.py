"""The scenes of sending: what wa-js hears on a page whose messages go wrong."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox_page.stand_in import Phone, WhatsAppPage
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
OTHER = "15550100002"
SEND = f"""() => {{
  window.result = null;
  WPP.chat.sendTextMessage('{OTHER}@c.us', 'Hello', {{ linkPreview: false }})
    .then(({{ ack, sendMsgResult: said }}) => {{ window.result = [ack, said.messageSendResult]; }});
}}"""


async def _sends(page: WhatsAppPage, phone: Phone, scene: str) -> None:
    await phone.plays(scene)
    await page.open()
    await page.full_ready()
    await page.link(phone)
    await page.asks(SEND)


def _acks(page: WhatsAppPage) -> Callable[[], Awaitable[list[int]]]:
    async def read() -> list[int]:
        return [facts[0]["ack"] for facts in await page.heard("chat.msg_ack_change")]

    return read


async def _messages(phone: Phone) -> list[Any]:
    return (await phone.sees())["messages"]


async def test_scene_send_fails(page: WhatsAppPage, phone: Phone) -> None:
    await _sends(page, phone, "send_fails")
    await page.until("window.result")
    assert await page.asks("() => window.result") == [-1, "ERROR_UNKNOWN"]
    assert await _messages(phone) == []
    await page.open()
    await page.mode("MAIN")
    await page.full_ready()
    await page.asks(SEND)
    await page.until("window.result")
    assert await page.asks("() => window.result") == [1, "OK"]


async def test_scene_send_hangs(page: WhatsAppPage, phone: Phone) -> None:
    await _sends(page, phone, "send_hangs")
    stored = "require('WAWebCollections').Msg.getModelsArray()[0]"
    await page.until(f"{stored}?.ack === 0")
    # A question to the server that is answered after the message: it was there before.
    assert await page.asks(f"() => WPP.contact.queryWidExists('{OTHER}0@c.us').then(Boolean)")
    assert await page.asks("() => window.result") is None
    assert await _messages(phone) == []


async def test_scene_acks_late(page: WhatsAppPage, phone: Phone) -> None:
    await _sends(page, phone, "acks_late")
    await page.until("window.result")
    assert await _acks(page)() == [1]
    (message,) = await _messages(phone)
    assert await phone.does("/phone/deliver") == {"ids": [message["id"]]}
    assert await phone.does("/phone/read", {"id": message["id"]}) == {"ids": [message["id"]]}
    assert await phone.does("/phone/read") == {"ids": []}, "it is read already"

    async def read() -> list[int] | None:
        acks = await _acks(page)()
        return acks if 3 in acks else None

    assert await eventually(read) == [1, 2, 3]


async def test_scene_acks_out_of_order(page: WhatsAppPage, phone: Phone) -> None:
    await _sends(page, phone, "acks_out_of_order")

    async def all_of_them() -> list[int] | None:
        acks = await _acks(page)()
        return acks if len(acks) == 4 else None

    assert await eventually(all_of_them) == [1, 3, 2, 2]
    (message,) = await _messages(phone)
    assert message["ack"] == 3
