"""One account's page, from launch to close."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from adapters import clock
from adapters.browser.consumer import Consumer
from adapters.browser.correspondence import Correspondence
from adapters.browser.host import BrowserHost
from adapters.browser.injection import Injection
from adapters.browser.intake import Ended, Intake
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.narrator import Narrator
from adapters.browser.opened import AccountBrowser
from adapters.browser.recorder import Recorder
from adapters.browser.sending import Sender, digits_of
from adapters.browser.session_keeper import SessionKeeper
from adapters.browser.snapshot import Report
from adapters.browser.spec import (
    CommandTimedOut,
    Evidence,
    OnAck,
    OnMessage,
    PageUnavailable,
    Record,
    SessionError,
    SessionSpec,
    SessionStore,
    ShowCode,
    SpecMessage,
)
from adapters.browser.warm import WarmBrowser
from adapters.browser.watchdog import Watchdog
from adapters.browser.witness import Witness
from domain.reasons import Reason


class LinkSession:
    """Drives one attempt. Everything it sees goes to `record`, in the page's order.

    Callbacks are called one at a time, by one task. They may call any operation here, `stop`
    included. After `stop` has returned no callback is called and no process is left.
    """

    def __init__(
        self,
        host: BrowserHost,
        spec: SessionSpec,
        *,
        record: Record,
        show_code: ShowCode,
        on_ack: OnAck | None = None,
        on_message: OnMessage | None = None,
        store: SessionStore | None = None,
        warm: WarmBrowser | None = None,
    ) -> None:
        """Without a store the session stays in the profile's folder.

        A warm browser is this session's from now on, and closed with it.
        """
        limits = spec.limits
        injection = Injection(wa_js=host.wa_js, limits=limits, hosts=spec.allowed_hosts)
        self._spec = spec
        self._limits = limits
        self._recorder = Recorder(clock.monotonic_s())
        self._keeper = SessionKeeper(
            store,
            limits,
            turn=host.packing,
            lost=self._close_without_keeping,
            start_over=self._start_over,
        )
        self._narrator = Narrator(
            spec, self._recorder, record=record, show_code=show_code, keeper=self._keeper
        )
        self._intake = Intake(injection.nonce, limits.inbox_size, clock.monotonic_s)
        told = Correspondence(on_ack, on_message, clock.monotonic_s)
        self._consumer = Consumer(self._intake, self._narrator, told, after_look=self._after_look)
        self._browser = AccountBrowser(
            host, spec, injection, self._intake, self._recorder, self._keeper, warm
        )
        self._witness = Witness(
            host,
            spec,
            browser=self._browser,
            narrator=self._narrator,
            keeper=self._keeper,
            intake=self._intake,
            recorder=self._recorder,
        )
        self._sender = Sender(limits, self._browser, self._narrator)
        self._looking: asyncio.Task[None] | None = None
        self._watchdog = Watchdog(self._browser, self._intake, self._narrator, limits)
        self._consuming: asyncio.Task[None] | None = None
        self._errands: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._stopped_by_callback = False
        self._keep = True
        self._closed = asyncio.Event()
        self._failure: Exception | None = None
        self._pairing_boot = ""

    @property
    def attempt_id(self) -> str:
        """The attempt that everything seen here belongs to."""
        return self._spec.attempt_id

    @property
    def refused_callbacks(self) -> dict[str, int]:
        """How often something else than our bridge called the binding, by why."""
        return dict(self._intake.refused)

    # --- life -----------------------------------------------------------------------------

    async def start(self) -> bool:
        """Launch and open the page. To be called once.

        False: it did not work and the RecordProblem that says why has been recorded, or `stop` came
        first; nothing is left running. Raises what a callback raised. Cancelling it frees
        everything.
        """
        if self._closing is not None:
            return False
        self._consuming = asyncio.create_task(self._consume(), name=f"consume {self.attempt_id}")
        opening = self._errand(self._open())
        try:
            await asyncio.wait([opening])
            if self._closing is None and self._browser.is_open:
                return True
            await self.wait_closed()
        except asyncio.CancelledError:
            await self.stop()
            raise
        return False

    async def wait_closed(self) -> None:
        """Wait until the session is over: stopped, or ended by itself after a crash or a hang.

        Raises what a callback raised, if that is what ended it.
        """
        await self._closed.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self, *, keep: bool = True) -> None:
        """Close cleanly within a limit, then kill; the profile is free afterwards. May be repeated.

        With a store the session is put away in it and nothing is left on disk; without `keep` it
        is not even put away.
        """
        self._keep &= keep
        self._stopped_by_callback |= asyncio.current_task() is self._consuming
        closing = self._close_soon()
        cancelled: asyncio.CancelledError | None = None
        while not closing.done():
            try:
                await asyncio.shield(closing)
            except asyncio.CancelledError as error:
                cancelled = error  # closing has limits of its own; nothing may be left behind
        if cancelled is not None:
            raise cancelled
        closing.result()

    def _close_soon(self) -> "asyncio.Task[None]":
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name=f"close {self.attempt_id}")
        return self._closing

    async def _close(self) -> None:
        try:
            self._consumer.leave()
            await _end(self._errands)
            await self._end_consuming()
            self._intake.close()
            await self._browser.close(keep=self._keep)
        finally:
            self._closed.set()

    def _start_over(self) -> None:
        self._errand(self._browser.start_over())

    def _close_without_keeping(self) -> None:
        """Leave the account to whoever has opened it since; nothing is told of it any more."""
        self._keep = False
        self._close_soon()

    async def _end_consuming(self) -> None:
        """Let a callback that is under way finish, but not for long."""
        if self._consuming is None or self._stopped_by_callback:
            return
        if self._consumer.busy:
            await asyncio.wait([self._consuming], timeout=self._limits.close_s)
        await _end({self._consuming})

    async def _open(self) -> None:
        try:
            await self._browser.open()
        except LaunchFailed as error:
            self._intake.put(Ended(error.reason, error.detail))
            return
        self._errand(self._watchdog.run())
        self._errand(self._keeper.watch())

    async def _consume(self) -> None:
        """Whatever a callback raises ends the session."""
        await self._or_close(self._consumer.run())
        await self._look()
        self._close_soon()

    def _errand(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run something beside the consumer that ends with the session."""
        errand = asyncio.create_task(self._or_close(work))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)
        return errand

    async def _or_close(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  handed on by start and wait_closed
            self._failure = error
            self._close_soon()

    def _after_look(self, report: Report) -> None:
        """Ask for the pairing code, once in each load of the page, as soon as it can give one."""
        phone = self._spec.pairing_phone
        if self._spec.method != "pairing_code" or phone is None or report.snapshot.code is None:
            return
        if self._pairing_boot != report.boot:
            self._pairing_boot = report.boot
            self._errand(self._request_pairing_code(phone))

    async def _request_pairing_code(self, phone: str) -> None:
        try:
            await self.request_pairing_code(phone)
        except CommandTimedOut as error:
            self._intake.put(Ended(Reason.INITIALIZE_TIMED_OUT, f"no pairing code: {error}"))
        except SessionError:
            return  # A refusal is told by the page itself; one that is loaded anew is asked anew.

    # --- operations -----------------------------------------------------------------------

    async def refresh_codes(self) -> None:
        """Ask the page for new codes, after RecordCodesExhausted."""
        await self._ask("refresh_codes", limit_s=self._limits.evaluate_s)

    async def request_pairing_code(self, phone: str) -> None:
        """Ask for a pairing code for this number; it arrives as RecordPairingCode.

        With `method="pairing_code"` the session does so by itself once the page can.
        """
        await self._ask("pairing_code", digits_of(phone), limit_s=self._limits.pairing_s)

    async def take_over(self) -> None:
        """Answer WhatsApp's "use here"."""
        await self._ask("take_over", limit_s=self._limits.evaluate_s)

    async def logout(self) -> bool:
        """Unlink. True: the page has confirmed it and RecordLogout has been recorded."""
        if self._narrator.view.stage in ("opening", "unpaired"):
            return self._narrator.logged_out.is_set()
        self._narrator.logout_asked = True
        with suppress(TimeoutError, SessionError):
            async with asyncio.timeout(self._limits.logout_s):
                # The page leaves while it answers, so the answer is worth nothing.
                with suppress(SessionError):
                    await self._ask("logout", limit_s=self._limits.logout_s)
                await self._narrator.logged_out.wait()
        return self._narrator.logged_out.is_set()

    async def send(self, message: SpecMessage) -> str:
        """Send it, once however often it is asked for; give WhatsApp's id. Raises SendFailed.

        Takes as long as Limits.send_s or send_file_s. After `page_silent` it may still be sent;
        its acks tell.
        """
        return await self._sender.send(message)

    async def evidence(self) -> Evidence:
        """Gather what may be kept of this attempt; after the end with the last sight of the page.

        Takes no longer than a screenshot may; whoever stops the session meanwhile cuts it short.
        """
        await self._look()
        return self._witness.tell()

    async def _look(self) -> None:
        """Take a picture while there is a page; several callers share one."""
        if self._looking is None or self._looking.done():
            if self._closing is not None:
                return
            self._looking = self._errand(self._witness.look())
        await asyncio.wait([self._looking])

    async def _ask(self, command: str, argument: object = None, *, limit_s: float) -> Any:  # noqa: ANN401  see Tab.ask
        tab = self._browser.tab
        if tab is None or self._closing is not None:
            raise PageUnavailable(f"{command}: no page is open")
        return await tab.ask(command, argument, limit_s=limit_s)


async def _end(tasks: "set[asyncio.Task[None]]") -> None:
    """Cancel tasks and wait until they have freed what they hold."""
    running = set(tasks)
    for task in running:
        task.cancel()
    if running:
        await asyncio.wait(running)
