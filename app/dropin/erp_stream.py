"""The stream of events that the settings page opens when it is loaded.

It begins with where things stand, so a page that was reloaded shows what holds. An EventSource that
comes back sends the id of its last event and is told what it missed, from the log.
"""

import msgspec
from litestar.types import Send

from app.dropin.erp_events import ErpEvent, ErpEvents, Qr, status_of
from app.dropin.followed_client import FollowedClient
from app.feed_reader import Sent
from app.http.feed_stream import EventStreamWire, Reset
from app.http.shown_code import data_url


class ErpWire(EventStreamWire):
    """Writes the client's items as the page's events."""

    __slots__ = ("_client", "_events")

    def __init__(self, client: FollowedClient, send: Send) -> None:
        super().__init__(send)
        self._client = client
        self._events = ErpEvents()

    async def begin(self, position: int, reset: Reset | None) -> None:
        """Begin with where things stand."""
        await super().begin(position, reset)
        held = await self._client.load()
        code = await self._qr()
        status = ErpEvent("status", status_of(held, shows_qr=bool(code)))
        await self._write(_frame(status) + code)

    async def items(self, items: list[Sent]) -> None:
        """Send the events of items, in order, and the id to resume from."""
        frames: list[bytes] = []
        for item in (sent.item for sent in items):
            if not await self._client.is_news(item):
                continue
            if item.type == "qr":
                frames.append(await self._qr())
            frames += [_frame(event) for event in self._events.tell(item)]
        await self._write(b"".join([*frames, b"id: %d\n\n" % items[-1].item.id]))

    async def _qr(self) -> bytes:
        code = await self._client.new_code()
        if code is None:
            return b""
        return _frame(ErpEvent("qr", Qr(qr=code.text or "", qr_image_url=await data_url(code))))


def _frame(event: ErpEvent) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(event)
