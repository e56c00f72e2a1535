"""A browser that stands by: it runs on a copy of the sealed session and has proved that it opens.

WhatsApp's page is not loaded, so nothing connects. The page's origin is answered with an empty
document, and everything else is refused; what the origin has stored is counted, never read.
"""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import ExitStack, suppress

import msgspec
from playwright.async_api import BrowserContext, Page, Route
from playwright.async_api import Error as PlaywrightError

from adapters import clock
from adapters.browser.host import BrowserHost
from adapters.browser.launch_failures import LaunchFailed, failing_by_name
from adapters.browser.profile import Profile, ProfileLocked
from adapters.browser.session_pack import SessionDamaged, unpack
from adapters.browser.spec import SessionSpec
from domain.reasons import Reason

PROOF_S = 10.0
"""Opening the largest session's IndexedDB takes seconds; an answer that does not come is none."""
LOCK_S = 20.0
"""The page that was open on this profile before closes and seals within this time."""
LOOK_S = 0.1
COUNT = """async () => {
  const opened = name => new Promise((done, failed) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => failed(new Error("a database does not open"));
  });
  const filled = (database, name) => new Promise((done, failed) => {
    const request = database.transaction(name).objectStore(name).openKeyCursor();
    request.onsuccess = () => done(request.result !== null);
    request.onerror = () => failed(new Error("a store does not open"));
  });
  const counted = { databases: 0, filled_stores: 0, local_entries: localStorage.length };
  for (const { name } of await indexedDB.databases()) {
    const database = await opened(name);
    counted.databases += 1;
    for (const store of database.objectStoreNames) {
      if (await filled(database, store)) counted.filled_stores += 1;
    }
    database.close();
  }
  return counted;
}"""


class Counted(msgspec.Struct, frozen=True):
    """How much of a session the browser could open."""

    databases: int
    filled_stores: int
    local_entries: int


class WarmBrowser:
    """Ours until it is closed, or handed to the session that opens the page in it."""

    def __init__(
        self, profile: Profile, context: BrowserContext, held: ExitStack, digest: bytes
    ) -> None:
        self.profile = profile
        self.context = context
        self.held = held
        """Frees the profile, and deletes its folder before."""
        self.digest = digest
        """SHA-256 of the packed session that it runs on."""

    def on_gone(self, told: Callable[[], None]) -> None:
        """Call this once the browser has ended, whoever ended it."""
        self.context.on("close", lambda _: told())

    async def close(self, limit_s: float) -> None:
        """End the browser and delete its folder."""
        try:
            await _end(self.profile, self.context, limit_s)
        finally:
            self.held.close()


async def warm_up(host: BrowserHost, spec: SessionSpec, packed: bytes) -> WarmBrowser:
    """Start a browser on this session and prove that it opens. LaunchFailed says why not."""
    with failing_by_name():
        try:
            return await _warm_up(host, spec, packed)
        except SessionDamaged as error:
            raise LaunchFailed(Reason.SESSION_UNREADABLE, str(error)) from error


async def _warm_up(host: BrowserHost, spec: SessionSpec, packed: bytes) -> WarmBrowser:
    limits = spec.limits
    held = ExitStack()
    context: BrowserContext | None = None
    profile: Profile | None = None
    try:
        profile = await _hold(host, spec.account_id, held)
        async with host.starts.turn(spec.workspace, person_waits=False):
            await profile.prepare()
            async with host.packing:
                digest = await asyncio.to_thread(_restore, profile, packed)
            context = await host.launch(profile, hosts=spec.allowed_hosts, limit_s=limits.launch_s)
            await _prove(context, spec.url)
    except BaseException:
        if profile is not None:
            await _end(profile, context, limits.close_s)
        held.close()
        raise
    return WarmBrowser(profile, context, held, digest)


async def _hold(host: BrowserHost, account_id: str, held: ExitStack) -> Profile:
    """Wait for the profile: a page of ours may still be closing on it. Raises ProfileLocked."""
    until_s = clock.monotonic_s() + LOCK_S
    while True:
        try:
            profile = held.enter_context(host.profiles.hold(account_id))
        except ProfileLocked:
            if clock.monotonic_s() > until_s:
                raise
            await asyncio.sleep(LOOK_S)
        else:
            held.callback(_delete, profile)
            return profile


def _delete(profile: Profile) -> None:
    with suppress(OSError):
        profile.wipe()


def _restore(profile: Profile, packed: bytes) -> bytes:
    profile.wipe()
    profile.make_folder()
    unpack(packed, profile.folder)
    return hashlib.sha256(packed).digest()


async def _prove(context: BrowserContext, url: str) -> None:
    """See that the session opens and holds something. LaunchFailed if not."""
    page = context.pages[0] if context.pages else await context.new_page()
    try:
        async with asyncio.timeout(PROOF_S):
            counted = await _count(context, page, url)
    except TimeoutError as error:
        detail = f"the session did not open within {PROOF_S:g} s"
        raise LaunchFailed(Reason.SESSION_UNREADABLE, detail) from error
    # Either alone is no session: keys lie in IndexedDB, the login in Local Storage
    # (browser-findings 3).
    if not (counted.filled_stores and counted.local_entries):
        detail = (
            f"{counted.databases} databases with {counted.filled_stores} filled stores and"
            f" {counted.local_entries} entries of local storage are no session"
        )
        raise LaunchFailed(Reason.SESSION_UNREADABLE, detail)


async def _count(context: BrowserContext, page: Page, url: str) -> Counted:
    await context.route("**/*", _answer)
    await page.goto(url, wait_until="commit")
    counted = msgspec.convert(await page.evaluate(COUNT), Counted)
    # Nothing of WhatsApp's origin stays open, and from here on nothing asks for anything.
    await page.goto("about:blank")
    await context.unroute("**/*", _answer)
    return counted


async def _answer(route: Route) -> None:
    if route.request.is_navigation_request():
        await route.fulfill(content_type="text/html", body="<!doctype html>")
    else:
        await route.abort()


async def _end(profile: Profile, context: BrowserContext | None, limit_s: float) -> None:
    if context is not None:
        with suppress(TimeoutError, PlaywrightError):
            async with asyncio.timeout(limit_s):
                await context.close()
    await profile.processes.end(patience_s=1.0 if context is not None else 0.0, limit_s=limit_s)
