"""Notices a page that stopped answering. Playwright says nothing then, and every call hangs."""

import asyncio

from adapters import clock
from adapters.browser.host import LaunchFailed
from adapters.browser.intake import Ended, Intake
from adapters.browser.opened import AccountBrowser
from adapters.browser.spec import Limits
from domain.reasons import Reason

LOOKS_PER_LIMIT = 16


class Watchdog:
    """Gives a silent page one new tab; a second silence ends the attempt."""

    def __init__(self, browser: AccountBrowser, intake: Intake, limits: Limits) -> None:
        self._browser = browser
        self._intake = intake
        self._limits = limits
        self._replaced_s: float | None = None

    async def run(self) -> None:
        """Watch until the page is given up, or until cancelled."""
        pause_s = self._limits.hang_after_s / LOOKS_PER_LIMIT
        while True:
            looked_s = clock.monotonic_s()
            await asyncio.sleep(pause_s)
            now_s = clock.monotonic_s()
            silent_s = now_s - self._intake.last_sign_s
            # When it was us who stood still, the page's beats are waiting to be read.
            we_stood_still = now_s - looked_s > 2 * pause_s
            if silent_s <= self._limits.hang_after_s or we_stood_still:
                continue
            if not await self._replace(now_s, silent_s):
                return

    async def _replace(self, now_s: float, silent_s: float) -> bool:
        detail = f"no sign of life for {silent_s:.0f} s"
        if self._browser.has_ended():  # its driver has, and could not say so
            self._intake.put(Ended(Reason.BROWSER_CRASHED, f"{detail}; the browser ended"))
            return False
        replaced_s = self._replaced_s
        if replaced_s is not None and now_s - replaced_s < self._limits.hang_forgiven_s:
            self._intake.put(Ended(Reason.PAGE_HUNG, f"{detail}, after the page was replaced"))
            return False
        self._replaced_s = now_s
        try:
            await self._browser.replace_tab()
        except LaunchFailed as error:
            self._intake.put(Ended(error.reason, f"{detail}; {error.detail}"))
            return False
        return True
