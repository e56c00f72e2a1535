"""Runs one seed from beginning to end, and tells what came of it."""

import asyncio
import gc
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import msgspec
from structlog.testing import capture_logs

from adapters.event_log.codec import encode_text
from app import loading
from tests.simulation.parts import REAL, Build
from tests.simulation.process import adopt
from tests.simulation.virtual_time import Stalled, VirtualLoop
from tests.simulation.world import World

SHOWN_STEPS = 40
SNAPSHOT_EACH = 5


class Run(msgspec.Struct, frozen=True):
    """One seed's story; `failure` is empty when every promise was kept."""

    seed: int
    world: World
    failure: str
    virtual_s: float

    @property
    def steps(self) -> int:
        """How many requests the log carried out: after each of them the promises were checked."""
        return self.world.database.requests

    def story(self) -> str:
        """Give every step and the whole log as text: the same for the same seed, to the byte."""
        stories = self.world.promises.stories
        events = [encode_text(event).decode() for event in stories.events]
        inputs = [encode_text(given).decode() for given in stories.inputs]
        return "\n".join([*self.world.trace.lines(), *events, *inputs, self.failure])

    def report(self, last: int | None = SHOWN_STEPS) -> str:
        """Say what broke, what led there, and how to see it again."""
        lines = self.world.trace.lines(last)
        return "\n".join(
            [
                *lines,
                "",
                f"seed {self.seed}: {self.failure or 'every promise was kept'}",
                f"again, with every step: python -m tests.simulation --seed {self.seed}",
            ]
        )


def run(seed: int, build: Build = REAL) -> Run:
    """Run one seed. Nothing but the seed and the build has a say in what happens."""
    failures: list[BaseException] = []

    def broken(error: BaseException) -> None:
        failures.append(error)
        loop.stop()

    loop = VirtualLoop(broken)
    world = World(seed, build, loop, broken)
    tasks: dict[asyncio.Task[Any], None] = {}

    def made(task: asyncio.Task[Any]) -> None:
        tasks[task] = None
        task.add_done_callback(tasks.pop)
        adopt(task)

    loop.made = made
    with capture_logs(), snapshots_often(), no_collection():
        living = loop.create_task(world.live())
        living.add_done_callback(lambda _: loop.stop())
        try:
            loop.run()
        except Stalled as stalled:
            failures.append(stalled)
        if living.done() and (error := living.exception()):
            failures.append(error)
        failure = _sentence(failures[0]) if failures else ""
        _end(loop, tasks)
    return Run(seed, world, failure, loop.time())


@contextmanager
def snapshots_often() -> Generator[None]:
    """Take snapshots every few events: no story here is long enough for the real distance."""
    distance, loading.SNAPSHOT_EACH = loading.SNAPSHOT_EACH, SNAPSHOT_EACH
    try:
        yield
    finally:
        loading.SNAPSHOT_EACH = distance


@contextmanager
def no_collection() -> Generator[None]:
    """Leave garbage lying for as long as a run takes: nothing is finalized at a time of its own."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _end(loop: VirtualLoop, tasks: dict[asyncio.Task[Any], None]) -> None:
    """Let every task end; what breaks in this is only the end of the world."""
    while tasks:
        for task in list(tasks):
            task.cancel()
        loop.call_soon(loop.stop)
        loop.run()


def _sentence(error: BaseException) -> str:
    """Name the promise that was broken, and where it stands."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{place.filename.rpartition('/')[2]}, {place.name}: {place.line}"
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''} ({where})"
