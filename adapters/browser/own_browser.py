"""A browser of one account's own, started by Playwright on the account's profile."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from adapters import clock
from adapters.browser.discovery import BrowserChoice, BrowserDoesNotStartError, browser_version
from adapters.browser.driver import ANSWER_LIMIT_S, Driver
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.profile import Profile
from adapters.browser.surroundings import passed_on, user_agent, usual_flags
from domain.reasons import Reason

SHELL_FLAGS = (
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--disable-site-isolation-trials",
    # The first is Playwright's own: of two such flags the last one counts.
    "--enable-features=CDPScreenshotNewSurface,NetworkServiceInProcess2",
)
"""Leave the page in a process of its own and all else in one: docs/decisions/browser-cost.md."""
UNSANDBOXED_SHELL_FLAGS = ("--no-zygote",)
"""As above, but Chromium refuses to start with it while its sandbox is on."""
_LONGEST_TMPDIR = 103 - len("/org.chromium.Chromium.6kcpEh/SingletonSocket")
"""In bytes. A full Chromium locks a profile by a socket there, and aborts where its path is too
long: sun_path holds 104 bytes on macOS and 108 on Linux, with the closing zero."""


class OwnBrowser:
    """How one is launched: the program, its flags, its version."""

    def __init__(self, choice: BrowserChoice, shell_flags: Sequence[str] | None = None) -> None:
        """Without `shell_flags` the usual ones.

        The browser's own sandbox is on, except when we are root: Chromium cannot have it then.
        """
        self.choice = choice
        self._sandboxed = os.geteuid() != 0
        usual = SHELL_FLAGS + (() if self._sandboxed else UNSANDBOXED_SHELL_FLAGS)
        self._shell_flags = usual if shell_flags is None else tuple(shell_flags)
        self._version: str | None = None

    async def version(self) -> str:
        """Tell it, such as "156.0.8078.79"; LaunchFailed when the program does not start."""
        if self._version is None:
            try:
                self._version = await asyncio.to_thread(browser_version, self.choice)
            except BrowserDoesNotStartError as error:
                raise LaunchFailed(Reason.BROWSER_MISSING, str(error)[:200]) from error
        return self._version

    async def launch(
        self, driver: Driver, profile: Profile, hosts: Sequence[str], limit_s: float
    ) -> BrowserContext:
        """Launch it on the profile. Raises LaunchFailed, PlaywrightError; then none is left."""
        version = await self.version()
        launching = asyncio.ensure_future(
            driver.playwright.chromium.launch_persistent_context(
                profile.folder,
                executable_path=self.choice.path,
                headless=True,
                chromium_sandbox=self._sandboxed,
                args=self._flags(hosts),
                env={**self.environment()},
                # Without "Headless", which sites turn away.
                user_agent=user_agent(version),
                # Its own would be a temporary folder, left behind by a driver that is killed.
                artifacts_dir=profile.folder / "artifacts",
                # A service worker would fetch for the page and outlive it, out of our sight.
                service_workers="block",
                accept_downloads=False,
                # Signals are ours: a clean close keeps a link, a driver that kills does not.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
                timeout=limit_s * 1000,
            )
        )
        try:
            async with asyncio.timeout(limit_s + 1):
                return await asyncio.shield(launching)
        except TimeoutError as error:
            await _undo(launching, profile)
            detail = f"the browser did not start within {limit_s:g} s"
            raise LaunchFailed(Reason.BROWSER_CRASHED, detail) from error
        except asyncio.CancelledError:
            await _undo(launching, profile)
            raise

    def environment(self) -> dict[str, str]:
        """Give what it is told of our environment; without a TMPDIR it takes /tmp."""
        told = passed_on()
        is_short = len(os.fsencode(told.get("TMPDIR", ""))) <= _LONGEST_TMPDIR
        if is_short or self.choice.flavour == "headless_shell":  # the shell has no such socket
            return told
        return {name: value for name, value in told.items() if name != "TMPDIR"}

    def _flags(self, hosts: Sequence[str]) -> list[str]:
        flags = usual_flags(hosts)
        return [*flags, *self._shell_flags] if self.choice.flavour == "headless_shell" else flags


async def _undo(launching: "asyncio.Future[BrowserContext]", profile: Profile) -> None:
    """See a launch to its end that nobody wants any more: Playwright does not cancel one.

    Its process may not even exist yet, so killing once is not enough. A driver that hangs never
    says that it is over; whatever it starts after that ends with it.
    """
    until_s = clock.monotonic_s() + ANSWER_LIMIT_S
    while not launching.done() and clock.monotonic_s() < until_s:
        await asyncio.to_thread(profile.processes.kill)
        await asyncio.wait([launching], timeout=0.1)
    if not launching.done():
        launching.cancel()
    elif not launching.cancelled() and launching.exception() is None:
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(1):
                await launching.result().close()
    await profile.processes.end(patience_s=0, limit_s=ANSWER_LIMIT_S)
