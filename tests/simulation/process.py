"""A process of the service: tasks, a clock of its own, and a death that nothing survives."""

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.examples import START

T = TypeVar("T")
_RUNNING_IN: ContextVar["Process"] = ContextVar("_RUNNING_IN")


class Process:
    """What runs in here ends with it, however deep; only the log is left."""

    def __init__(self, name: str, clock: "Clock", ended: Callable[[BaseException], None]) -> None:
        self.name = name
        self.clock = clock
        self.alive = True
        self._broke = ended
        self._tasks: dict[asyncio.Task[Any], None] = {}

    def spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task of this process; the tasks that it makes belong here too."""
        return copy_context().run(self._spawn, coroutine)

    def _spawn(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        _RUNNING_IN.set(self)
        return asyncio.get_running_loop().create_task(coroutine)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Take in a task made by one of this process's tasks."""
        self._tasks[task] = None
        task.add_done_callback(self._ended)

    def die(self) -> None:
        """Stop between two steps. What a task still does while it is cancelled reaches nobody."""
        self.alive = False
        for task in list(self._tasks):
            task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._broke(error)


class Clock:
    """A machine's clock, which may be wrong and may jump."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.ahead_s = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=round(self._loop.time() + self.ahead_s, 3))


def adopt(task: asyncio.Task[Any]) -> None:
    """Give a new task to the process that it runs in."""
    process = _RUNNING_IN.get(None)
    if process is not None:
        process.adopt(task)
