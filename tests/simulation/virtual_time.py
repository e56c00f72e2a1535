"""An event loop whose clock is a number.

Coroutines, tasks, locks and timeouts of asyncio run on it as ever, but where a real loop would wait
for the next timer this one moves its clock there. Minutes pass in milliseconds, nothing outside has
a say in the order of things, and the same program runs the same way every time.
"""

import asyncio
from asyncio import _set_running_loop  # made for those who write loops
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeVar

T = TypeVar("T")


class Stalled(Exception):
    """Everybody waits, and no timer will ever wake anybody."""


class Call:
    """A callback that is due; asyncio wants to be able to cancel it."""

    __slots__ = ("_args", "_callback", "_context")

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None
    ) -> None:
        self._callback: Callable[..., object] | None = callback
        self._args = args
        self._context = context or copy_context()

    def cancel(self) -> None:
        """Let nothing happen."""
        self._callback = None

    def run(self) -> None:
        """Let it happen."""
        if self._callback is not None:
            self._context.run(self._callback, *self._args)


class VirtualLoop(asyncio.AbstractEventLoop):
    """As much of an event loop as tasks need. `time()` is in virtual seconds since it was made.

    `broken` hears of what a callback raises and of what nobody asked a task for.
    """

    def __init__(self, broken: Callable[[BaseException], None]) -> None:
        self._broken = broken
        self._passed_s = 0.0
        self._ready: deque[Call] = deque()
        self._timers: list[tuple[float, int, Call]] = []
        self._count = count()
        self._running = False
        self.made: Callable[[asyncio.Task[Any]], None] = lambda _: None
        """Hears of every task."""

    def run(self) -> None:
        """Run until stopped; Stalled when nothing can happen any more."""
        self._running = True
        _set_running_loop(self)
        try:
            while self._running:
                self._run_next()
        finally:
            _set_running_loop(None)

    def _run_next(self) -> None:
        if self._ready:
            call = self._ready.popleft()
        elif self._timers:
            self._passed_s, _, call = heappop(self._timers)
        else:
            raise Stalled
        try:
            call.run()
        except Exception as error:  # noqa: BLE001  whatever it is, it is told
            self._broken(error)

    def stop(self) -> None:
        """Let `run` return after the callback that runs now."""
        self._running = False

    # What asyncio asks a loop for

    def time(self) -> float:
        return self._passed_s

    def get_debug(self) -> bool:
        return False

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401  whatever the callback takes
        context: Context | None = None,
    ) -> Any:  # noqa: ANN401  asyncio's own handle is more than anybody needs
        call = Call(callback, args, context)
        self._ready.append(call)
        return call

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401  as above
        context: Context | None = None,
    ) -> Any:  # noqa: ANN401  as above
        call = Call(callback, args, context)
        heappush(self._timers, (max(when, self._passed_s), next(self._count), call))
        return call

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401  as above
        context: Context | None = None,
    ) -> Any:  # noqa: ANN401  as above
        return self.call_at(self._passed_s + delay, callback, *args, context=context)

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Any,  # noqa: ANN401  a coroutine
        **named: Any,  # noqa: ANN401  name and context, as this Python has them
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coro, loop=self, **named)
        self.made(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self._broken(context.get("exception") or RuntimeError(context["message"]))


async def after(seconds: float) -> None:
    """Let virtual time pass."""
    loop = asyncio.get_running_loop()
    passed = loop.create_future()
    timer = loop.call_later(seconds, _pass, passed)
    try:
        await passed
    finally:
        timer.cancel()


def _pass(passed: asyncio.Future[None]) -> None:
    if not passed.done():
        passed.set_result(None)
