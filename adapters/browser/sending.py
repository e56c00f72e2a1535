"""Gives a page one message to send, and puts what goes wrong into one word."""

import asyncio
import base64
from typing import Any

from adapters.browser.narrator import Narrator
from adapters.browser.opened import AccountBrowser
from adapters.browser.spec import (
    CommandFailed,
    CommandTimedOut,
    Limits,
    PageUnavailable,
    SendFailed,
    SpecFile,
    SpecMessage,
)
from adapters.browser.tab import Tab
from domain.message_reasons import MessageReason

MOST_FILE_BYTES = 16 * 1024 * 1024
"""As messages.js; more than WhatsApp takes for a picture is not asked of it."""
PART_BYTES = 256 * 1024
"""Of a file on its way into the page. Measured with 16 MB: in parts of this size 1.5 s, 5 MB more
in Playwright's driver and 80 MB more in the browser; in one call 11 s, 190 MB and 340 MB."""

_REASONS = {
    "not_on_whatsapp": MessageReason.NOT_ON_WHATSAPP,
    "file_refused": MessageReason.FILE_REFUSED,
    "file_too_large": MessageReason.FILE_TOO_LARGE,
    "no_bridge": MessageReason.NOT_READY,
    "not_ready": MessageReason.NOT_READY,
    "page_left": MessageReason.CONNECTION_LOST,
    "ERROR_NETWORK": MessageReason.CONNECTION_LOST,
}
"""Words of the bridge, of wa-js and of the page; any other is a refusal of its own."""


class Sender:
    """Of one session."""

    def __init__(self, limits: Limits, browser: AccountBrowser, narrator: Narrator) -> None:
        self._limits = limits
        self._browser = browser
        self._narrator = narrator
        self._file_turn = asyncio.Lock()

    async def send(self, message: SpecMessage) -> str:
        """Send it, once however often it is asked for; give WhatsApp's id. Raises SendFailed."""
        file = message.file
        if file is not None and len(file.content) > MOST_FILE_BYTES:
            raise SendFailed(MessageReason.FILE_TOO_LARGE, f"{len(file.content)} bytes")
        stage, tab = self._narrator.view.stage, self._browser.tab
        if tab is None or self._narrator.silent or stage not in ("ready", "away"):
            raise SendFailed(MessageReason.NOT_READY)
        if stage == "away":
            raise SendFailed(MessageReason.CONNECTION_LOST, "the page has no stream to WhatsApp")
        limit_s = self._limits.send_s if file is None else self._limits.send_file_s
        try:
            async with asyncio.timeout(limit_s):
                await self._send(tab, message, limit_s)
        except (TimeoutError, CommandTimedOut) as error:
            raise self._silent(limit_s) from error
        except PageUnavailable as error:
            raise SendFailed(MessageReason.CONNECTION_LOST, "the page is gone") from error
        except CommandFailed as error:
            reason = _REASONS.get(error.code, MessageReason.PAGE_REFUSED)
            raise SendFailed(reason, f"the page says {error.code}") from error
        return message.whatsapp_id

    def _silent(self, limit_s: float) -> SendFailed:
        if self._narrator.view.stage == "away":
            return SendFailed(MessageReason.CONNECTION_LOST, f"no stream for up to {limit_s:g} s")
        return SendFailed(MessageReason.PAGE_SILENT, f"no answer within {limit_s:g} s")

    async def _send(self, tab: Tab, message: SpecMessage, limit_s: float) -> None:
        recipient = digits_of(message.recipient)
        given: dict[str, Any] = {"id": message.whatsapp_id, "to": recipient}
        if message.file is None:
            await tab.ask("send", given | {"text": message.text}, limit_s=limit_s)
            return
        file = message.file
        about = {"name": file.name, "media_type": file.media_type, "caption": file.caption}
        async with self._file_turn:  # the page holds one file at a time
            await self._hand_over(tab, message.whatsapp_id, file, limit_s)
            await tab.ask("send", given | {"file": about}, limit_s=limit_s)

    async def _hand_over(self, tab: Tab, whatsapp_id: str, file: SpecFile, limit_s: float) -> None:
        for start in range(0, max(len(file.content), 1), PART_BYTES):
            part = base64.b64encode(file.content[start : start + PART_BYTES]).decode()
            given = {"id": whatsapp_id, "first": start == 0, "content": part}
            await tab.ask("file_part", given, limit_s=limit_s)


def digits_of(phone: str) -> str:
    """Check a phone number: digits with country code, as WhatsApp addresses it."""
    digits = phone.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 5 <= len(digits) <= 20):  # noqa: PLR2004
        raise ValueError("a phone number is 5 to 20 digits with the country code")
    return digits
