"""What runs in the processes: the real parts of the service, put together as app/processes/ does.

`Build` names each part, so that a test can put a broken one in its place.
"""

from collections.abc import Awaitable, Callable
from typing import cast

import msgspec

from adapters.event_log.interface import EventLog
from adapters.event_log.memory import MemoryEventLog
from adapters.vault import Vault
from app.account_host import AccountHost
from app.deadline_clock import DeadlineClock
from app.dispatch import Dispatch
from app.fleet import Fleet
from app.reactor import Reactor
from app.snapshots import Snapshots
from app.steady import keep_running
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.account import Account
from domain.log import Origin
from tests.simulation.database import Connection
from tests.simulation.page import Outside, SimulatedHost
from tests.simulation.process import Process

FOLD = "simulated"
"""All processes of a run are of one build."""


def _nothing(_: MemoryEventLog) -> None:
    """Recover all."""


class Build(msgspec.Struct, frozen=True):
    """Which parts the simulated service is made of."""

    dispatch: type[Dispatch] = Dispatch
    reactor: Callable[[EventLog, Dispatch, WorkspaceDispatch], Reactor] = Reactor
    deadline_clock: type[DeadlineClock] = DeadlineClock
    worker_watch: type[WorkerWatch] = WorkerWatch
    store: type[MemoryEventLog] = MemoryEventLog
    recovered: Callable[[MemoryEventLog], None] = _nothing
    """What a restart of the database does to the log."""


REAL = Build()


class LoopEnded(Exception):
    """A loop of the service ended, which none ever may."""


async def forever(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run a loop as the service does; what ends it is a defect, whatever it is."""
    try:
        await keep_running(name, run)
    except Exception as error:
        message = f"{name}: {error!r}"
        raise LoopEnded(message) from error


class Service:
    """`linkwright serve` without HTTP: dispatch, reactor, deadlines, worker watch."""

    def __init__(
        self,
        process: Process,
        connection: Connection,
        *,
        build: Build,
        outside: Outside,
        silent_s: Callable[[], Awaitable[float | None]],
    ) -> None:
        log = cast("EventLog", connection)
        self.process = process
        snapshots = Snapshots(log, FOLD)
        self.dispatch = build.dispatch(log, snapshots)
        chance = outside.chance
        clock, watch = build.deadline_clock, build.worker_watch
        deadlines = clock(
            log,
            self.dispatch,
            process.clock,
            new_attempt=lambda _: outside.new_id("att"),
            jitter=chance.random,
            look_s=0.25 + 1.5 * chance.random(),  # a busy service looks late
        )
        loops = {
            "reactor": build.reactor(log, self.dispatch, WorkspaceDispatch(log, snapshots)).run,
            "deadlines": deadlines.run,
            "watch": watch(log, self.dispatch, silent_s=silent_s, now=process.clock).run,
        }
        for name, run in loops.items():
            process.spawn(forever(name, run))


class Worker:
    """`linkwright worker`, its browsers played by `SimulatedHost`."""

    def __init__(
        self, process: Process, connection: Connection, *, build: Build, outside: Outside
    ) -> None:
        log = cast("EventLog", connection)
        self.process = process
        self.dispatch = build.dispatch(log, Snapshots(log, FOLD))
        self.hosts: dict[str, SimulatedHost] = {}
        self._outside = outside
        self.fleet = Fleet(
            log=log,
            dispatch=self.dispatch,
            vault=cast("Vault", ForgetfulVault()),
            host_of=self._host_of,
            now=process.clock,
            origin=Origin(actor=process.name),
        )
        self.following = process.spawn(forever("fleet", self.fleet.run))

    def _host_of(self, account_id: str, _: Account) -> AccountHost:
        host = SimulatedHost(account_id, self.process, self._outside)
        self.hosts[account_id] = host
        return cast("AccountHost", host)


class ForgetfulVault:
    """Keeps no code: nobody looks at them here."""

    async def clear(self, account: str) -> None:
        """Forget the account's codes."""
