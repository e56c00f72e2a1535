"""Work on all cores: tasks go to processes of our own, and what comes of them comes back.

The processes are spawned, so they share nothing with this one. They end when it does, whichever way
that is: the pipe that they read closes.
"""

import gc
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from signal import SIG_BLOCK, SIG_SETMASK, SIGINT, pthread_sigmask
from typing import Any, TypeAlias

JOIN_S = 5.0
"""For a process that has nothing to read any more; then it is killed."""
LEFT_ALONE = 50_000
"""Objects that come to be between two looks for cycles. A task makes many that live until its end
and have none: looking every 700, as Python does, took a sixth of the time."""

Work = Callable[[Iterator[Any]], Iterator[Any]]
"""Gives for each task what came of it, or an exception that is to be raised here. Picklable."""
Pipe: TypeAlias = "Connection[Any, Any]"


class WorkerEnded(Exception):
    """A process ended in the middle of a task; what it said is on standard error."""


class WorkerProcesses:
    """Starts a process when there is a task and none is free, up to one for each core."""

    def __init__(self, work: Work, most: int | None = None) -> None:
        self._work = work
        self._most = most or cores()
        self._context = get_context("spawn")
        self._started: dict[Pipe, SpawnProcess] = {}

    def close(self) -> None:
        """End all processes."""
        for pipe in self._started:
            pipe.close()
        for process in self._started.values():
            process.join(JOIN_S)
            if process.is_alive():
                process.kill()
                process.join()
        self._started.clear()

    def results(self, tasks: Iterable[Any]) -> Generator[Any]:
        """Give what came of the tasks as it comes; a task is taken when it can be worked on."""
        free, busy, waiting = list[Pipe](), set[Pipe](), iter(tasks)
        while True:
            while free or len(self._started) < self._most:
                task = next(waiting, None)
                if task is None:
                    break
                pipe = free.pop() if free else self._start()
                pipe.send(task)
                busy.add(pipe)
            if not busy:
                return
            for pipe in wait(list(busy)):
                if isinstance(pipe, Connection):
                    yield _received(pipe)
                    busy.remove(pipe)
                    free.append(pipe)

    def _start(self) -> Pipe:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_run, args=(theirs, self._work), daemon=True)
        # Ctrl-C is for whoever reads what comes of it: the new process never hears of it.
        heard = pthread_sigmask(SIG_BLOCK, {SIGINT})
        try:
            process.start()
        finally:
            pthread_sigmask(SIG_SETMASK, heard)
        theirs.close()
        self._started[ours] = process
        return ours


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_all_cores(work: Work, tasks: Iterable[Any], most: int | None = None) -> Generator[Any]:
    """Give what came of the tasks as it comes; raises what the work told, or WorkerEnded."""
    with closing(WorkerProcesses(work, most)) as processes:
        yield from processes.results(tasks)


def _received(pipe: Pipe) -> Any:  # noqa: ANN401  whatever the work gives
    try:
        done = pipe.recv()
    except (EOFError, OSError):
        raise WorkerEnded("a worker process ended in the middle of its task") from None
    if isinstance(done, Exception):
        raise done
    return done


def _run(pipe: Pipe, work: Work) -> None:
    """Work in the new process until there is nothing more to read."""
    gc.freeze()
    gc.set_threshold(LEFT_ALONE)
    with suppress(BrokenPipeError, ConnectionResetError):
        for done in work(_tasks(pipe)):
            pipe.send(done)


def _tasks(pipe: Pipe) -> Generator[Any]:
    while True:
        try:
            yield pipe.recv()
        except (EOFError, ConnectionResetError):
            return
