"""The database: one log in memory, and a network in between that is slow, cut or down.

A request arrives after a while, is carried out at once and whole, and its answer takes a while too.
What has been sent is carried out even if its sender is dead or has stopped waiting, as with a real
server. Each of these moments is a step after which the promises are checked.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from functools import partial
from itertools import filterfalse, takewhile
from random import Random
from typing import Any, TypeVar

from adapters.event_log.errors import (
    LogBusy,
    LogError,
    StorageUnavailable,
    UnknownTopic,
)
from adapters.event_log.interface import Append, Appended, Snapshot
from adapters.event_log.memory import MemoryEventLog
from domain.log import RecordedEvent
from tests.simulation.process import Process
from tests.simulation.trace import Trace

LIMIT_S = 5.0
"""What a caller waits for one statement: adapters/event_log/database.py."""
AT_ONCE = 0.7
"""Share of reads that take no time while all is well: as good as any, and they cost a third."""
WRITES = frozenset({"append"})
TRAPPED = frozenset({"append", "save_cursor"})
T = TypeVar("T")


def at_once(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise AssertionError("the log in memory waited for something")


class Database:
    """Serves every process; `checked` is called after each request that was carried out."""

    def __init__(
        self,
        store: MemoryEventLog,
        chance: Random,
        trace: Trace,
        *,
        checked: Callable[[], None],
        recovered: Callable[[MemoryEventLog], None],
    ) -> None:
        self.store = store
        self.up = True
        self.slowness = 1.0
        self.cuts = 0.0
        """Share of answers that are lost on the way."""
        self.newer: set[int] = set()
        """Positions that only a newer build can read."""
        self.requests = 0
        self._chance = chance
        self._trace = trace
        self._checked = checked
        self._recovered = recovered
        self._waiting: dict[asyncio.Future[Any], bool] = {}
        self._traps: dict[Process, Trap] = {}
        self._listeners: dict[Listener, None] = {}

    @property
    def _well(self) -> bool:
        return self.up and self.slowness == 1 and not self.cuts

    def is_full(self) -> bool:
        """Tell whether the queue of a slow database happens to be full."""
        return self.slowness > 1 and self._chance.random() < 0.1

    def stop(self) -> None:
        """Drop every connection: nobody hears what became of the request under way."""
        self.up = False
        waiting, self._waiting = self._waiting, {}
        for reply in waiting:
            _answer(reply, StorageUnavailable("The connection was lost."))

    def start(self) -> None:
        """Come back with what had been committed."""
        self._recovered(self.store)
        self.up = True
        self._checked()

    async def ask(self, sender: Process, name: str, request: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Send a request and wait for its answer."""
        if not sender.alive:
            raise asyncio.CancelledError  # a dead process reaches nothing
        loop, chance = asyncio.get_running_loop(), self._chance
        trap = self._traps.get(sender)
        if trap is not None and name in TRAPPED and trap.springs_before(name):
            self._spring(sender, trap)
            raise asyncio.CancelledError
        if name not in WRITES and self._well and chance.random() < AT_ONCE:
            self.requests += 1
            return at_once(request())
        arrives_s = 0.002 * self.slowness * (0.2 + chance.random())
        returns_s = 0.002 * self.slowness * (0.2 + chance.random())
        reply = loop.create_future()
        self._waiting[reply] = False
        loop.call_later(arrives_s, self._carry_out, sender, name, request, reply, returns_s)
        if arrives_s + returns_s > LIMIT_S:
            too_late = StorageUnavailable("The database does not answer in time.")
            loop.call_later(LIMIT_S, _answer, reply, too_late)
        try:
            outcome = await reply
        finally:
            # One that stopped waiting has sent its request all the same.
            if self._waiting.get(reply):
                del self._waiting[reply]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _carry_out(
        self,
        sender: Process,
        name: str,
        request: Callable[[], Any],
        reply: asyncio.Future[Any],
        returns_s: float,
    ) -> None:
        if reply not in self._waiting:
            return  # the connection was lost before it arrived
        self._waiting[reply] = True
        if not self.up:
            _answer(reply, StorageUnavailable("The database cannot be reached."))
            return
        self.requests += 1
        try:
            outcome = at_once(request())
        except LogError as error:
            outcome = error
        if name in WRITES:
            self._checked()
            self._written(sender, reply, outcome)
            trap = self._traps.get(sender)
            if trap is not None and trap.writes <= 0:
                self._spring(sender, trap)
        elif self._well:
            _answer(reply, outcome)  # what is decided on it takes its time as well
            return
        if self.cuts and self._chance.random() < self.cuts:
            outcome = StorageUnavailable("The connection was lost before the answer came.")
        asyncio.get_running_loop().call_later(returns_s, _answer, reply, outcome)

    def _written(self, sender: Process, reply: asyncio.Future[Any], outcome: object) -> None:
        if not isinstance(outcome, Appended):
            return
        if reply.done():
            self._trace.note("database: carries out what {} no longer waits for", sender.name)
        if outcome.positions:
            self._notify()

    def trap(self, process: Process, trap: "Trap") -> None:
        """Let a process die at one of its next writes."""
        self._traps[process] = trap

    def disarm(self) -> None:
        """Let whoever is still alive stay so."""
        self._traps.clear()

    def _spring(self, process: Process, trap: "Trap") -> None:
        del self._traps[process]
        process.die()
        trap.died()

    def _notify(self) -> None:
        """Wake the readers: sooner or later, or if the notification is lost at their next look."""
        loop, chance = asyncio.get_running_loop(), self._chance
        for listener in self._listeners:
            if listener.wakes is None:
                soon_s = 0.4 * chance.random() ** 3
                lost = chance.random() < 0.1
                listener.wakes = loop.call_later(listener.poll_s if lost else soon_s, listener.wake)

    async def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Wake a reader; looks that would find nothing are left out, they change nothing."""
        listener = Listener(poll_s)
        self._listeners[listener] = None
        try:
            while True:
                await listener.heard.wait()
                listener.heard.clear()
                yield
        finally:
            del self._listeners[listener]


class Trap:
    """Kills a process before it sends its nth write, or once that is carried out, unanswered."""

    def __init__(self, writes: int, *, after: bool, died: Callable[[], None]) -> None:
        self.writes = writes
        self.died = died
        self._after = after

    def springs_before(self, name: str) -> bool:
        """Count a write; tell whether it is never sent."""
        self.writes -= 1
        return self.writes <= 0 and (not self._after or name not in WRITES)


class Listener:
    """One reader that waits for news."""

    def __init__(self, poll_s: float) -> None:
        self.poll_s = poll_s
        self.wakes: asyncio.TimerHandle | None = None
        self.heard = asyncio.Event()
        self.heard.set()

    def wake(self) -> None:
        """Let the reader look."""
        self.wakes = None
        self.heard.set()


def _answer(reply: asyncio.Future[Any], outcome: object) -> None:
    if not reply.done():
        reply.set_result(outcome)


class Connection:
    """One process's way to the log: implements `interface.EventLog`, with whatever goes wrong.

    Every method of the log is sent to the database; the few that differ are written out.
    """

    def __init__(self, database: Database, process: Process, *, newest: bool = False) -> None:
        self._database = database
        self._process = process
        self._newest = newest
        """True for the newer build, which reads what it has written."""

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        method = getattr(self._database.store, name)
        return lambda *given, **named: self._ask(name, partial(method, *given, **named))

    async def _ask(self, name: str, request: Callable[[], Any]) -> Any:  # noqa: ANN401
        return await self._database.ask(self._process, name, request)

    async def append(self, append: Append) -> Appended:
        """Write; a full queue is told before anything is sent."""
        if self._process.alive and self._database.is_full():
            raise LogBusy
        return await self._ask("append", partial(self._written, append))

    async def _written(self, append: Append) -> Appended:
        appended = await self._database.store.append(append)
        if self._newest:
            self._database.newer.update(appended.positions)
        return appended

    async def load(self, *given: Any, **named: Any) -> list[RecordedEvent]:  # noqa: ANN401
        """Give a stream's events, if this build knows them all."""
        load = partial(self._database.store.load, *given, **named)
        return self._all_known(await self._ask("load", load))

    async def resume(
        self,
        *given: Any,  # noqa: ANN401
        **named: Any,  # noqa: ANN401
    ) -> tuple[Snapshot | None, list[RecordedEvent]]:
        """Give a snapshot and the events behind it, if this build knows them all."""
        resume = partial(self._database.store.resume, *given, **named)
        snapshot, events = await self._ask("resume", resume)
        return snapshot, self._all_known(events)

    async def read(self, after: int, limit: int, **named: Any) -> list[RecordedEvent]:  # noqa: ANN401
        """Give events behind `after`; stops before one that this build does not know."""
        read = partial(self._database.store.read, after, limit, **named)
        events: list[RecordedEvent] = await self._ask("read", read)
        known = list(takewhile(self._knows, events))
        return known or self._all_known(events)

    def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Yield at once, then whenever there may be something new."""
        return self._database.wakeups(poll_s)

    def _knows(self, recorded: RecordedEvent) -> bool:
        return self._newest or recorded.position not in self._database.newer

    def _all_known(self, events: list[RecordedEvent]) -> list[RecordedEvent]:
        for unknown in filterfalse(self._knows, events):
            raise UnknownTopic(
                "a newer build wrote it",
                unknown.topic,
                unknown.stream,
                unknown.version,
                unknown.position,
            )
        return events
