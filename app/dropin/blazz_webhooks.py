"""What a Laravel back end is told: webhooks under the seeds' four names, signed as it checks them.

The back end's own names and a code's image are looked up when a webhook is delivered: a profile
alone could not know them, and a code's text is in no item.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from adapters import qr_image
from adapters.foreign_names import ForeignNames, Named
from adapters.vault import CodeUnsealable, Vault
from app.dropin.blazz_words import ids_of, status_after
from projections.feed import FeedItem

EVENTS = {
    "qr": "qr_code_generated",
    "scanned": "session_authenticated",
    "ready": "session_ready",
    "link.failed": "session_disconnected",
    "disconnected": "session_disconnected",
    "superseded": "session_disconnected",
    "logged_out": "session_disconnected",
    "destroyed": "session_disconnected",
}
"""Type of an item -> the webhook (seed qr-scan-failure-flow). Nothing else is told."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    event: str
    id: int
    """The item's position in the log, the same on every try."""
    timestamp: datetime
    data: dict[str, Any]


class BlazzWebhooks:
    """Words items as webhooks."""

    def __init__(self, names: ForeignNames, vault: Vault, now: Callable[[], datetime]) -> None:
        self._names = names
        self._vault = vault
        self._now = now

    async def body(self, item: FeedItem) -> bytes | None:
        """Give the body; None for an item that is not told. May raise StorageUnavailable."""
        event = EVENTS.get(item.type)
        if event is None:
            return None
        named = (await self._names.of_accounts([item.account_id])).get(item.account_id)
        data = _data(item, named or _by_our_ids(item))
        if item.type == "qr":
            data |= await self._code(item)
        told = Webhook(event=event, id=item.id, timestamp=item.at, data=data)
        return msgspec.json.encode(told)

    async def _code(self, item: FeedItem) -> dict[str, Any]:
        """Bring the image along; once the code is used, replaced or expired there is none."""
        now = self._now()
        try:
            code = await self._vault.current(item.account_id, now)
        except CodeUnsealable:
            code = None
        if code is None or code.text is None or code.fingerprint != item.data["fingerprint"]:
            return {"qr_code": None, "expires_in": 0}
        image = await asyncio.to_thread(qr_image.data_url, code.text)
        return {"qr_code": image, "expires_in": int((code.expires_at - now).total_seconds())}


def _data(item: FeedItem, named: Named) -> dict[str, Any]:
    data = ids_of(named) | {"status": status_after(item)}
    if item.type == "scanned":
        data["status"] = "authenticated"
    if item.type == "ready":
        data["phone_number"] = item.data["phone"]
    if "reason" in item.data:
        data["reason"] = item.data["reason"]
    return data


def _by_our_ids(item: FeedItem) -> Named:
    """Name an account that was not made by this system."""
    account = item.account_id
    return Named(account_id=account, workspace=item.workspace, name=account, session=account)
