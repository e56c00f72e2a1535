"""Makes Chromium write now what the page has stored.

IndexedDB reaches the kernel with each transaction, and outlives a killed browser. Local Storage
waits: 5 s after the first change, up to a minute when the page has written before, minutes after
large writes (Chromium's ComputeCommitDelay; measured in docs/decisions/kept-sessions.md). The flag
in `host` makes that one second. Here it is done at once: Chromium commits every pending change of
all origins together as soon as the last page of any origin closes. So we open a blank page of an
origin of our own, let it store a word that nobody else knows, close it, and see that word on disk.
"""

import asyncio
import secrets
from contextlib import suppress
from pathlib import Path

from playwright.async_api import BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError

BLANK_URL = "http://blank.linkwright.invalid/"
"""Reserved by RFC 2606, so it belongs to nobody. We answer for it; the bridge leaves it alone."""
STORE = "word => localStorage.setItem('word', word)"
LOOK_S = 0.01
CLOSE_S = 1.0


async def flush(context: BrowserContext, profile: Path, limit_s: float) -> bool:
    """Write the context's Local Storage. False: it could not be seen on disk within the limit."""
    word = secrets.token_hex(16)
    try:
        async with asyncio.timeout(limit_s):
            page = await context.new_page()
            try:
                await page.route("**/*", _answer)
                await page.goto(BLANK_URL, wait_until="commit")
                await page.evaluate(STORE, word)
            finally:
                await _close(page)
            # Nobody tells when a file has been written.
            while not await asyncio.to_thread(_is_written, profile, word.encode()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
    except (TimeoutError, PlaywrightError):
        return False
    return True


async def _answer(route: Route) -> None:
    await route.fulfill(content_type="text/html", body="<!doctype html>")


async def _close(page: Page) -> None:
    with suppress(TimeoutError, PlaywrightError):
        async with asyncio.timeout(CLOSE_S):
            await page.close()


def _is_written(profile: Path, word: bytes) -> bool:
    """Look for the word where LevelDB appends; it stands there as it is, not compressed."""
    for log in (profile / "Default" / "Local Storage" / "leveldb").glob("*.log"):
        with suppress(FileNotFoundError):
            if word in log.read_bytes():
                return True
    return False
