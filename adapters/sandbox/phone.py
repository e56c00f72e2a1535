"""The simulated phone: it scans, refuses, logs out and goes offline."""

import base64
import binascii
import hashlib
import hmac

import msgspec

from adapters.sandbox import protocol as say
from adapters.sandbox.accounts import Account, Accounts, Removed
from adapters.sandbox.connection import PageConnection
from adapters.sandbox.pairing import LinkOffer
from adapters.sandbox.refusals import CouldNotLink, NoPage

KEY_BYTES = 32
SHORTEST = 4  # fields: reference, two public keys, secret; today's pages add the platform
REF_START = "2@"


class Code(msgspec.Struct, frozen=True):
    ref: str
    noise_key: str
    identity_key: str
    secret: bytes


def read_code(text: str) -> Code:
    """What a phone's camera makes of a text. Raises CouldNotLink."""
    body = text.strip().rpartition("#")[2]
    if not body.startswith(REF_START):
        raise CouldNotLink("not_a_linking_code", "This is not a code for linking a device.")
    fields = body.split(",")
    if len(fields) < SHORTEST:
        raise CouldNotLink("truncated", "A part of the code is missing.")
    ref, noise_key, identity_key, secret = fields[:SHORTEST]
    keys = [_key(one) for one in (noise_key, identity_key, secret)]
    return Code(ref, noise_key, identity_key, keys[-1])


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise CouldNotLink("truncated", "A part of the code is missing.")
    return key


async def scan(
    accounts: Accounts, account: Account, text: str | None, phone_number: str, name: str
) -> str:
    """Without a text the camera is held at what the page shows now. Raises CouldNotLink."""
    _needs_network(account)
    code = read_code(_on_show(account) if text is None else text)
    page = _page_showing(accounts, account, code.ref)
    if page.hello is None or (code.noise_key, code.identity_key) != (
        page.hello.noise_key,
        page.hello.identity_key,
    ):
        raise CouldNotLink("wrong_keys", "The code's keys are not those of the page.")
    return await page.pairing.run(LinkOffer(phone_number, name, code.secret, code.ref))


def _needs_network(account: Account) -> None:
    if not account.phone_online:
        raise CouldNotLink("phone_offline", "The phone is offline. Check its connection.")


def _on_show(account: Account) -> str:
    for page in account.connections:
        if page.shown is not None:
            return page.shown.text
    raise CouldNotLink("nothing_on_show", "No page of this account shows a code now.")


def _page_showing(accounts: Accounts, account: Account, ref: str) -> PageConnection:
    for page in account.connections:
        if page.accepts(ref):
            return page
    if ref in account.used_refs:
        raise CouldNotLink("already_used", "A device was linked with this code already.")
    match accounts.owner_of_ref(ref):
        case None:
            raise CouldNotLink("unknown_code", "WhatsApp does not know this code.")
        case account.name:
            raise CouldNotLink("stale", "This code is no longer on show. Scan the one that is.")
        case _:
            raise CouldNotLink("other_account", "Another account's page shows this code.")


async def enter_pairing_code(account: Account, text: str, phone_number: str, name: str) -> str:
    """The eight characters, with or without a hyphen. Raises CouldNotLink."""
    _needs_network(account)
    code = text.replace("-", "").replace(" ", "").upper()
    proof = base64.b64encode(hashlib.sha256(f"{code}:{phone_number}".encode()).digest()).decode()
    for page in account.connections:
        if page.pairing_code and hmac.compare_digest(page.pairing_code.proof, proof):
            page.send(say.PairingCodeEntered())
            key = hashlib.sha256(code.encode()).digest()
            return await page.pairing.run(LinkOffer(phone_number, name, key, None))
    if all(page.pairing_code is None for page in account.connections):
        raise CouldNotLink("nothing_on_show", "No page of this account shows a pairing code now.")
    raise CouldNotLink("wrong_pairing_code", "Not the code on show for this phone number.")


async def reject(account: Account) -> None:
    _needs_network(account)
    page = next((one for one in account.connections if one.shown is not None), None)
    if page is None:
        raise CouldNotLink("nothing_on_show", "No page of this account shows a code now.")
    await page.reject()


def log_out(account: Account, reason: Removed) -> int:
    """Removes every linked device; a page that is closed learns it at its next login."""
    devices = account.devices
    for device in devices:
        account.remove_device(device.device_id, reason)
    return len(devices)


def go_offline(account: Account) -> None:
    account.phone_online = False
    account.tell(account.usable, say.PhoneUnreachable())


def go_online(account: Account) -> None:
    account.phone_online = True
    account.tell(account.usable, say.PhoneReachable())


def answer_passkey(account: Account, *, approved: bool) -> None:
    if not any(page.pairing.answer_passkey(approved=approved) for page in account.connections):
        raise NoPage("No page of this account waits for a passkey.")
