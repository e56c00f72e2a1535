"""What goes wrong in a run: drawn from the seed, each fault with its time and its end."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from domain.observations import RecordEvidence
from tests.simulation.clients import Client
from tests.simulation.database import Trap
from tests.simulation.process import Process
from tests.simulation.virtual_time import after

if TYPE_CHECKING:
    from tests.simulation.world import World

MOST_AHEAD_S = 40.0
"""How wrong a clock may be; deadlines are then met that much later."""


class Faults:
    """Breaks the world now and then; `end` lets it be whole again."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._chance = world.chance

    async def live(self, count: int, within_s: float) -> None:
        """Break something so many times."""
        kinds = (
            self._service_dies,
            self._service_dies,
            self._worker_dies,
            self._worker_stops,
            self._database_stops,
            self._database_is_slow,
            self._answers_are_lost,
            self._clock_jumps,
            self._newer_build_writes,
            self._storm,
        )
        for _ in range(count):
            await after(self._chance.random() * 2 * within_s / count)
            await self._chance.choice(kinds)()

    def end(self) -> None:
        """Let every fault be over, and start what is not running."""
        world = self._world
        world.database.disarm()
        world.database.slowness, world.database.cuts = 1.0, 0.0
        if not world.database.up:
            self._database_starts()
        for number, service in enumerate(world.services):
            if not service.process.alive:
                world.start_service(number)
        if world.worker is None:
            world.start_worker()

    async def _service_dies(self) -> None:
        number = self._chance.randrange(len(self._world.services))
        process = self._world.services[number].process
        if process.alive:
            self._trap(process, partial(self._service_starts, number), most_s=4.0)

    def _trap(self, process: Process, starts: Callable[[], None], most_s: float) -> None:
        """Kill a process now, or at one of its next writes: unsent, or unanswered."""

        def died() -> None:
            self._world.trace.note("{}: is killed", process.name)
            self._world.buried(process)
            self._later(most_s, starts)

        if self._chance.random() < 0.3:
            process.die()
            died()
            return
        trap = Trap(self._chance.randint(1, 3), after=self._chance.random() < 0.5, died=died)
        self._world.database.trap(process, trap)

    def _service_starts(self, number: int) -> None:
        if not self._world.services[number].process.alive:
            self._world.start_service(number)

    async def _worker_dies(self) -> None:
        worker = self._world.worker
        if worker is not None:
            most_s = self._chance.choice((2.0, 15.0))
            self._trap(worker.process, self._worker_starts, most_s=most_s)

    def _worker_starts(self) -> None:
        if self._world.worker is None:
            self._world.start_worker()

    async def _worker_stops(self) -> None:
        """Let the worker close its pages as on Ctrl-C, within a grace time."""
        worker = self._world.worker
        if worker is None:
            return
        self._world.trace.note("{}: is asked to stop", worker.process.name)
        worker.following.cancel()
        closing = worker.process.spawn(worker.fleet.close())
        await asyncio.wait({closing}, timeout=3.0)
        if not closing.cancelled() and closing.done():
            closing.exception()  # the database may be away: the next worker tells it
        if self._world.worker is worker:
            worker.process.die()
            self._world.buried(worker.process)
            self._later(2.0, self._worker_starts)

    async def _database_stops(self) -> None:
        if self._world.database.up:
            self._world.trace.note("database: stops")
            self._world.database.stop()
            self._later(6.0, self._database_starts)

    def _database_starts(self) -> None:
        if not self._world.database.up:
            self._world.trace.note("database: is back")
            self._world.database.start()

    async def _database_is_slow(self) -> None:
        factor = self._chance.choice((20.0, 300.0, 3000.0))
        self._world.trace.note("database: {} times as slow", factor)
        self._world.database.slowness = factor
        self._later(4.0, self._database_is_fast)

    def _database_is_fast(self) -> None:
        self._world.database.slowness = 1.0

    async def _answers_are_lost(self) -> None:
        self._world.trace.note("network: loses answers")
        self._world.database.cuts = 0.3
        self._later(4.0, self._answers_come)

    def _answers_come(self) -> None:
        self._world.database.cuts = 0.0

    async def _clock_jumps(self) -> None:
        clock = self._chance.choice(self._world.clocks)
        by_s = self._chance.choice((-30.0, -3.0, 3.0, 30.0)) * self._chance.random()
        clock.ahead_s = max(-MOST_AHEAD_S, min(MOST_AHEAD_S, clock.ahead_s + by_s))
        self._world.trace.note("clock {}: jumps by {:.3f} s", self._world.clocks.index(clock), by_s)

    async def _newer_build_writes(self) -> None:
        """Let a newer build write an event that nobody else here can read."""
        if self._chance.random() < 0.5:
            return  # it parks an account for the rest of the run
        await self._world.write_as_newer_build(
            self._chance.choice(self._world.accounts),
            lambda attempt: RecordEvidence(
                at=self._world.now(), attempt=attempt, kind="console", digest="new", size_bytes=1
            ),
        )

    async def _storm(self) -> None:
        self._world.trace.note("clients: a storm of commands on one account")
        await Client(self._world, "storm").storm(self._chance.choice(self._world.accounts))

    def _later(self, most_s: float, repair: Callable[..., None], *given: object) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._chance.random() * most_s, repair, *given)
