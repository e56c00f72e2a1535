"""Unmodified wa-js sends files, meets numbers that are not on WhatsApp, and hears of messages."""

import base64
import hashlib
from typing import Any

import pytest
import pytest_asyncio

from tests.sandbox_page.stand_in import Phone, WhatsAppPage
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
OTHER = "15550100002"
NOBODY = "15550100404"
PDF = b"%PDF-1.4 " + bytes(range(256)) * 40
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SEND_FILE = """([to, content, options]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const file = new Blob([bytes], { type: options.mimetype });
  return WPP.chat.sendFileMessage(`${to}@c.us`, file, options)
    .then(({ id, sendMsgResult }) => ({ id, result: sendMsgResult.messageSendResult }),
          ({ code, name }) => ({ code: name === "InvalidStateError" ? "no_picture" : code }));
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def linked(page: WhatsAppPage, phone: Phone) -> WhatsAppPage:
    await page.open()
    await page.full_ready()
    await page.link(phone)
    return page


async def _send_file(page: WhatsAppPage, content: bytes, **options: str) -> dict[str, Any]:
    given = [OTHER, base64.b64encode(content).decode(), options]
    return await page.page.evaluate(SEND_FILE, given)


async def test_files_arrive_whole(linked: WhatsAppPage, phone: Phone) -> None:
    sent = await _send_file(
        linked, PDF, type="document", filename="a.pdf", mimetype="application/pdf", caption="Bill"
    )
    picture = await _send_file(linked, DOT, type="image", filename="dot.png", mimetype="image/png")
    assert (sent["result"], picture["result"]) == ("OK", "OK")
    first, second = (await phone.sees())["messages"]
    assert (first["id"], first["text"]) == (sent["id"].split("_")[-1], "Bill")
    assert first["file"] == {
        "name": "a.pdf",
        "media_type": "application/pdf",
        "size": len(PDF),
        "sha256": hashlib.sha256(PDF).hexdigest(),
    }
    assert second["file"]["sha256"] == hashlib.sha256(DOT).hexdigest()
    broken = await _send_file(linked, PDF, type="image", mimetype="image/png")
    assert broken == {"code": "no_picture"}
    await linked.asks("() => { require('WAWebMediaGatingUtils').getUploadLimit = () => 9; }")
    too_large = await _send_file(linked, PDF, type="document", mimetype="application/pdf")
    assert too_large == {"code": "file_too_large"}
    assert linked.complaints == []


async def test_some_numbers_are_not_on_whatsapp(linked: WhatsAppPage) -> None:
    ask = "async (number) => (await WPP.contact.queryWidExists(`${number}@c.us`))?.wid._serialized"
    assert await linked.page.evaluate(ask, OTHER) == f"{OTHER}@c.us"
    assert await linked.page.evaluate(ask, NOBODY) is None
    assert linked.complaints == []


async def test_who_was_away_is_told_of_what_came_in(linked: WhatsAppPage, phone: Phone) -> None:
    await linked.page.goto("about:blank")

    async def closed() -> bool:
        return (await phone.sees())["pages"] == []

    await eventually(closed)
    file = {"name": "b.pdf", "media_type": "application/pdf", "size": 7, "sha256": "0" * 64}
    said = {"from": OTHER, "text": "See this", "name": "Ann", "file": file}
    await phone.does("/phone/message", said)
    await linked.open()

    # wa-js itself says nothing of it: it listens only a while after the page has begun.
    (message,) = await eventually(lambda: _incoming(linked))
    assert message == {
        "caption": "See this",
        "notifyName": "Ann",
        "type": "document",
        "mimetype": "application/pdf",
        "size": 7,
        "isNewMsg": True,
    }
    await linked.open()
    (message,) = await eventually(lambda: _incoming(linked))
    assert not message["isNewMsg"], "it is new only once"


async def _incoming(page: WhatsAppPage) -> list[dict[str, Any]]:
    names = '["caption", "notifyName", "type", "mimetype", "size", "isNewMsg"]'
    return await page.asks(
        f"""() => (window.require?.("WAWebCollections").Msg.getModelsArray() ?? [])
            .map((one) => Object.fromEntries({names}.map((name) => [name, one[name]])))"""
    )
