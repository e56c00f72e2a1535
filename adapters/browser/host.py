"""The machine's browsers: one Playwright driver, how browsers are launched, how many at once."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from adapters.browser.assets import banner_version
from adapters.browser.discovery import BrowserChoice, Flavour
from adapters.browser.driver import START_LIMIT_S, Driver
from adapters.browser.launch_failures import LaunchFailed, launch_failed
from adapters.browser.live_page import LivePages
from adapters.browser.memory import available_memory_mb
from adapters.browser.own_browser import OwnBrowser
from adapters.browser.place import keep_ready, take_place, version_of
from adapters.browser.profile import Profile, Profiles
from adapters.browser.shared import SharedBrowsers
from adapters.browser.start_queue import StartQueue
from adapters.browser.surroundings import passed_on, user_agent
from adapters.browser.written_by import major, note_writer, written_by
from domain.reasons import Reason

LEAST_MEMORY_MB = 256
"""One account on the headless shell takes 64 to 212 MB (browser-findings 4)."""
PACKED_AT_ONCE = 2
"""Sessions in memory while they are packed or unpacked: 400 MB each for the largest."""


@dataclass(frozen=True)
class Sharing:
    """A browser that accounts share, instead of one each."""

    packages: Path
    """The folder that Qt WebEngine's Python packages are in."""
    accounts_each: int = 20
    ready_for: tuple[str, ...] = ()
    """One that may ask these hosts is started with us, and kept; none if there are no hosts."""


@dataclass(frozen=True)
class RunsOn:
    """What an account's page was opened in."""

    flavour: Flavour
    version: str
    user_agent: str


class BrowserHost:
    """Launches browsers. Use as an async context manager; on exit every browser is closed."""

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
        sharing: Sharing | None = None,
    ) -> None:
        """`wa_js` is the bundle's text. `starts_at_once` None means one per core.

        `shell_flags` replace the usual ones, to measure what those are worth. With `sharing`,
        `browser` is only for sessions that the shared one is too old for.
        """
        # `live_pages` is shared by all hosts of a machine that open the same accounts.
        self.wa_js = wa_js
        self.wa_js_version = banner_version(wa_js[:1024].encode())
        self.profiles = Profiles(profiles)
        self.live_pages = LivePages(live_pages or profiles / ".live")
        self.browser = browser
        self.sharing = sharing
        self.sandboxed = os.geteuid() != 0
        self._own = OwnBrowser(browser, shell_flags) if browser is not None else None
        self._shared: SharedBrowsers | None = None
        if sharing is not None:
            self._shared = SharedBrowsers(
                sharing.packages, accounts_each=sharing.accounts_each, environment=passed_on()
            )
        self._runs_on: dict[Path, RunsOn] = {}
        self._driver: Driver | None = None
        self._driver_lock = asyncio.Lock()
        self.packing = asyncio.Semaphore(PACKED_AT_ONCE)
        self.starts = StartQueue(starts_at_once or os.cpu_count() or 1, spacing_s=spacing_s)
        """Whoever launches holds a turn of it."""

    async def __aenter__(self) -> Self:
        sharing = asyncio.ensure_future(self._start_sharing())  # beside the driver: 0.4 s each
        try:
            await self._working_driver()
            await sharing
        except BaseException:
            sharing.cancel()
            await asyncio.wait([sharing])
            await self._stop()
            raise
        return self

    async def _start_sharing(self) -> None:
        if self._shared is not None and self.sharing is not None and self.sharing.ready_for:
            await keep_ready(self._shared, self.sharing.ready_for)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.stop()
        if self._shared is not None:
            await self._shared.stop()

    async def erase(self, account_id: str) -> None:
        """Delete an account's profile; ProfileLocked while a session of it is open."""
        await self.profiles.erase(account_id)
        self._runs_on.pop(self.profiles.folder(account_id), None)
        self.live_pages.forget(account_id)

    async def launch(
        self, profile: Profile, *, hosts: Sequence[str], limit_s: float
    ) -> BrowserContext:
        """Launch a browser on the profile. LaunchFailed says why not; then none is left."""
        _require_memory()
        driver = await self._answering_driver()
        try:
            return await self._launch(driver, profile, hosts, limit_s)
        except LaunchFailed:
            if not await driver.is_alive():  # it hangs: the next launch is to find a new one
                await self._working_driver(instead_of=driver)
            raise
        except PlaywrightError as error:
            if await driver.is_alive():
                raise launch_failed(error) from error
        # Killed, for want of memory most often. All its browsers are gone; go on with a new one.
        driver = await self._working_driver(instead_of=driver)
        try:
            return await self._launch(driver, profile, hosts, limit_s)
        except PlaywrightError as error:
            raise launch_failed(error) from error

    async def _answering_driver(self) -> Driver:
        """Give a driver that answers; one that hangs would cost the attempt."""
        driver = await self._working_driver()
        if await driver.is_alive():
            return driver
        return await self._working_driver(instead_of=driver)

    async def _working_driver(self, instead_of: Driver | None = None) -> Driver:
        async with self._driver_lock:
            if self._driver is not None and self._driver is not instead_of:
                return self._driver
            hanging, self._driver = self._driver, None
            if hanging is not None:
                await hanging.kill()
            try:
                self._driver = await Driver.start()
            except TimeoutError as error:
                detail = f"Playwright's driver did not start within {START_LIMIT_S:g} s"
                raise LaunchFailed(Reason.BROWSER_CRASHED, detail) from error
            return self._driver

    async def _launch(
        self, driver: Driver, profile: Profile, hosts: Sequence[str], limit_s: float
    ) -> BrowserContext:
        """Launch what may open the session: an older browser than the last would destroy it."""
        written = await asyncio.to_thread(written_by, profile.folder)
        shared, own = self._shared, self._own
        versions: list[str] = []
        if shared is not None:
            versions.append(await version_of(shared, hosts))
            if written is not None and written <= major(versions[-1]):
                self._note(profile, "qt_webengine", versions[-1])
                return await take_place(shared, driver, profile, hosts, limit_s)
        if own is not None:
            versions.append(await own.version())
            if written is None or written <= major(versions[-1]):
                self._note(profile, own.choice.flavour, versions[-1])
                return await own.launch(driver, profile, hosts, limit_s)
        if not versions:
            raise LaunchFailed(Reason.BROWSER_MISSING, "no browser was found on this machine")
        detail = f"Chromium {written or 'unknown'} wrote the session; here is {', '.join(versions)}"
        raise LaunchFailed(Reason.BROWSER_MISSING, detail)

    def _note(self, profile: Profile, flavour: Flavour, version: str) -> None:
        note_writer(profile.folder, version)
        self._runs_on[profile.folder] = RunsOn(flavour, version, user_agent(version))

    def runs_on(self, account_id: str) -> RunsOn | None:
        """Tell what the account was opened in last; None when it was not, as far as we know."""
        return self._runs_on.get(self.profiles.folder(account_id))


def _require_memory() -> None:
    """LaunchFailed when memory is short: one more browser would cost another its own."""
    available_mb = available_memory_mb()
    if available_mb is not None and available_mb < LEAST_MEMORY_MB:
        detail = f"{available_mb} MB are available, {LEAST_MEMORY_MB} MB are needed"
        raise LaunchFailed(Reason.OUT_OF_MEMORY, detail)
