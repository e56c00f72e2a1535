"""One page in a browser. Everything it is asked has a limit: a stopped page never answers."""

import asyncio
import re
from contextlib import suppress
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from adapters.browser.host import LaunchFailed
from adapters.browser.spec import CommandFailed, CommandTimedOut, PageUnavailable
from domain.reasons import Reason

# Whatever shows a code or a face. The marks are WhatsApp's own.
MASKED = "canvas, img, video, [data-ref], [data-link-code]"
JPEG_QUALITY = 50
_MARGIN_S = 1.0
"""Playwright keeps its own limit; ours is only for a driver that does not answer any more."""
_ASK = """([handle, command, argument]) =>
  globalThis[handle] ? globalThis[handle](command, argument) : { error: "no_bridge" }"""


class Tab:
    """A page with our bridge in it."""

    def __init__(self, page: Page, handle: str) -> None:
        self.page = page
        self._handle = handle

    async def open(self, url: str, limit_s: float) -> None:
        """Load the address; LaunchFailed when there is no page to be had."""
        try:
            async with asyncio.timeout(limit_s + _MARGIN_S):
                response = await self.page.goto(
                    url, wait_until="domcontentloaded", timeout=limit_s * 1000
                )
        except TimeoutError as error:
            raise _unreachable(f"no answer within {limit_s:g} s") from error
        except PlaywrightError as error:
            raise _unreachable(_network_error(error, limit_s)) from error
        if response is not None and response.status >= 400:  # noqa: PLR2004  HTTP's own border
            raise _unreachable(f"answered with HTTP {response.status}")

    async def ask(self, command: str, argument: object = None, *, limit_s: float) -> Any:  # noqa: ANN401  each command knows its own answer
        """Call a command of the bridge. Raises one of the SessionErrors."""
        try:
            async with asyncio.timeout(limit_s):
                answer = await self.page.evaluate(_ASK, [self._handle, command, argument])
        except TimeoutError as error:
            raise CommandTimedOut(f"{command}: no answer within {limit_s:g} s") from error
        except PlaywrightError as error:
            if self.page.is_closed() or "crashed" in error.message:
                raise PageUnavailable(f"{command}: the page is gone") from error
            raise CommandFailed(command, "page_left") from error
        if "error" in answer:
            raise CommandFailed(command, str(answer["error"]))
        return answer["result"]

    async def picture(self, limit_s: float) -> bytes | None:
        """Take a JPEG with codes and pictures covered; None when the page cannot be drawn."""
        try:
            async with asyncio.timeout(limit_s + _MARGIN_S):
                return await self.page.screenshot(
                    type="jpeg",
                    quality=JPEG_QUALITY,
                    mask=[self.page.locator(MASKED)],
                    timeout=limit_s * 1000,
                )
        except (TimeoutError, PlaywrightError):
            return None

    async def close(self, limit_s: float) -> None:
        """Close the page; one that hangs is left to the end of its browser."""
        with suppress(TimeoutError, PlaywrightError):
            async with asyncio.timeout(limit_s):
                await self.page.close()


def _unreachable(detail: str) -> LaunchFailed:
    return LaunchFailed(Reason.PAGE_UNREACHABLE, f"the page: {detail}")


def _network_error(error: PlaywrightError, limit_s: float) -> str:
    """Chromium's own name for it; the rest of the message repeats the address."""
    name = re.search(r"net::ERR_[A-Z_]+", error.message)
    if name:
        return name.group()
    if "Timeout" in error.message:
        return f"no answer within {limit_s:g} s"
    return "the browser could not load it"
