"""A place in a browser that is shared, which Playwright sees as a browser with one account."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from playwright.async_api import BrowserContext
from playwright.async_api import Error as PlaywrightError

from adapters.browser.driver import ANSWER_LIMIT_S, Driver
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.profile import Profile
from adapters.browser.shared import SharedBrowsers
from adapters.browser.shared_program import SharedBrowserEnded, SharedBrowserFailed
from adapters.browser.surroundings import user_agent, usual_flags
from domain.reasons import Reason

ENDS_FORGIVEN = 2
"""A browser that ends was killed for another account's sake, most often, which is no failure of
this one. Playwright may tell it before the end of its output does: then it is asked once more."""
NO_SERVICE_WORKERS = (
    "if (navigator.serviceWorker) navigator.serviceWorker.register = async () => undefined;"
)
"""What `service_workers="block"` does to a browser that Playwright has started itself."""


async def version_of(shared: SharedBrowsers, hosts: Sequence[str]) -> str:
    """Tell it, such as "140.0.7339.225"; LaunchFailed when the program does not start."""
    try:
        return await shared.version(usual_flags(hosts))
    except SharedBrowserFailed as error:
        raise LaunchFailed(Reason.BROWSER_CRASHED, str(error)) from error


async def keep_ready(shared: SharedBrowsers, hosts: Sequence[str]) -> None:
    """Have one for whoever comes first. If it fails now, he is told why when it fails again."""
    with suppress(SharedBrowserFailed):
        await shared.keep_ready(usual_flags(hosts))


async def take_place(
    shared: SharedBrowsers,
    driver: Driver,
    profile: Profile,
    hosts: Sequence[str],
    limit_s: float,
) -> BrowserContext:
    """Open the profile in it. Raises LaunchFailed, PlaywrightError; then it is closed again."""

    async def taken() -> BrowserContext:
        address = await shared.open(
            profile.folder, flags=usual_flags(hosts), user_agent=user_agent, limit_s=limit_s
        )
        return await _connect(driver, profile, address)

    try:
        async with asyncio.timeout(limit_s):
            for _ in range(ENDS_FORGIVEN):
                try:
                    return await taken()
                except (SharedBrowserEnded, PlaywrightError):
                    if profile.processes.running():
                        raise
            return await taken()
    except SharedBrowserFailed as error:
        raise LaunchFailed(Reason.BROWSER_CRASHED, str(error)) from error
    except TimeoutError as error:
        await _leave(shared, profile)
        detail = f"the shared browser did not open it within {limit_s:g} s"
        raise LaunchFailed(Reason.BROWSER_CRASHED, detail) from error
    except BaseException:
        await _leave(shared, profile)
        raise


async def _connect(driver: Driver, profile: Profile, address: str) -> BrowserContext:
    browser = await driver.playwright.chromium.connect_over_cdp(
        address, is_local=True, artifacts_dir=profile.folder / "artifacts"
    )
    context = browser.contexts[0]
    await context.add_init_script(script=NO_SERVICE_WORKERS)
    return context


async def _leave(shared: SharedBrowsers, profile: Profile) -> None:
    shared.close(profile.folder)
    await profile.processes.end(patience_s=0, limit_s=ANSWER_LIMIT_S)
