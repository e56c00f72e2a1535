"""Playwright's driver: a Node process of ours that starts the browsers and speaks with them."""

import asyncio
import os
import signal
from contextlib import suppress
from typing import Self

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Playwright, async_playwright

from adapters.browser.processes import children_with

START_LIMIT_S = 20.0
ANSWER_LIMIT_S = 15.0
"""It starts within 1 s and answers within some ms unless the machine is overloaded. Longer than a
page may be silent (Limits.hang_after_s), for its pages go with it; an attempt has 30 s, in which it
is to be replaced and a browser to be started."""
_OPTIONS = "--max-semi-space-size=1"
"""In MB. The driver passes small messages on and needs no room for more: 20 MB less, once."""
_ARGUMENT = "run-driver"
"""Playwright starts it as `node cli.js run-driver`."""


class Driver:
    """A driver that runs. It may die or hang at any time, and all its browsers with it."""

    def __init__(self, playwright: Playwright, pids: set[int]) -> None:
        self.playwright = playwright
        self._pids = pids

    @classmethod
    async def start(cls) -> Self:
        """Start one; TimeoutError when it does not answer."""
        # Playwright takes it from our environment; browsers do not get it (host.PASSED_ON).
        os.environ.setdefault("NODE_OPTIONS", _OPTIONS)
        before = await _running()
        try:
            async with asyncio.timeout(START_LIMIT_S):
                playwright = await async_playwright().start()
        except BaseException:  # whoever waits may also have no time left, and be cancelled
            _kill(await _running() - before)
            raise
        return cls(playwright, await _running() - before)

    async def is_alive(self) -> bool:
        """Ask it for something that needs no browser."""
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                await (await self.playwright.request.new_context()).dispose()
        except (PlaywrightError, TimeoutError):
            return False
        return True

    async def kill(self) -> None:
        """End one that hangs, or has died."""
        _kill(self._pids & await _running())
        await self.stop()

    async def stop(self) -> None:
        """Stop it; one that does not answer is killed."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                await self.playwright.stop()
        _kill(self._pids & await _running())


async def _running() -> set[int]:
    return await asyncio.to_thread(children_with, _ARGUMENT)


def _kill(pids: set[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
