"""The meeting of a phone and a page: signature, passkey, new device."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

import msgspec

from adapters.sandbox import protocol as say
from adapters.sandbox.linked_devices import Device, digest
from adapters.sandbox.refusals import CouldNotLink

if TYPE_CHECKING:
    from adapters.sandbox.connection import PageConnection

PASSKEY_LIMIT_S = 600.0  # the page gives a person 10 min
PAGE_ANSWER_LIMIT_S = 10.0  # real seconds: checking a signature takes milliseconds


class LinkOffer(msgspec.Struct, frozen=True):
    """What a phone brings: who it is, and the key it signs with."""

    phone_number: str
    name: str
    key: bytes
    ref: str | None  # None: with a pairing code

    @property
    def via(self) -> str:
        return "pairing_code" if self.ref is None else "qr"


class Pairing:
    def __init__(self, connection: "PageConnection") -> None:
        self._page = connection
        self._verdict: asyncio.Future[bool] | None = None
        self._passkey: asyncio.Future[bool] | None = None

    async def run(self, offer: LinkOffer) -> str:
        """`linked`, or `passkey_required` while the browser is asked. Raises CouldNotLink."""
        if self._page.behaviour.scan == "rejected":
            await self._page.reject()
            raise CouldNotLink("rejected", "The phone scanned the code and refused to link.")
        self._page.send(say.PairingStarted())
        if self._page.behaviour.passkey:
            self._passkey = asyncio.get_running_loop().create_future()
            self._page.start(self._run_with_passkey(offer, self._passkey))
            return "passkey_required"
        await self._complete(offer)
        return "linked"

    def conclude(self, *, verified: bool) -> None:
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_result(verified)

    def abandon(self) -> None:
        """The page is gone."""
        if self._verdict is not None and not self._verdict.done():
            self._verdict.set_exception(_silent())

    @property
    def awaits_passkey(self) -> bool:
        return self._passkey is not None and not self._passkey.done()

    def answer_passkey(self, *, approved: bool) -> bool:
        """Whether anybody was waiting for the answer."""
        if self._passkey is None or self._passkey.done():
            return False
        self._passkey.set_result(approved)
        return True

    async def _run_with_passkey(self, offer: LinkOffer, answer: asyncio.Future[bool]) -> None:
        limit_s = self._page.scaled(PASSKEY_LIMIT_S)
        self._page.send(say.PasskeyRequested(limit_s=limit_s))
        try:
            approved = await asyncio.wait_for(answer, limit_s)
        except TimeoutError:
            approved = False
        self._page.send(say.PasskeyAnswered(approved=approved))
        if not approved:
            self._page.send(say.PairingCancelled())
            return
        try:
            await self._complete(offer)
        except CouldNotLink:
            self._page.send(say.PairingCancelled())

    async def _complete(self, offer: LinkOffer) -> None:
        token = secrets.token_urlsafe(32)
        device = _new_device(offer, token)
        self._verdict = asyncio.get_running_loop().create_future()
        # Kept before the page is told: a page that was told may come back with it at any moment.
        self._page.account.keep_device(device)
        self._page.send(_signed(device, token, offer))
        try:
            verified = await asyncio.wait_for(self._verdict, PAGE_ANSWER_LIMIT_S)
        except (TimeoutError, CouldNotLink):
            self._page.account.remove_device(device.device_id, "unknown_companion")
            raise _silent() from None
        if not verified:
            self._page.account.remove_device(device.device_id, "unknown_companion")
            raise CouldNotLink(
                "secret_retired",
                "The page has changed its secret since this code was shown. Scan the new one.",
            )
        self._page.restart_as(device, offer.ref)


def _silent() -> CouldNotLink:
    return CouldNotLink("page_did_not_answer", "The page did not answer the phone.")


def _new_device(offer: LinkOffer, token: str) -> Device:
    return Device(
        device_id=secrets.token_hex(8),
        token_digest=digest(token),
        phone_number=offer.phone_number,
        lid=_lid(offer.phone_number),
        name=offer.name,
    )


def _signed(device: Device, token: str, offer: LinkOffer) -> say.PairSucceeded:
    facts = {"device_id": device.device_id, "token": token}
    details = msgspec.json.encode(facts).decode()
    signature = hmac.new(offer.key, details.encode(), hashlib.sha256).digest()
    return say.PairSucceeded(
        details=details, signature=base64.b64encode(signature).decode(), via=offer.via
    )


def _lid(phone_number: str) -> str:
    """The same number has the same hidden id, as on the real service; 15 digits."""
    return str(int.from_bytes(hashlib.sha256(phone_number.encode()).digest()[:6], "big")).zfill(15)
