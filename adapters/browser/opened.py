"""One account's browser: its profile, its context and the one page that we listen to."""

import asyncio
import re
import secrets
from contextlib import AbstractAsyncContextManager, ExitStack, suppress
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request
from playwright.async_api import Error as PlaywrightError

from adapters import clock
from adapters.browser.host import BrowserHost
from adapters.browser.injection import Injection
from adapters.browser.intake import Ended, Intake, Told
from adapters.browser.launch_failures import LaunchFailed, failing_by_name
from adapters.browser.live_page import LivePage
from adapters.browser.profile import Profile
from adapters.browser.recorder import Recorder
from adapters.browser.session_keeper import SessionKeeper
from adapters.browser.snapshot import redact_line, redact_path
from adapters.browser.spec import SessionSpec
from adapters.browser.tab import Tab
from adapters.browser.warm import WarmBrowser
from domain.events import Phase
from domain.observations import RecordPage
from domain.reasons import Reason


class AccountBrowser:
    """Opened once, closed once; in between its tab may be replaced."""

    def __init__(
        self,
        host: BrowserHost,
        spec: SessionSpec,
        injection: Injection,
        intake: Intake,
        recorder: Recorder,
        keeper: SessionKeeper,
        warm: WarmBrowser | None = None,
    ) -> None:
        """A warm browser is ours from now on; the page is loaded in it if it is good."""
        self.tab: Tab | None = None
        self._host = host
        self._spec = spec
        self._injection = injection
        self._intake = intake
        self._recorder = recorder
        self._keeper = keeper
        self._held = warm.held if warm is not None else ExitStack()
        self._warm = warm
        self._profile = warm.profile if warm is not None else None
        self._context = warm.context if warm is not None else None
        self._live: LivePage | None = None
        self._closing = False
        self.is_open = False
        """The page has been loaded."""
        self.starts_over = False
        """The browser is being launched once more, on the sealed copy; no page is to be heard."""

    async def open(self) -> None:
        """Launch, then load the page. LaunchFailed says what did not work; `close` is due then."""
        with failing_by_name():
            async with self._turn():
                await self._open()
                self.is_open = True

    def _turn(self) -> AbstractAsyncContextManager[None]:
        start = secrets.token_hex(4)
        return self._host.starts.turn(
            self._spec.workspace,
            person_waits=self._spec.person_waits,
            on_wait=lambda: self._tell_phase("queued", start=start),
        )

    async def _open(self) -> None:
        warm = self._warm
        if warm is None:
            profile = self._held.enter_context(self._host.profiles.hold(self._spec.account_id))
            self._profile = profile
            await profile.prepare()
        else:
            profile = warm.profile
        # Before the session is claimed: what the other one seals while it closes is the newest.
        await self._take_live_page(profile)
        if warm is None:
            await self._keeper.bring(profile)
        elif not await self._keeper.is_newest(profile, warm.digest):
            await self._end(profile, patience_s=1.0)
            await self._keeper.bring_newest(profile)
        await self._open_page(profile)

    async def _take_live_page(self, profile: Profile) -> None:
        live = await self._host.live_pages.take(self._spec.account_id, profile.folder)
        self._live = live
        self._held.callback(live.give_up)

    async def start_over(self) -> None:
        """Load the page from the sealed copy: the folder that was found is no good."""
        profile = self._profile
        if profile is None:
            return
        self.starts_over = True
        try:
            with failing_by_name():
                await self._end(profile, patience_s=1.0)
                async with self._turn():
                    await self._keeper.bring_second_copy()
                    await self._open_page(profile)
        except LaunchFailed as error:
            self._intake.put(Ended(error.reason, error.detail))
        finally:
            self.starts_over = False

    async def _open_page(self, profile: Profile) -> None:
        context = self._context or await self._launch(profile)
        if self._warm is not None and context is self._warm.context:
            self._listen_to(context)
        await context.expose_binding(  # pyright: ignore[reportUnknownMemberType]
            self._injection.binding, self._intake.receive
        )
        await context.add_init_script(script=self._injection.script())
        page = context.pages[0] if context.pages else await context.new_page()
        tab = self._adopt(page)
        self._require_live_page()
        await self._load(tab)

    async def _load(self, tab: Tab) -> None:
        try:
            await tab.open(self._spec.url, self._spec.limits.goto_s)
        except LaunchFailed as error:
            self._keep("page_not_loaded", error.detail)
            raise

    def _require_live_page(self) -> None:
        """LaunchFailed when we hung for so long that another process has taken the page over."""
        if self._live is None or not self._live.is_ours():
            raise LaunchFailed(Reason.PROFILE_LOCKED, "another process has the page open by now")

    async def _launch(self, profile: Profile) -> BrowserContext:
        spec = self._spec
        context = await self._host.launch(
            profile, hosts=spec.allowed_hosts, limit_s=spec.limits.launch_s
        )
        self._context = context
        self._listen_to(context)
        return context

    def _listen_to(self, context: BrowserContext) -> None:
        self._keeper.opened(context)
        context.on("close", lambda _: self._gone("the browser ended", context=context))
        self._tell_phase("browser_started")

    def _tell_phase(self, phase: Phase, start: str = "") -> None:
        reached = RecordPage(
            at=clock.now(), attempt=self._spec.attempt_id, phase=phase, start=start
        )
        self._intake.put(Told(reached))

    def _adopt(self, page: Page) -> Tab:
        """Listen to this page, and to no other any more."""
        self.tab = Tab(page, self._injection.handle)
        self._intake.listen_to(page)
        page.on("crash", lambda _: self._gone("the page's process crashed", page))
        page.on("close", lambda _: self._gone("the page was closed", page))
        page.on("pageerror", lambda error: self._keep_line("page_error", str(error)))
        page.on("console", self._keep_console)
        page.on("requestfailed", self._keep_failed_request)
        return self.tab

    def _keep(self, kind: str, text: str) -> None:
        self._recorder.add(clock.monotonic_s(), kind, {"text": text})

    def _keep_line(self, kind: str, text: str) -> None:
        self._recorder.add_line(clock.monotonic_s(), kind, redact_line(text))

    def _keep_console(self, said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            self._keep_line(f"console_{said.type}", said.text)

    def _keep_failed_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https"):  # data: and blob: addresses are contents
            error = re.search(r"net::ERR_[A-Z_]+", request.failure or "")
            what = f"{parts.hostname}{redact_path(parts.path)}: {error and error.group()}"
            self._recorder.add_line(clock.monotonic_s(), "request_failed", what)

    def _gone(
        self, what: str, page: Page | None = None, context: BrowserContext | None = None
    ) -> None:
        if self._closing or (page is not None and page is not self._intake.page):
            return
        if context is not None and context is not self._context:
            return
        self._intake.put(Ended(Reason.BROWSER_CRASHED, what))

    async def replace_tab(self, because: str) -> None:
        """Load the page anew in a new tab of the same session; LaunchFailed when that fails too."""
        limits = self._spec.limits
        if self._context is None or self.tab is None:
            raise LaunchFailed(Reason.PAGE_HUNG, "there is no page to replace")
        old = self.tab
        try:
            async with asyncio.timeout(limits.evaluate_s):
                page = await self._context.new_page()
            self._keep("page_replaced", because)
            tab = self._adopt(page)
            # First, because two pages of one session would fight over its stream.
            await old.close(limits.close_s)
            self._require_live_page()
            await self._load(tab)
        except (TimeoutError, PlaywrightError) as error:
            if self.has_ended():
                raise LaunchFailed(Reason.BROWSER_CRASHED, "the browser ended") from error
            raise LaunchFailed(Reason.PAGE_HUNG, "a new page could not be opened") from error

    def has_ended(self) -> bool:
        """Tell whether no process of the browser is left."""
        return self._profile is None or not self._profile.processes.running()

    async def close(self, *, keep: bool) -> None:
        """Close cleanly within a limit, then kill; afterwards the profile is free.

        What the profile holds is put away, or without `keep` deleted.
        """
        self._closing = True
        try:
            if self._profile is not None:
                patience_s = 1.0 if self._context is not None else 0.0
                if await self._end(self._profile, patience_s=patience_s):
                    await self._keeper.put_away(keep=keep)
        finally:
            self._held.close()

    async def _end(self, profile: Profile, *, patience_s: float) -> bool:
        """End the browser. False: some of its processes survive."""
        limits = self._spec.limits
        context, self._context = self._context, None
        self._intake.page = None  # what becomes of this page is no news any more
        if context is not None:
            with suppress(TimeoutError, PlaywrightError):
                async with asyncio.timeout(limits.close_s):
                    await context.close()
        return await profile.processes.end(patience_s=patience_s, limit_s=limits.kill_s)
