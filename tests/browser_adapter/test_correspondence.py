"""What a page tells of messages is handed on once, and not faster than people write."""

from typing import Any

import msgspec
import pytest

from adapters.browser.correspondence import AT_ONCE, MOST_HEARD, PER_S, Correspondence
from adapters.browser.snapshot import Ack, Incoming
from adapters.browser.spec import MessageAck, NotRecorded, ReceivedMessage
from tests.examples import PHONE

OURS = "3EB00123456789ABCDEF01"
HELLO = Incoming(
    whatsapp_id="3A01", kind="text", sender=PHONE, name="Ann", text="Grüße", at_s=1_763_730_000
)


class Desk:
    """Somebody who writes down what is handed on, and a clock that is a number."""

    def __init__(self) -> None:
        self.acks: list[MessageAck] = []
        self.messages: list[ReceivedMessage] = []
        self.now_s = 0.0
        self.is_away = False
        self.correspondence = Correspondence(
            self._on_ack, self._on_message, monotonic_s=lambda: self.now_s
        )

    async def _on_ack(self, ack: MessageAck) -> None:
        self._need_log()
        self.acks.append(ack)

    async def _on_message(self, message: ReceivedMessage) -> None:
        self._need_log()
        self.messages.append(message)

    def _need_log(self) -> None:
        if self.is_away:
            raise NotRecorded("the log is away")

    async def receives(self, number: int, **facts: Any) -> None:  # noqa: ANN401  any field
        one = msgspec.structs.replace(HELLO, whatsapp_id=f"3A{number}", **facts)
        await self.correspondence.receive(one)


async def test_acks_have_words_and_never_go_back():
    desk = Desk()
    for acks in ((2,), (2, 3), (2, 3)):  # a page tells again what one before it has told
        await desk.correspondence.acknowledge(tuple(Ack(whatsapp_id=OURS, ack=n) for n in acks))
    assert [(one.whatsapp_id, one.ack) for one in desk.acks] == [
        (OURS, "delivered"),
        (OURS, "read"),
    ]


async def test_an_ack_that_could_not_be_recorded_comes_again():
    desk = Desk()
    desk.is_away = True
    with pytest.raises(NotRecorded):
        await desk.correspondence.acknowledge((Ack(whatsapp_id=OURS, ack=3),))
    desk.is_away = False
    await desk.correspondence.acknowledge((Ack(whatsapp_id=OURS, ack=3),))
    assert [one.ack for one in desk.acks] == ["read"]


async def test_a_text_has_the_size_of_its_bytes_and_a_file_its_own():
    desk = Desk()
    await desk.receives(1)
    await desk.receives(2, kind="file", file_name="a.pdf", size_bytes=7)
    text, file = desk.messages
    assert (text.kind, text.sender, text.name, text.size_bytes) == ("text", PHONE, "Ann", 7)
    assert text.at.isoformat() == "2025-11-21T13:00:00+00:00"
    assert (file.kind, file.file_name, file.size_bytes) == ("file", "a.pdf", 7)
    assert "Grüße" not in repr(text)
    assert PHONE not in repr(text)


async def test_a_message_is_handed_on_once_it_could_be():
    desk = Desk()
    desk.is_away = True
    with pytest.raises(NotRecorded):
        await desk.receives(1)
    desk.is_away = False
    for _ in range(2):
        await desk.receives(1)
    assert len(desk.messages) == 1


async def test_a_flood_waits_its_turn():
    desk = Desk()
    for number in range(AT_ONCE):
        await desk.receives(number)
    with pytest.raises(NotRecorded, match="too many"):
        await desk.receives(AT_ONCE)
    await desk.receives(0)  # one that is known costs nothing
    desk.now_s = 1 / PER_S
    await desk.receives(AT_ONCE)
    with pytest.raises(NotRecorded, match="too many"):
        await desk.receives(AT_ONCE + 1)
    assert len(desk.messages) == AT_ONCE + 1


async def test_what_is_remembered_is_bounded():
    desk = Desk()
    for number in range(MOST_HEARD + 1):
        desk.now_s += 1 / PER_S
        await desk.receives(number)
    desk.now_s += 1
    await desk.receives(1)
    assert len(desk.messages) == MOST_HEARD + 1
    await desk.receives(0)
    assert len(desk.messages) == MOST_HEARD + 2
