"""One page in a browser. Everything it is asked has a limit: a stopped page never answers."""

import asyncio
import re
from contextlib import suppress
from typing import Any

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.spec import CommandFailed, CommandTimedOut, PageUnavailable
from domain.reasons import Reason

# Whatever shows a code or a face. The marks are WhatsApp's own.
MASKED = "canvas, img, video, [data-ref], [data-link-code]"
# A phone number, as the page shows it beside a pairing code; and a pairing code without its mark.
MASKED_TEXTS = re.compile(
    r"[0-9](?:[\s()./-]{0,2}[0-9]){5,}|^\s*[A-Z0-9]{4}\s?-?\s?[A-Z0-9]{4}\s*$"
)
# A mask is laid over what is there when it is made; this also hides what comes a moment later, and
# codes that are drawn in another way than today. Playwright's own `style` is an inline style, which
# the page's Content-Security-Policy turns away; a constructed sheet is none.
HIDDEN = """
canvas, img, video, picture, svg, object, embed, iframe,
[data-ref] > *, [data-link-code], [data-link-code] * { visibility: hidden !important }
*, *::before, *::after {
  background-image: none !important; border-image: none !important;
  mask-image: none !important; list-style-image: none !important
}
"""
_HIDE = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
CHATS = "#pane-side, #main"
"""WhatsApp's own names of the list of chats and of an open one."""
JPEG_QUALITY = 50
MASK_COLOUR = "#9aa5a3"
_MARGIN_S = 1.0
"""Playwright keeps its own limit; ours is only for a driver that does not answer any more."""
_MOST_LOADS = 3
"""A page that fails may be on its way to the browser's own error page, or to its start."""
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
        """Take a JPEG with codes, numbers and pictures covered; on the page pictures stay hidden.

        None when the page cannot be drawn within the limit, or shows chats.
        """
        try:
            async with asyncio.timeout(limit_s):
                for _ in range(_MOST_LOADS):
                    with suppress(PlaywrightError):  # it is being left for another page
                        return await self._covered_picture(limit_s)
        except TimeoutError:
            pass
        return None

    async def _covered_picture(self, limit_s: float) -> bytes | None:
        page = self.page
        await page.evaluate(_HIDE, HIDDEN)
        picture = await page.screenshot(
            type="jpeg",
            quality=JPEG_QUALITY,
            mask=[page.locator(MASKED), page.get_by_text(MASKED_TEXTS)],
            mask_color=MASK_COLOUR,
            timeout=limit_s * 1000,
        )
        return None if await page.locator(CHATS).count() else picture

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
