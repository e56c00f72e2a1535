"""Notices a page that stopped answering. Playwright says nothing then, and every call hangs.

Two things are watched: the page's own beats, which tell that its script runs; and, once it is
READY, every `health_look_s` an answer through the bridge, which tells that WhatsApp's modules and
our looks at them are alive. A document that goes on without them is no READY either.
"""

import asyncio
from typing import Any

from adapters import clock
from adapters.browser.intake import Ended, Intake
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.narrator import Narrator
from adapters.browser.opened import AccountBrowser
from adapters.browser.spec import CommandTimedOut, Limits, SessionError
from domain.reasons import Reason

LOOKS_PER_LIMIT = 16
MOST_NAMES = 3


class Watchdog:
    """Gives a page that is silent or dead one new tab; a second time ends the attempt."""

    def __init__(
        self, browser: AccountBrowser, intake: Intake, narrator: Narrator, limits: Limits
    ) -> None:
        self._browser = browser
        self._intake = intake
        self._narrator = narrator
        self._limits = limits
        self._replaced_s: float | None = None
        self._asked_s = clock.monotonic_s()

    async def run(self) -> None:
        """Watch until the page is given up, or until cancelled."""
        pause_s = self._limits.hang_after_s / LOOKS_PER_LIMIT
        while True:
            looked_s = clock.monotonic_s()
            await asyncio.sleep(pause_s)
            now_s = clock.monotonic_s()
            # When it was us who stood still, the page's beats are waiting to be read.
            if now_s - looked_s > 2 * pause_s or self._browser.starts_over:
                continue
            trouble = self._silence(now_s) or await self._illness(now_s)
            if trouble and not await self._replace(trouble):
                return

    def _silence(self, now_s: float) -> str:
        silent_s = now_s - self._intake.last_sign_s
        return (
            f"no sign of life for {silent_s:.0f} s" if silent_s > self._limits.hang_after_s else ""
        )

    async def _illness(self, now_s: float) -> str:
        """Ask the page when it is time to, and at once when it has lost its stream."""
        view = self._narrator.view
        due = view.stage == "ready" and now_s - self._asked_s >= self._limits.health_look_s
        due |= view.stage == "away" and self._asked_s < view.away_since_s
        tab = self._browser.tab
        if not due or tab is None:
            return ""
        self._asked_s = now_s
        try:
            health = await tab.ask("health", limit_s=self._limits.hang_after_s)
        except CommandTimedOut as error:
            return f"the bridge does not answer: {error}"
        except SessionError:
            return ""  # the page is on its way elsewhere, or gone: others tell that
        return self._judge(health)

    def _judge(self, health: Any) -> str:  # noqa: ANN401  the page's own words, see bridge.js
        missing = [str(name)[:40] for name in health["missing"][:MOST_NAMES]]
        if missing:
            return "the page's modules do not answer: " + ", ".join(missing)
        blind_s = float(health["looked_ms"]) / 1000
        return (
            f"the bridge has stood still for {blind_s:.0f} s"
            if blind_s > self._limits.hang_after_s
            else ""
        )

    async def _replace(self, detail: str) -> bool:
        now_s = clock.monotonic_s()
        if self._browser.has_ended():  # its driver has, and could not say so
            self._intake.put(Ended(Reason.BROWSER_CRASHED, f"{detail}; the browser ended"))
            return False
        replaced_s = self._replaced_s
        if replaced_s is not None and now_s - replaced_s < self._limits.hang_forgiven_s:
            self._intake.put(Ended(Reason.PAGE_HUNG, f"{detail}, after the page was replaced"))
            return False
        self._replaced_s = now_s
        try:
            await self._browser.replace_tab(detail)
        except LaunchFailed as error:
            self._intake.put(Ended(error.reason, f"{detail}; {error.detail}"))
            return False
        return True
