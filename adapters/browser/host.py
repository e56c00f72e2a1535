"""The machine's browsers: one Playwright driver, how browsers are launched, how many at once.

LaunchFailed      no browser, or no page in it; carries the domain's reason
"""

import asyncio
import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from adapters import clock
from adapters.browser.assets import banner_version
from adapters.browser.discovery import BrowserChoice, BrowserDoesNotStartError, browser_version
from adapters.browser.driver import ANSWER_LIMIT_S, START_LIMIT_S, Driver
from adapters.browser.live_page import LivePages
from adapters.browser.memory import available_memory_mb
from adapters.browser.profile import Profile, Profiles
from adapters.browser.start_queue import StartQueue
from domain.reasons import Reason

LEAST_MEMORY_MB = 256
"""One account on the headless shell takes 64 to 212 MB (browser-findings 4)."""
PACKED_AT_ONCE = 2
"""Sessions in memory while they are packed or unpacked: 400 MB each for the largest."""
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
WRITE_SOON = "--enable-aggressive-domstorage-flushing"
"""Local Storage reaches the disk after 1 s, not after 5 s to minutes (see session_flush)."""
# What a browser needs from our environment. Database addresses and keys are not among it.
PASSED_ON = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
PASSED_ON_PREFIXES = ("LC_", "XDG_", "FONTCONFIG_", "SSL_CERT_", "DBUS_")


class LaunchFailed(Exception):
    """There is no browser or no page. `detail` holds no secret."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class BrowserHost:
    """Launches browsers. Use as an async context manager; on exit every browser is closed.

    The browser's own sandbox is on, except when we are root: Chromium cannot have it then.
    """

    def __init__(
        self,
        browser: BrowserChoice | None,
        wa_js: str,
        *,
        profiles: Path,
        live_pages: Path | None = None,
        starts_at_once: int | None = None,
        spacing_s: float = 0.5,
        shell_flags: Sequence[str] | None = None,
    ) -> None:
        """`wa_js` is the bundle's text. `starts_at_once` None means one per core.

        `shell_flags` replace the usual ones, to measure what those are worth.
        """
        # `live_pages` is shared by all hosts of a machine that open the same accounts.
        self.wa_js = wa_js
        self.wa_js_version = banner_version(wa_js[:1024].encode())
        self.profiles = Profiles(profiles)
        self.live_pages = LivePages(live_pages or profiles / ".live")
        self.sandboxed = os.geteuid() != 0
        usual = SHELL_FLAGS + (() if self.sandboxed else UNSANDBOXED_SHELL_FLAGS)
        self._shell_flags = usual if shell_flags is None else tuple(shell_flags)
        self.browser = browser
        self.browser_version: str | None = None
        """None until the first launch."""
        self.user_agent: str | None = None
        """As `browser_version`."""
        self._driver: Driver | None = None
        self._driver_lock = asyncio.Lock()
        self.packing = asyncio.Semaphore(PACKED_AT_ONCE)
        self.starts = StartQueue(starts_at_once or os.cpu_count() or 1, spacing_s=spacing_s)
        """Whoever launches holds a turn of it."""

    async def __aenter__(self) -> Self:
        await self._working_driver()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.stop()

    async def erase(self, account_id: str) -> None:
        """Delete an account's profile; ProfileLocked while a session of it is open."""
        await self.profiles.erase(account_id)
        self.live_pages.forget(account_id)

    async def launch(
        self, profile: Profile, *, hosts: Sequence[str], limit_s: float
    ) -> BrowserContext:
        """Launch a browser on the profile. LaunchFailed says why not; then none is left."""
        _require_memory()
        driver = await self._working_driver()
        try:
            return await self._launch(driver, profile, hosts, limit_s)
        except LaunchFailed:
            if not await driver.is_alive():  # it hangs: the next launch is to find a new one
                await self._working_driver(instead_of=driver)
            raise
        except PlaywrightError as error:
            if await driver.is_alive():
                raise _launch_failed(error) from error
        # Killed, for want of memory most often. All its browsers are gone; go on with a new one.
        driver = await self._working_driver(instead_of=driver)
        try:
            return await self._launch(driver, profile, hosts, limit_s)
        except PlaywrightError as error:
            raise _launch_failed(error) from error

    async def _working_driver(self, instead_of: Driver | None = None) -> Driver:
        async with self._driver_lock:
            if self._driver is not None and self._driver is not instead_of:
                return self._driver
            hanging, self._driver = self._driver, None
            if hanging is not None:
                await hanging.stop()
            try:
                self._driver = await Driver.start()
            except TimeoutError as error:
                detail = f"Playwright's driver did not start within {START_LIMIT_S:g} s"
                raise LaunchFailed(Reason.BROWSER_CRASHED, detail) from error
            return self._driver

    async def _launch(
        self, driver: Driver, profile: Profile, hosts: Sequence[str], limit_s: float
    ) -> BrowserContext:
        browser = self.browser
        if browser is None:
            raise LaunchFailed(Reason.BROWSER_MISSING, "no browser was found on this machine")
        launching = asyncio.ensure_future(
            driver.playwright.chromium.launch_persistent_context(
                profile.folder,
                executable_path=browser.path,
                headless=True,
                chromium_sandbox=self.sandboxed,
                args=self._flags(browser, hosts),
                env=_passed_on(),
                user_agent=await self._plain_user_agent(browser),
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

    def _flags(self, browser: BrowserChoice, hosts: Sequence[str]) -> list[str]:
        # Other hosts do not resolve, IP addresses included. This costs nothing, where page.route
        # sends every request through Python: 0.2 s to the first code (browser-findings 4).
        allowed = "".join(f", EXCLUDE {host}" for host in hosts)
        flags = [f"--host-resolver-rules=MAP * ~NOTFOUND{allowed}", WRITE_SOON]
        return [*flags, *self._shell_flags] if browser.flavour == "headless_shell" else flags

    async def _plain_user_agent(self, browser: BrowserChoice) -> str:
        """Tell the browser's own name without "Headless", which sites turn away."""
        if self.user_agent is None:
            try:
                self.browser_version = await asyncio.to_thread(browser_version, browser)
            except BrowserDoesNotStartError as error:
                raise LaunchFailed(Reason.BROWSER_MISSING, str(error)[:200]) from error
            self.user_agent = _user_agent(self.browser_version)
        return self.user_agent


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


def _launch_failed(error: PlaywrightError) -> LaunchFailed:
    """Translate Playwright's words, of which only the first line is free of paths and flags."""
    first_line = error.message.splitlines()[0] if error.message else "unknown"
    if "ProcessSingleton" in error.message or "profile appears to be in use" in error.message:
        return LaunchFailed(Reason.PROFILE_LOCKED, "the browser says that its profile is in use")
    if "Executable doesn't exist" in error.message or "ENOENT" in error.message:
        return LaunchFailed(Reason.BROWSER_MISSING, "the browser's program is not there any more")
    return LaunchFailed(Reason.BROWSER_CRASHED, f"launch: {first_line[:200]}")


def _passed_on() -> dict[str, str | float | bool]:
    return {
        name: value
        for name, value in os.environ.items()
        if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)
    }


_SYSTEMS = {
    "Darwin": "Macintosh; Intel Mac OS X 10_15_7",
    "Windows": "Windows NT 10.0; Win64; x64",
}


def _user_agent(version: str) -> str:
    """Word it as Chrome does, which tells only its major version."""
    system = _SYSTEMS.get(platform.system(), "X11; Linux x86_64")
    major = version.partition(".")[0]
    return (
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko)"
        f" Chrome/{major}.0.0.0 Safari/537.36"
    )


def _require_memory() -> None:
    """LaunchFailed when memory is short: one more browser would cost another its own."""
    available_mb = available_memory_mb()
    if available_mb is not None and available_mb < LEAST_MEMORY_MB:
        detail = f"{available_mb} MB are available, {LEAST_MEMORY_MB} MB are needed"
        raise LaunchFailed(Reason.OUT_OF_MEMORY, detail)
