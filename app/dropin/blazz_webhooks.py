"""What a Laravel back end is told: webhooks under the seeds' four names, signed as it checks them.

The back end's own ids and a code's image are looked up when a webhook is delivered, for no item has
them.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from adapters import qr_image
from adapters.event_log.database import Database
from adapters.foreign_names import ForeignNames, Named
from adapters.vault import CodeUnsealable, Vault, VaultedCode
from adapters.webhook_signatures import sign_as_seeds
from app.dispatch import Dispatch, TooBusy
from app.dropin.blazz_words import SYSTEM, ids_of, status_after
from app.webhooks.profile import Signing
from domain.log import Origin
from domain.observations import RecordQrFetch
from domain.refusals import Refused
from domain.status import Status
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
    "webhook.test": "webhook_test",
}
"""Type of an item -> the webhook (seed qr-scan-failure-flow). Nothing else is told."""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook."""

    event: str
    id: int
    """The item's position in the log, the same on every try."""
    timestamp: datetime
    data: dict[str, Any]


def blazz_body(item: FeedItem) -> tuple[bytes, Mapping[str, str]] | None:
    """Tell an item by what it says itself, under our own ids."""
    return (_encode(item, _data(item, None)), {}) if item.type in EVENTS else None


def blazz_signature(signing: Signing) -> Mapping[str, str]:
    """Sign with the newest secret: the back end knows one."""
    return sign_as_seeds(signing.at, signing.body, signing.secrets[0])


class BlazzWebhooks:
    """Fills in what no item has."""

    def __init__(
        self, database: Database, vault: Vault, dispatch: Dispatch, now: Callable[[], datetime]
    ) -> None:
        self._names = ForeignNames(database, SYSTEM)
        self._vault = vault
        self._dispatch = dispatch
        self._now = now

    async def body(self, item: FeedItem) -> bytes:
        """Give the body of an item that is told. May raise StorageUnavailable."""
        named = await self._names.of_accounts([item.account_id])
        data = _data(item, named.get(item.account_id))
        if item.type == "qr":
            data |= await self._code(item)
        return _encode(item, data)

    async def _code(self, item: FeedItem) -> dict[str, Any]:
        """Bring the image along; once the code is used, replaced or expired there is none."""
        now = self._now()
        account = (await self._dispatch.load(item.account_id)).account
        shown = account.attempt.code if account.attempt else None
        code = await self._vaulted(item, now)
        if account.status is not Status.WAITING_QR or shown is None or code is None:
            return {"qr_code": None, "expires_in": 0}
        if not shown.fetched:
            await self._record_fetch(item, code)
        image = await asyncio.to_thread(qr_image.data_url, code.text or "")
        return {"qr_code": image, "expires_in": int((code.expires_at - now).total_seconds())}

    async def _vaulted(self, item: FeedItem, now: datetime) -> VaultedCode | None:
        try:
            code = await self._vault.current(item.account_id, now)
        except CodeUnsealable:
            return None
        same = code is not None and code.fingerprint == item.data["fingerprint"]
        return code if code is not None and same and code.text is not None else None

    async def _record_fetch(self, item: FeedItem, code: VaultedCode) -> None:
        """Record that the code was handed out."""
        fetch = RecordQrFetch(at=self._now(), attempt=code.attempt, fingerprint=code.fingerprint)
        origin = Origin(actor="webhooks", correlation_id=item.correlation_id)
        with suppress(Refused, TooBusy):  # the account has moved on
            await self._dispatch.submit(item.account_id, fetch, origin)


def _encode(item: FeedItem, data: dict[str, Any]) -> bytes:
    told = Webhook(event=EVENTS[item.type], id=item.id, timestamp=item.at, data=data)
    return msgspec.json.encode(told)


def _data(item: FeedItem, named: Named | None) -> dict[str, Any]:
    """Tell what the item says; an account that this system never named goes by our own ids."""
    ours = item.account_id
    named = named or Named(account_id=ours, workspace=item.workspace, name=ours, session=ours)
    data = ids_of(named) | {"status": status_after(item)}
    if item.type == "scanned":
        data["status"] = "authenticated"
    if item.type == "ready":
        data["phone_number"] = item.data["phone"]
    if "reason" in item.data:
        data["reason"] = item.data["reason"]
    return data
