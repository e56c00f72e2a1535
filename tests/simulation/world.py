"""One world: everything that a seed decides, put together, let loose, and watched come to rest."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import cast

import msgspec

from adapters.event_log.errors import AlreadyClaimed, LogBusy, StorageUnavailable, UnreadableEvent
from adapters.event_log.interface import EventLog
from app.dispatch import Dispatch, TooBusy
from app.steady import keep_running
from domain.commands import AnyCommand
from domain.log import Origin
from domain.refusals import Refused
from tests.simulation.at_rest import Rest
from tests.simulation.clients import Client
from tests.simulation.database import Connection, Database
from tests.simulation.faults import Faults
from tests.simulation.parts import Build, Service, Worker
from tests.simulation.process import Clock, Process
from tests.simulation.promises import Promises, Request
from tests.simulation.reader import Reader
from tests.simulation.trace import Trace
from tests.simulation.virtual_time import after


class Size(msgspec.Struct, frozen=True):
    """How large a run is: most are small, and their stories short enough to be read."""

    services: int
    accounts: int
    clients: int
    wishes: int
    faults: int


SIZES = (
    *[Size(services=1, accounts=1, clients=1, wishes=4, faults=2)] * 3,
    *[Size(services=2, accounts=2, clients=1, wishes=5, faults=2)] * 3,
    *[Size(services=1, accounts=2, clients=2, wishes=3, faults=1)] * 2,
    *[Size(services=2, accounts=2, clients=2, wishes=4, faults=3)] * 2,
    Size(services=2, accounts=4, clients=3, wishes=8, faults=6),
)
HARMLESS = (Refused, TooBusy, AlreadyClaimed, StorageUnavailable, UnreadableEvent)
"""What a request may end with; anything else that ends a task is a defect."""


class World:
    """Two services, a worker, a database, clients, pages: and faults, all drawn from one seed."""

    def __init__(
        self,
        seed: int,
        build: Build,
        loop: asyncio.AbstractEventLoop,
        broken: Callable[[BaseException], None],
    ) -> None:
        self.chance = Random(seed)  # noqa: S311  it must be repeatable, not secret
        self.trace = Trace(loop)
        self._size = self.chance.choice(SIZES)
        self.accounts = [f"acc_{n}" for n in range(1, self._size.accounts + 1)]
        self.linked: dict[str, str] = {}
        self.quiet = False
        self.clocks = [Clock(loop) for _ in range(3)]
        store = build.store(now=Clock(loop))
        self.promises = Promises(store, self.trace)
        self.database = Database(
            store,
            self.chance,
            self.trace,
            checked=self.promises.check_log,
            recovered=build.recovered,
        )
        self.services: list[Service] = []
        self.worker: Worker | None = None
        self._build = build
        self._loop = loop
        self._broken = broken
        self._named: dict[str, int] = {}
        self._silent_since: float | None = None
        reading = self._process("reader", self.clocks[0])
        self._reading = reading
        self.reader = Reader(
            cast("EventLog", Connection(self.database, reading)),
            self.promises.stories,
            self.database.newer,
        )

    async def live(self) -> None:
        """Start everything, let it be used and broken, let it be whole again, and check the end."""
        size = self._size
        self._reading.spawn(keep_running("reader", self.reader.run))
        for number in range(size.services):
            self.start_service(number)
        self.start_worker()
        clients = [Client(self, f"key:{n}") for n in range(1, size.clients + 1)]
        for account in self.accounts:
            await clients[0].register(account)
        faults = Faults(self)
        await asyncio.gather(
            faults.live(count=self.chance.randint(0, size.faults), within_s=2.0 * size.wishes),
            *(client.live(size.wishes) for client in clients),
        )
        await after(self.chance.random() * 8.0)  # what was begun may come to something
        self.trace.note("nothing goes wrong any more")
        self.quiet = True
        faults.end()
        await Rest(self).come_and_check()

    # What a run is made of

    def workspace_of(self, account: str) -> str:
        """Name the account's workspace: the fourth has one to itself."""
        return "shop" if account != "acc_4" else "branch"

    def now(self) -> datetime:
        """Read the clock of the first service."""
        return self.clocks[0]()

    def new_id(self, prefix: str) -> str:
        """Name something that was never there before."""
        self._named[prefix] = self._named.get(prefix, 0) + 1
        return f"{prefix}_{self._named[prefix]}"

    def start_service(self, number: int) -> None:
        """Start a service with nothing but the log."""
        process = self._process(f"service:{number + 1}", self.clocks[number])
        service = Service(
            process,
            Connection(self.database, process),
            build=self._build,
            outside=self,
            silent_s=self._worker_silent_s,
        )
        self.services[number : number + 1] = [service]
        self.trace.note("{}: starts", process.name)

    def any_service(self) -> Service | None:
        """Choose one of the services that run."""
        running = [service for service in self.services if service.process.alive]
        return self.chance.choice(running) if running else None

    def start_worker(self) -> None:
        """Start the one worker, with every session kept and no page open."""
        process = self._process(self.new_id("worker"), self.clocks[2])
        self.worker = Worker(
            process, Connection(self.database, process), build=self._build, outside=self
        )
        self._silent_since = None
        self.trace.note("{}: starts", process.name)

    def buried(self, process: Process) -> None:
        """Note that a process is dead: if it was the worker, there is none now."""
        if self.worker is not None and self.worker.process is process:
            self.worker = None
            self._silent_since = self._loop.time()

    async def write_as_newer_build(
        self, account: str, command_of: Callable[[str], AnyCommand]
    ) -> None:
        """Append an event that no other process here can read."""
        process = self._process("newer", self.clocks[0])
        dispatch = Dispatch(cast("EventLog", Connection(self.database, process, newest=True)))
        attempt = self.promises.stories.told(account).account.attempt
        if attempt is None:
            return
        request = self.promises.asked(account, command_of(attempt.id), "newer")
        writing = process.spawn(self.handle(process, dispatch, request))
        await asyncio.wait({writing})

    # What everybody does

    async def tell(self, process: Process, account: str, command: AnyCommand) -> None:
        """Submit what a page reports, from inside of its worker."""
        if self.worker is not None and self.worker.process is process:
            request = self.promises.asked(account, command, f"page of {process.name}")
            await self.handle(process, self.worker.dispatch, request)

    async def handle(self, process: Process, dispatch: Dispatch, request: Request) -> None:
        """Submit a command inside of a process, and hold the answer against the log."""
        origin = Origin(actor=request.actor, correlation_id=request.correlation_id)
        try:
            answer = await dispatch.submit(request.account, request.command, origin, request.claim)
        except Refused as refusal:
            self.promises.refused(request, refusal)
            raise
        except AlreadyClaimed:
            self.promises.already_written(request)
            raise
        except (TooBusy, LogBusy, UnreadableEvent):
            self.promises.nothing_written(request)
            raise
        except StorageUnavailable as error:
            self.trace.note("{}: {} is told: {}", process.name, request.correlation_id, error)
            raise
        self.promises.answered(request, answer)

    async def _worker_silent_s(self) -> float | None:
        silent_since = self._silent_since
        return 0.0 if silent_since is None else self._loop.time() - silent_since

    def _process(self, name: str, clock: Clock) -> Process:
        return Process(name, clock, self._ended)

    def _ended(self, error: BaseException) -> None:
        if not isinstance(error, HARMLESS):
            self._broken(error)
