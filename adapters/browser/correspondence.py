"""Hands on what a page tells of messages: acknowledgements, and messages that came in."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, TypeVar

from adapters.browser.snapshot import Ack, Incoming
from adapters.browser.spec import MessageAck, NotRecorded, OnAck, OnMessage, ReceivedMessage

AT_ONCE = 200
"""Messages that may come in at once: a page that was away brings them together."""
PER_S = 2.0
"""Then this many. More is no conversation, and each one is a fact in the log for ever."""
MOST_HEARD = 1000
"""Remembered of both kinds, because a page that is loaded anew tells of the last ones again."""
WORDS: dict[int, Literal["delivered", "read"]] = {2: "delivered", 3: "read"}
T = TypeVar("T")


class Correspondence:
    """Of one session; it outlives the loads of its page."""

    def __init__(
        self,
        on_ack: OnAck | None,
        on_message: OnMessage | None,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._on_ack = on_ack
        self._on_message = on_message
        self._monotonic_s = monotonic_s
        self._allowed = float(AT_ONCE)
        self._allowed_at_s = monotonic_s()
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._acknowledged: OrderedDict[str, int] = OrderedDict()

    async def acknowledge(self, acks: tuple[Ack, ...]) -> None:
        """Raise NotRecorded for the page to tell all of them again."""
        if self._on_ack is None:
            return
        for one in acks:
            if self._acknowledged.get(one.whatsapp_id, 0) >= one.ack:
                continue
            await self._on_ack(MessageAck(whatsapp_id=one.whatsapp_id, ack=WORDS[one.ack]))
            _remember(self._acknowledged, one.whatsapp_id, one.ack)

    async def receive(self, incoming: Incoming) -> None:
        """Raise NotRecorded for the page to tell it again: now, or when it may."""
        if self._on_message is None or incoming.whatsapp_id in self._heard:
            return
        self._take_turn()
        await self._on_message(_message(incoming))
        _remember(self._heard, incoming.whatsapp_id, None)

    def _take_turn(self) -> None:
        now_s = self._monotonic_s()
        earned = (now_s - self._allowed_at_s) * PER_S
        self._allowed = min(AT_ONCE, self._allowed + earned)
        self._allowed_at_s = now_s
        if self._allowed < 1:
            raise NotRecorded("too many messages came in at once")
        self._allowed -= 1


def _remember(memory: OrderedDict[str, T], whatsapp_id: str, value: T) -> None:
    memory[whatsapp_id] = value
    memory.move_to_end(whatsapp_id)
    if len(memory) > MOST_HEARD:
        memory.popitem(last=False)


def _message(incoming: Incoming) -> ReceivedMessage:
    is_file = incoming.kind == "file"
    return ReceivedMessage(
        whatsapp_id=incoming.whatsapp_id,
        sender=incoming.sender,
        name=incoming.name,
        kind=incoming.kind,
        text=incoming.text,
        at=datetime.fromtimestamp(incoming.at_s, UTC),
        file_name=incoming.file_name,
        media_type=incoming.media_type,
        size_bytes=incoming.size_bytes if is_file else len(incoming.text.encode()),
    )
