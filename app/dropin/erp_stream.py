"""The stream of events that the settings page opens when it is loaded.

It begins with where things stand, so a page that was reloaded shows what holds. An EventSource that
comes back sends the id of its last event and is told what it missed, from the log.
"""

import msgspec
from litestar.types import Send

from adapters.vault import VaultedCode
from app.dropin.back_end import BackEnd
from app.dropin.erp_events import ErpEvent, ErpEvents, Qr, status_of
from app.feed_reader import Sent
from app.http.feed_stream import EventStreamWire, Reset
from app.http.parts import AnyRequest, ApiParts
from app.http.shown_code import current_code, data_url, fetch_to_record


class ErpWire(EventStreamWire):
    """Writes the account's items as the page's events, and leaves out all others."""

    __slots__ = ("_account_id", "_api", "_back_end", "_events", "_request", "_shown")

    def __init__(self, api: ApiParts, request: AnyRequest, back_end: BackEnd, send: Send) -> None:
        super().__init__(send)
        self._api = api
        self._request = request
        self._back_end = back_end
        self._events = ErpEvents()
        self._account_id: str | None = None
        """None while there is none: a page is open before its account is made."""
        self._shown = ""
        """Fingerprint of the last code that was sent."""

    async def begin(self, position: int, reset: Reset | None) -> None:
        """Begin with where things stand."""
        await super().begin(position, reset)
        account_id, held = await self._back_end.load()
        self._account_id = account_id or None
        code = await current_code(self._api, account_id, held)
        shows_qr = code is not None and code.kind == "qr"
        frame = _frame(ErpEvent("status", status_of(held, shows_qr=shows_qr)))
        await self._write(frame + await self._qr(code))

    async def items(self, items: list[Sent]) -> None:
        """Send the events of items, in order, each with the id to resume from."""
        frames: list[bytes] = []
        for item in (sent.item for sent in items):
            if item.type == "account.registered" and item.account_id != self._account_id:
                self._account_id = await self._back_end.find()
            if item.account_id != self._account_id:
                continue
            if item.type == "qr":
                frames.append(await self._current_qr(item.account_id))
            frames += [_frame(event) for event in self._events.tell(item)]
        await self._write(b"".join([*frames, b"id: %d\n\n" % items[-1].item.id]))

    async def _current_qr(self, account_id: str) -> bytes:
        """Send the code that is on show now; one that the page missed is of no use any more."""
        held = await self._api.services.dispatch.load(account_id)
        return await self._qr(await current_code(self._api, account_id, held))

    async def _qr(self, code: VaultedCode | None) -> bytes:
        if code is None or code.kind != "qr" or code.fingerprint == self._shown:
            return b""
        self._shown = code.fingerprint
        held = await self._api.services.dispatch.load(code.account)
        if record := fetch_to_record(self._api, self._request, held, code):
            await record()
        return _frame(ErpEvent("qr", Qr(qr=code.text or "", qr_image_url=await data_url(code))))


def _frame(event: ErpEvent) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(event)
