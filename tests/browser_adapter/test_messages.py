"""Messages through unmodified wa-js: sent once, acknowledged, received, and refused by name."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from adapters.browser.host import BrowserHost
from adapters.browser.sending import MOST_FILE_BYTES
from adapters.browser.spec import SendFailed, SessionSpec, SpecFile
from adapters.sandbox import RunningSandbox
from domain.message_reasons import MessageReason, whatsapp_id_of
from tests.browser_adapter.conftest import Drive
from tests.browser_adapter.driven import KEY, OTHER, SCALE, Driven, Phone, quick
from tests.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")
NOBODY = "15550100404"
BY_LID = "491709990505"
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Linked:
    """A session that is linked, on pages whose receipts come when the phone gives them."""

    def __init__(self, driven: Driven, phone: Phone) -> None:
        self.driven = driven
        self.phone = phone

    async def message(self, whatsapp_id: str) -> Any:  # noqa: ANN401  the sandbox's own words
        """Find the one message of this id that the server has."""
        seen = (await self.phone.sees())["messages"]
        (one,) = [each for each in seen if each["id"] == whatsapp_id]
        return one

    async def asks(self, script: str) -> Any:  # noqa: ANN401  what the page answers
        """Do something in the page that only the page can."""
        tab = self.driven.session._browser.tab  # noqa: SLF001
        assert tab is not None
        return await tab.page.evaluate(script)

    async def reload(self) -> None:
        """Load the page anew, and wait until the session knows that the new one is ready."""
        session = self.driven.session
        old, tab = session._narrator.view.boot, session._browser.tab  # noqa: SLF001
        assert tab is not None
        await tab.page.reload()

        async def is_back() -> bool:
            view = session._narrator.view  # noqa: SLF001
            return (view.stage, view.boot != old) == ("ready", True)

        await eventually(is_back)

    async def fails(self, reason: MessageReason, text: str = "x", **facts: Any) -> SendFailed:  # noqa: ANN401  as Driven.sends
        """Send what cannot be sent."""
        with pytest.raises(SendFailed) as failed:
            await self.driven.sends(text, **facts)
        assert failed.value.reason is reason
        assert OTHER not in str(failed.value)
        return failed.value


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def linked(
    host: BrowserHost, sandbox: RunningSandbox, profiles: Path, control: httpx.AsyncClient
) -> AsyncGenerator[Linked]:
    """Return one session for the whole module: linking takes longer than its tests."""
    spec = SessionSpec(
        account_id="acc_of_messages",
        attempt_id="attempt-1",
        url=f"{sandbox.url}/a/acc_of_messages/",
        allowed_hosts=("127.0.0.1",),
        fingerprint_key=KEY,
        code_life_scale=1 / SCALE,
    )
    phone = Phone(control, spec.account_id)
    await phone.plays("acks_late", times=None)
    driven = Driven(host, spec, profiles)
    await driven.links(phone)
    yield Linked(driven, phone)
    await driven.session.stop()


def pdf(size: int) -> SpecFile:
    content = b"%PDF-1.4 " + bytes(range(251)) * (size // 251 + 1)
    return SpecFile(name="bill.pdf", media_type="application/pdf", content=content[:size])


async def test_a_text_is_sent_delivered_and_read(linked: Linked):
    text = "Hello 😀, see https://example.com\n*bold*"
    sent = await linked.driven.sends(text)
    assert sent == whatsapp_id_of(f"msg_{text}")
    kept = await linked.message(sent)
    assert (kept["text"], kept["peer"]) == (text, f"{OTHER}@c.us")
    await linked.phone.does("/phone/deliver", id=sent)
    await eventually(lambda: has_acks(linked, sent, "delivered"))
    await linked.phone.does("/phone/read", id=sent)
    await eventually(lambda: has_acks(linked, sent, "delivered", "read"))


async def has_acks(linked: Linked, whatsapp_id: str, *words: str) -> bool:
    return [one.ack for one in linked.driven.acks if one.whatsapp_id == whatsapp_id] == [*words]


async def test_a_repeat_sends_once(linked: Linked):
    both = await asyncio.gather(linked.driven.sends("once"), linked.driven.sends("once"))
    assert both[0] == both[1] == await linked.driven.sends("once")
    await linked.reload()
    assert await linked.driven.sends("once") == both[0]
    await linked.message(both[0])


async def test_a_chat_that_goes_by_lid_is_somebody_with_a_number(linked: Linked):
    linked.driven.messages.clear()
    sent = await linked.driven.sends("by LID", to=BY_LID)
    assert (
        await linked.asks("() => require('WAWebCollections').Chat.toArray().at(-1).id.server")
        == "lid"
    )
    assert (await linked.message(sent))["peer"] == f"{BY_LID}@c.us"
    await linked.phone.does("/phone/message", **{"from": BY_LID}, text="from a LID")
    (message,) = await linked.driven.receives()
    assert message.sender == BY_LID
    await linked.reload()
    assert await linked.driven.sends("by LID", to=BY_LID) == sent
    await linked.message(sent)
    await linked.phone.does("/phone/read", id=sent)
    await linked.driven.is_read(sent)


@pytest.mark.parametrize("size", [0, 1, 700_000, MOST_FILE_BYTES])
async def test_a_file_arrives_whole(linked: Linked, size: int):
    file = pdf(size)
    kept = await linked.message(await linked.driven.sends(name=f"msg_pdf_{size}", file=file))
    assert kept["file"] == {
        "name": "bill.pdf",
        "media_type": "application/pdf",
        "size": size,
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }


async def test_pictures_go_as_pictures_with_their_captions(linked: Linked):
    dot = SpecFile(name="dot.png", media_type="image/png", content=DOT, caption="Grüße")
    sent = await linked.driven.sends(name="msg_dot", file=dot)
    kept = await linked.message(sent)
    assert (kept["text"], kept["file"]["media_type"]) == ("Grüße", "image/png")
    type_of_it = "require('WAWebCollections').Msg.getModelsArray().find((one) => one.id.id === id)"
    assert (
        await linked.asks(f"() => {{ const id = '{sent}'; return {type_of_it}.type; }}") == "image"
    )


async def test_what_cannot_be_sent_has_a_reason(linked: Linked):
    nobody = await linked.fails(MessageReason.NOT_ON_WHATSAPP, to=NOBODY)
    no_picture = SpecFile(name="dot.png", media_type="image/png", content=b"no picture")
    refused = await linked.fails(MessageReason.FILE_REFUSED, name="msg_broken", file=no_picture)
    large = await linked.fails(MessageReason.FILE_TOO_LARGE, file=pdf(MOST_FILE_BYTES + 1))
    assert [one.retryable for one in (nobody, refused, large)] == [False] * 3
    with pytest.raises(ValueError, match="digits"):
        await linked.driven.sends(to="12345@g.us")


async def test_the_page_may_find_a_file_too_large_itself(linked: Linked):
    await linked.asks("() => { require('WAWebMediaGatingUtils').getUploadLimit = () => 9; }")
    await linked.fails(MessageReason.FILE_TOO_LARGE, name="msg_large", file=pdf(10))
    await linked.reload()
    await linked.driven.sends(name="msg_large", file=pdf(10))


async def test_acks_come_for_what_an_earlier_page_sent(linked: Linked):
    first, second = await linked.driven.sends("first"), await linked.driven.sends("second")
    await linked.phone.does("/phone/deliver", id=first)
    await eventually(lambda: has_acks(linked, first, "delivered"))
    tab = linked.driven.session._browser.tab  # noqa: SLF001
    assert tab is not None
    await tab.page.goto("about:blank")
    await linked.phone.does("/phone/read", id=second)
    await tab.page.goto(linked.driven.spec.url)
    await eventually(lambda: has_acks(linked, second, "read"))
    await linked.phone.does("/phone/read", id=first)
    await linked.driven.is_read(first)


async def test_what_comes_in_is_told_once(linked: Linked):
    linked.driven.messages.clear()
    linked.driven.storage_is_away = True
    text = "Hi \0there 😀 \ud83d"
    await linked.phone.does("/phone/message", **{"from": "15550100002"}, text="first", name="Ann")
    await linked.asks(
        f"() => {{ {WRITE} write('3A01', {{ type: 'chat', body: {json.dumps(text)} }}); }}"
    )
    linked.driven.storage_is_away = False
    first, second = sorted(await linked.driven.receives(2), key=lambda one: one.sender)
    assert (first.text, first.sender, first.name) == ("first", "15550100002", "Ann")
    assert (second.text, second.kind) == ("Hi there 😀 \ufffd", "text")
    await linked.reload()
    await linked.phone.does("/phone/message", **{"from": "15550100002"}, text="third")
    assert [one.text for one in (await linked.driven.receives(3))[2:]] == ["third"]


WRITE = """
const { Msg } = require("WAWebCollections");
const { createWid } = require("WAWebWidFactory");
const MsgKey = require("WAWebMsgKey");
const write = (id, facts, chat = "15550100003@c.us") => Msg.add({
  id: new MsgKey({ id, remote: createWid(chat), fromMe: false }),
  from: createWid(chat), t: Date.now() / 1000, isNewMsg: true, ack: 2, ...facts });
"""


async def test_files_that_come_in_are_told_with_their_facts(linked: Linked):
    linked.driven.messages.clear()
    ogg = "type: 'ptt', mimetype: 'audio/ogg; codecs=opus', size: 12"
    await linked.asks(
        f"""() => {{ {WRITE}
          write("3A10", {{ type: "image", caption: "Look", body: "a thumbnail",
            mimetype: "image/jpeg", size: 7, filename: "a.jpg" }});
          write("3A11", {{ {ogg} }});
          write("3A12", {{ type: "e2e_notification", body: "no message" }});
          write("3A13", {{ type: "chat", body: "of a group" }}, "1@g.us");
          const late = write("3A14", {{ type: "ciphertext" }});
          late.type = "chat";
          late.body = "decrypted late";
          write("../3A15", {{ type: "chat", body: "no id" }});
          write("3A16", {{ type: "chat", body: "unknown number" }}, "12345678901@lid");
        }}"""
    )
    picture, voice, last, late = await linked.driven.receives(4)
    assert late.text == "decrypted late"
    assert (picture.text, picture.media_type, picture.size_bytes) == ("Look", "image/jpeg", 7)
    assert (picture.kind, picture.file_name) == ("file", "a.jpg")
    assert (voice.text, voice.media_type, voice.size_bytes) == ("", "audio/ogg", 12)
    assert (last.text, last.sender) == ("unknown number", "")


async def test_a_page_without_a_stream_is_said_so(linked: Linked):
    await linked.phone.does("/phone/offline")

    async def is_lost() -> bool:
        try:
            await linked.driven.sends("while offline")
        except SendFailed as error:
            return error.reason is MessageReason.CONNECTION_LOST
        return False

    await eventually(is_lost)
    await linked.phone.does("/phone/online")
    await eventually(linked.driven.can_send)


async def test_before_it_is_linked_nothing_is_sent(drive: Drive):
    with pytest.raises(SendFailed, match="not_ready") as failed:
        await drive().sends()
    assert failed.value.retryable


async def test_a_refusal_is_final_for_this_page_only(drive: Drive, phone: Phone):
    await phone.plays("send_fails")
    linked = Linked(drive(), phone)
    await linked.driven.links(phone)
    failed = await linked.fails(MessageReason.PAGE_REFUSED)
    assert (failed.retryable, failed.detail) == (True, "the page says ERROR_UNKNOWN")
    await linked.fails(MessageReason.PAGE_REFUSED, name="msg_file", file=pdf(9))
    await linked.fails(MessageReason.PAGE_REFUSED, name="msg_file", file=pdf(9))
    await linked.reload()
    await linked.message(await linked.driven.sends("x"))
    await linked.driven.is_read(await linked.driven.sends(name="msg_file", file=pdf(9)))


async def test_a_page_that_is_silent_is_said_so(drive: Drive, phone: Phone):
    await phone.plays("send_hangs")
    linked = Linked(drive(limits=quick(send_s=1, send_file_s=1)), phone)
    await linked.driven.links(phone)
    assert (await linked.fails(MessageReason.PAGE_SILENT)).retryable
    await linked.fails(MessageReason.PAGE_SILENT)
    await linked.fails(MessageReason.PAGE_SILENT, name="msg_file", file=pdf(9))
    await linked.reload()
    await linked.message(await linked.driven.sends("x"))
