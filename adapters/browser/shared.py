"""Browsers that accounts share: which account goes into which, when one starts, when one ends."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from adapters.browser.processes import presence_of
from adapters.browser.shared_program import SharedBrowser

IDLE_S = 30.0
"""An account that is loaded anew is back by then. An empty browser holds some 90 MB."""
FLAGS = (
    # As Playwright starts its own browsers: nothing slows down for not being looked at.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-breakpad",
    "--mute-audio",
    # Nobody sees the pages, and without it Mesa's software is loaded, 61 MB.
    "--disable-gpu",
)
"""What others are worth: docs/decisions/browser-cost.md."""


class SharedBrowsers:
    """All shared browsers of a process; one that stays empty is ended, but for one kept ready.

    Accounts that may ask other hosts are in other browsers: names resolve for all of one alike.
    """

    def __init__(
        self,
        packages: Path,
        *,
        accounts_each: int,
        environment: Mapping[str, str],
        flags: Sequence[str] = (),
    ) -> None:
        """`packages` is the folder that PySide6 is in. The environment is what browsers get."""
        self._packages = packages
        self._accounts_each = accounts_each
        self._environment = dict(environment)
        self._flags = (*FLAGS, *flags)
        self._browsers: list[SharedBrowser] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._kept: tuple[str, ...] | None = None
        """Flags of the one that is kept ready, those asked for last; None when none is to be."""
        self._choosing = asyncio.Lock()

    async def open(
        self,
        folder: Path,
        *,
        flags: Sequence[str],
        user_agent: Callable[[str], str],
        limit_s: float,
    ) -> str:
        """Open the profile in this folder; give the address where Playwright may connect, once.

        `user_agent` words one for a version of Chromium. Raises SharedBrowserEnded, …Failed,
        TimeoutError.
        """
        name = folder.parent.name
        async with asyncio.timeout(limit_s):
            async with self._choosing:
                browser = await self._with_a_place((*self._flags, *flags))
                browser.accounts.add(name)
            order = {
                "open": name,
                "folder": str(folder / "Default"),
                "presence": str(presence_of(folder)),
                "user_agent": user_agent(browser.version),
            }
            try:
                return await browser.open(name, order)
            except BaseException:
                browser.close(name)
                raise

    async def keep_ready(self, flags: Sequence[str]) -> None:
        """Start one with these flags, and keep one: an account need not wait 0.5 s for it.

        Raises SharedBrowserFailed.
        """
        self._kept = (*self._flags, *flags)
        await self.version(flags)

    async def version(self, flags: Sequence[str]) -> str:
        """Tell Chromium's. Raises SharedBrowserFailed: none could be started."""
        async with self._choosing:
            return (await self._with_a_place((*self._flags, *flags))).version

    def close(self, folder: Path) -> None:
        """Have it closed, if it is open in one of ours."""
        name = folder.parent.name
        for browser in self._browsers:
            if name in browser.accounts:
                browser.close(name)

    async def stop(self) -> None:
        """End all of them."""
        idle = [ending for ending in self._ending if ending.cancel()]
        await asyncio.gather(*idle, return_exceptions=True)
        browsers, self._browsers = self._browsers, []
        await asyncio.gather(*(browser.end() for browser in browsers))

    def _end_if_idle(self, browser: SharedBrowser) -> None:
        ending = asyncio.create_task(self._end_when_idle(browser))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _end_when_idle(self, browser: SharedBrowser) -> None:
        await asyncio.sleep(IDLE_S)
        if browser in self._browsers and not browser.accounts and not self._is_kept(browser):
            browser.is_ending = True
            await browser.end()
            self._browsers = [each for each in self._browsers if each is not browser]

    def _is_kept(self, browser: SharedBrowser) -> bool:
        if browser.flags != self._kept or not browser.is_usable:
            return False
        others = (each for each in self._browsers if each is not browser and each.is_usable)
        return all(each.flags != self._kept for each in others)

    def _keep_for(self, flags: tuple[str, ...]) -> None:
        """Keep one with these flags; an empty one that was kept for others is not any more."""
        self._kept = flags
        for browser in self._browsers:
            if not browser.accounts:
                self._end_if_idle(browser)

    async def _with_a_place(self, flags: tuple[str, ...]) -> SharedBrowser:
        if self._kept not in (None, flags):
            self._keep_for(flags)
        self._browsers = [browser for browser in self._browsers if browser.is_alive]
        for browser in self._browsers:
            full = len(browser.accounts) >= self._accounts_each
            if browser.flags == flags and not full and browser.is_usable:
                return browser
        browser = await SharedBrowser.start(
            self._packages, self._accounts_each, self._environment, flags, self._end_if_idle
        )
        self._browsers.append(browser)
        self._end_if_idle(browser)
        return browser
