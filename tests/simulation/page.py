"""The page and the phone in front of it: what a worker holds for an account, played by the seed.

A page tells what it sees in any order, twice, or late: each report is handed over on its own.
"""

import asyncio
from datetime import timedelta
from random import Random
from typing import Any, Protocol, cast

from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from app.dispatch import TooBusy
from app.orders import Close, Open, Order, Renew, Unlink
from domain import observations as o
from domain.commands import AnyCommand
from domain.events import Phase
from domain.reasons import Reason
from domain.refusals import Refused
from tests.simulation.process import Process
from tests.simulation.virtual_time import after

PHASES: tuple[Phase, ...] = ("queued", "browser_started", "page_loaded", "bridge_started")
NUMBERS = ("62811555001", "62811555002")
CODE_S = 3.0
RETRY_S = 1.0
"""As app/account_host.py: a report that the log could not take is handed over again."""
LOSSES = (
    Reason.NETWORK_LOST,
    Reason.NETWORK_LOST,
    Reason.BROWSER_CRASHED,
    Reason.STREAM_REPLACED,
    Reason.TEMPORARILY_BANNED,
    Reason.PHONE_UNLINKED,
)


class Outside(Protocol):
    """What is outside of the service, and outlives its processes."""

    chance: Random
    linked: dict[str, str]
    """Account -> the number that its kept session is linked with, at WhatsApp."""
    quiet: bool
    """Nobody wants or reports anything any more."""

    def new_id(self, prefix: str) -> str:
        """Name something that was never there before."""
        ...

    async def tell(self, process: Process, account: str, command: AnyCommand) -> None:
        """Submit what a page reports, from inside of its worker."""
        ...


class SimulatedHost:
    """Stands where `app.account_host.AccountHost` does: obeys orders, holds one page at most."""

    def __init__(self, account: str, worker: Process, outside: Outside) -> None:
        self.account = account
        self.page: Page | None = None
        self.attempt_id = ""
        self._worker = worker
        self._outside = outside
        self._orders: asyncio.Queue[Order] = asyncio.Queue()

    async def give(self, order: Order, *_: object) -> None:
        """Queue an order; whose wish it follows from matters to nobody here."""
        await self._orders.put(order)

    def poke(self, *_: object) -> None:
        """Nobody writes messages in these stories."""

    @property
    def idle(self) -> bool:
        """True when nothing is open or waiting."""
        return self.page is None and self._orders.empty()

    async def run(self) -> None:
        """Carry out orders until cancelled; then the page is closed, its session kept."""
        try:
            while True:
                self._obey(await self._orders.get())
        finally:
            self._close()

    def _obey(self, order: Order) -> None:
        match order:
            case Open():
                if self.page is None or self.page.attempt != order.attempt:
                    self._close()
                    self.attempt_id = order.attempt
                    self.page = Page(self, order, self._worker, self._outside)
            case Renew() if self.page is not None:
                self.page.renewed.set()
            case Unlink() if self.page is not None:
                self.page.unlink()
            case Close():
                self._close()
                if order.erase:
                    self._outside.linked.pop(self.account, None)
            case _:
                pass  # there is no page to ask

    def _close(self) -> None:
        page, self.page = self.page, None
        if page is not None:
            page.living.cancel()


class Page:
    """One opened page. What it has told is told again until the log has it, or the worker dies."""

    def __init__(self, host: SimulatedHost, order: Open, worker: Process, outside: Outside) -> None:
        self.attempt = order.attempt
        self.renewed = asyncio.Event()
        self._host = host
        self._order = order
        self._worker = worker
        self._outside = outside
        self._chance = outside.chance
        self.living = worker.spawn(self._live())

    def unlink(self) -> None:
        """Log out at WhatsApp, and say so; now and then the page does not get there."""
        self._outside.linked.pop(self._host.account, None)
        if self._happens(0.7):
            self._tell(o.RecordLogout(at=self._worker.clock(), attempt=self.attempt, by="client"))

    async def _live(self) -> None:
        await self._start()
        if self._happens(0.85) and self._outside.linked.get(self._host.account):
            self._see(o.RecordSession)
        else:
            await self._show_codes()
        number = self._outside.linked.get(self._host.account) or self._chance.choice(NUMBERS)
        await self._become_ready(number)
        while True:
            await self._stay_ready()

    async def _start(self) -> None:
        """Whoever has begun says so: only an attempt that no worker came to has no phase."""
        for phase in PHASES:
            self._see(o.RecordPage, phase=phase)
            await self._pause(0.5)
            if self._happens(0.03):
                await self._end(self._chance.choice(LOSSES))

    async def _show_codes(self) -> None:
        kind = o.RecordQr if self._order.method == "qr" else o.RecordPairingCode
        while True:
            for _ in range(self._chance.randint(1, 4)):
                until = self._worker.clock() + timedelta(seconds=CODE_S)
                self._see(kind, fingerprint=self._outside.new_id("code"), expires_at=until)
                await self._pause(CODE_S)
                if self._happens(0.5):
                    if self._happens(0.8):
                        self._see(o.RecordScan)  # the other fifth is seen by what follows
                    return
            self._see(o.RecordCodesExhausted)
            await self.renewed.wait()
            self.renewed.clear()

    async def _become_ready(self, number: str) -> None:
        for percent in range(0, 100, self._chance.choice((30, 60, 101))):
            await self._pause(1.0)
            self._see(o.RecordSyncProgress, percent=percent)
        if self._happens(0.05):
            self._see(o.RecordActionRequired, action="passkey")
            await self._pause(5.0)
        if self._happens(0.05):
            self._see(o.RecordLogout, by="whatsapp")
        if self._happens(0.3):
            self._see(o.RecordSynced)
            await self._pause(1.2)
        if self._happens(0.1):
            await self._end(self._chance.choice(LOSSES))
        await self._pause(0.5)
        self._outside.linked[self._host.account] = number
        self._see_number(number)

    async def _stay_ready(self) -> None:
        await self._pause(6.0)
        match self._chance.randrange(8):
            case 0 | 1:
                await self._end(self._chance.choice(LOSSES))
            case 2:
                self._outside.linked.pop(self._host.account, None)
                self._see(o.RecordLogout, by="phone")
                await asyncio.Event().wait()
            case 3:
                self._see_number(self._chance.choice(NUMBERS))
            case 4:
                digest = self._outside.new_id("sealed")
                self._see(o.RecordSealedSession, digest=digest, size_bytes=1)
            case 5:
                stage = self._chance.choice(("requested", "ready", "failed", "promoted"))
                self._see(o.RecordStandby, stage=stage)
            case 6:
                self._see(o.RecordUnsealedSession, reason=Reason.STORAGE_UNAVAILABLE)
            case _:
                pass

    def _see_number(self, number: str) -> None:
        self._see(o.RecordReady, phone=number, phone_fingerprint=f"keyed-{number[-1]}", name="Ayu")

    async def _end(self, reason: Reason) -> None:
        """Break down: say why, and do nothing any more."""
        if reason is Reason.PHONE_UNLINKED:
            self._outside.linked.pop(self._host.account, None)
        self._see(o.RecordProblem, reason=reason, jitter=self._chance.random())
        await asyncio.Event().wait()

    async def _pause(self, most_s: float) -> None:
        """Let some time pass; once it is quiet a page stays as it is."""
        await after(self._chance.random() * most_s)
        if self._outside.quiet:
            await asyncio.Event().wait()

    def _happens(self, share: float) -> bool:
        return self._chance.random() < share

    def _see(self, kind: type[o.Observation], **facts: Any) -> None:  # noqa: ANN401  its fields
        self._tell(kind(at=self._worker.clock(), attempt=self.attempt, **facts))

    def _tell(self, observation: o.Observation) -> None:
        """Hand a report over: mostly once and soon, else twice, or after what comes later."""
        for _ in range(2 if self._happens(0.1) else 1):
            late_s = 8.0 if self._happens(0.1) else 0.02
            self._worker.spawn(self._deliver(observation, self._chance.random() * late_s))

    async def _deliver(self, observation: o.Observation, after_s: float) -> None:
        await after(after_s)
        while True:
            try:
                command = cast("AnyCommand", observation)  # every observation is one
                return await self._outside.tell(self._worker, self._host.account, command)
            except (Refused, UnreadableEvent):
                return None
            except (StorageUnavailable, TooBusy):
                await after(RETRY_S)
