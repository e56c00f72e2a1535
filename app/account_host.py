"""One account's browser: carries out orders one after the other, and reports what the page shows.

An order to close does not wait for a page that is still opening.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import assert_never, cast

import msgspec
import structlog

from adapters.browser.host import BrowserHost
from adapters.browser.session import LinkSession
from adapters.browser.spec import Evidence, NotRecorded, SessionError, SessionSpec
from adapters.browser.warm import WarmBrowser
from adapters.event_log.errors import StorageUnavailable
from adapters.evidence_store import EvidenceStore
from adapters.kept_sessions import KeptSessions
from adapters.vault import Vault
from app.causes import following
from app.dispatch import Dispatch, TooBusy
from app.kept_evidence import KeptEvidence
from app.kept_session import KeptSession
from app.orders import Close, Gather, Open, Order, Renew, Unlink
from app.receiving import Inbox, Receiving
from app.sending import Outbox, Pace, Sending
from domain.account import Holder
from domain.commands import AnyCommand
from domain.events import Method
from domain.log import Origin
from domain.observations import Observation, RecordProblem
from domain.reasons import Reason
from domain.refusals import Refused

MOST_ORDERS = 64
"""Orders that may wait for one account; a caller waits beyond that."""

GATHER_LIMIT_S = 5.0
"""A picture alone may take 3 s (Limits.screenshot_s); the page stays open that much longer."""

RETRY_S = 1.0
"""Pause before something that the log could not take is handed over again."""

_logger = structlog.get_logger()


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """Where a host puts what it is not to lose."""

    vault: Vault
    sessions: KeptSessions
    evidence: EvidenceStore | None
    """None: none is kept."""
    outbox: Outbox
    inbox: Inbox


class AccountHost:
    """Holds at most one browser session of one account."""

    def __init__(
        self,
        account_id: str,
        *,
        browsers: BrowserHost,
        dispatch: Dispatch,
        stores: Stores,
        spec: Callable[[Open], SessionSpec],
        now: Callable[[], datetime],
        origin: Origin,
        warm: Callable[[str], Awaitable[WarmBrowser | None]] | None = None,
    ) -> None:
        """`warm` gives the browser that stands by; only the standby process has one.

        What is kept of the session is the worker's to delete.
        """
        self._warm = warm
        self._holder: Holder = "primary" if warm is None else "standby"
        self._inbox = stores.inbox
        self._outbox = stores.outbox
        self._pace = Pace(stores.outbox.settings.per_minute)
        self._account_id = account_id
        self._browsers = browsers
        self._dispatch = dispatch
        self._vault = stores.vault
        self._spec = spec
        self._sessions = stores.sessions
        self._now = now
        self._origin = origin
        self._evidence = stores.evidence and KeptEvidence(
            account_id, store=stores.evidence, record=self._record, now=now
        )
        self._orders: asyncio.Queue[tuple[Order, Origin]] = asyncio.Queue(MOST_ORDERS)
        self._session: LinkSession | None = None
        self._attempt_id = ""
        self._kind: Method = "qr"
        self._living: asyncio.Task[None] | None = None
        self._sending: Sending | None = None
        self._sends: asyncio.Task[None] | None = None
        self._obeying = False

    async def give(self, order: Order, cause: Origin) -> None:
        """Queue an order, with the origin of what gave it."""
        await self._orders.put((order, cause))

    def poke(self, message_id: str, cause: Origin) -> None:
        """Have the account's queue looked at: this message was queued, or (empty) it is READY."""
        if self._sending is not None:
            self._sending.poke(message_id, cause)

    @property
    def attempt_id(self) -> str:
        """The attempt that was opened last; empty before the first."""
        return self._attempt_id

    @property
    def idle(self) -> bool:
        """True when nothing is open, waiting or being done."""
        return self._session is None and self._orders.empty() and not self._obeying

    async def run(self) -> None:
        """Carry out orders until cancelled; then close the page, keeping its session."""
        try:
            while True:
                self._obeying = False
                order, cause = await self._orders.get()
                self._obeying = True
                self._follow(cause)
                await self._obey_or_tell(order)
        finally:
            await self._close_session()

    def _follow(self, cause: Origin) -> None:
        """Whatever the page shows from here on follows from this order, and log lines say so."""
        self._origin = following(cause, self._origin.actor)
        structlog.contextvars.bind_contextvars(
            correlation_id=cause.correlation_id, trace_parent=cause.trace_parent
        )

    async def _obey_or_tell(self, order: Order) -> None:
        """An order that breaks ends the attempt by name; it must not leave a status that lies."""
        try:
            await self._obey(order)
        except SessionError as error:
            # The page is gone or does not answer: its own report or a deadline says what follows.
            _logger.info(
                "order not carried out",
                account=self._account_id,
                order=type(order).__name__,
                error=str(error),
            )
        except Exception as error:
            _logger.exception("order broke", account=self._account_id, order=type(order).__name__)
            seen = await self._gathered(self._attempt_id)
            await self._close_session()
            await self._tell_broken(error)
            await self._keep(self._attempt_id, seen)

    async def _obey(self, order: Order) -> None:
        match order:
            case Open():
                await self._open(order)
            case Renew():
                if self._session is not None:
                    await self._session.refresh_codes()
            case Gather():
                await self._keep(order.attempt, await self._gathered(order.attempt))
            case Unlink():
                if self._session is not None:
                    await self._session.logout()  # records the logout itself once confirmed
            case Close():
                await self._close(order)
            case _:
                assert_never(order)

    async def _open(self, order: Open) -> None:
        if self._session is not None and self._attempt_id == order.attempt:
            return
        await self._close_session()
        spec = self._spec(order)
        self._attempt_id = order.attempt
        self._kind = order.method
        store = KeptSession(
            self._account_id,
            order.attempt,
            sessions=self._sessions,
            record=self._record,
            now=self._now,
        )
        receiving = Receiving(self._account_id, inbox=self._inbox, origin=self._origin)
        self._session = LinkSession(
            self._browsers,
            spec,
            record=self._record,
            show_code=self._show_code,
            on_ack=receiving.acknowledge,
            on_message=receiving.receive,
            store=store,
            warm=None if self._warm is None else await self._warm(self._account_id),
        )
        self._living = asyncio.create_task(
            self._live(self._session), name=f"session {self._account_id} {order.attempt}"
        )
        self._sending = Sending(
            self._account_id,
            order.attempt,
            self._session,
            outbox=self._outbox,
            pace=self._pace,
            origin=self._origin,
            by=self._holder,
        )
        self._sends = asyncio.create_task(
            self._sending.run(), name=f"sending {self._account_id} {order.attempt}"
        )

    async def _live(self, session: LinkSession) -> None:
        """Open the page and stay until it ends; what breaks here ends the attempt by name."""
        try:
            if await session.start():
                await session.wait_closed()
        except Exception as error:
            _logger.exception("session broke", account=self._account_id)
            await self._tell_broken(error)

    async def _tell_broken(self, error: Exception) -> None:
        away = isinstance(error, (StorageUnavailable, NotRecorded))
        broken = RecordProblem(
            at=self._now(),
            attempt=self._attempt_id,
            reason=Reason.STORAGE_UNAVAILABLE if away else Reason.BROWSER_CRASHED,
            detail=f"the session broke: {type(error).__name__}",
        )
        while True:  # a status must not go on saying READY without a browser
            try:
                return await self._record(broken)
            except NotRecorded:
                await asyncio.sleep(RETRY_S)

    async def _close(self, order: Close) -> None:
        if order.unlink and self._session is not None:
            try:
                await self._session.logout()
            except SessionError as error:
                _logger.info("not unlinked", account=self._account_id, error=str(error))
        seen = await self._gathered(order.failed)
        await self._close_session(keep=not order.erase)
        if order.erase and self._warm is None:
            await self._sessions.forget(self._account_id)
            await self._browsers.erase(self._account_id)
        await self._keep(order.failed, seen)

    async def _gathered(self, attempt: str) -> Evidence | None:
        """Look at what this attempt has open, before it is closed."""
        session = self._session
        if self._evidence is None or session is None or session.attempt_id != attempt:
            return None
        try:
            async with asyncio.timeout(GATHER_LIMIT_S):
                return await session.evidence()
        except TimeoutError:
            return None

    async def _keep(self, attempt: str, seen: Evidence | None) -> None:
        if self._evidence is not None and seen is not None:
            await self._evidence.keep(attempt, seen)

    async def _close_session(self, *, keep: bool = True) -> None:
        running = [task for task in (self._living, self._sends) if task is not None]
        session = self._session
        self._living = self._sends = self._sending = self._session = None
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        if session is not None:
            await session.stop(keep=keep)

    async def _record(self, observation: Observation) -> None:
        """Hand an observation to the domain; when this returns the log has it."""
        try:
            command = cast("AnyCommand", observation)  # every observation is one
            await self._dispatch.submit(self._account_id, command, self._origin)
        except Refused as refusal:
            _logger.info(
                "observation refused",
                account=self._account_id,
                kind=type(observation).__name__,
                rule=refusal.rule,
            )
        except (StorageUnavailable, TooBusy) as error:
            raise NotRecorded(str(error)) from error

    async def _show_code(
        self, *, attempt: str, fingerprint: str, text: str, expires_at: datetime
    ) -> None:
        """Put a code where the API finds it, before the log says that there is one."""
        try:
            await self._vault.put(
                account=self._account_id,
                attempt=attempt,
                fingerprint=fingerprint,
                text=text,
                expires_at=expires_at,
                now=self._now(),
                kind=self._kind,
            )
        except StorageUnavailable as error:
            raise NotRecorded(str(error)) from error
