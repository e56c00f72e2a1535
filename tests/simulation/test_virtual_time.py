"""The loop with a number for a clock runs asyncio as it is, and nothing takes any time."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.simulation.virtual_time import Stalled, VirtualLoop, after


def run(coroutine: Coroutine[Any, Any, object]) -> float:
    """Run it to its end and give the virtual time that it took."""
    failures: list[BaseException] = []
    loop = VirtualLoop(failures.append)
    task = loop.create_task(coroutine)
    task.add_done_callback(lambda _: loop.stop())
    loop.run()
    task.result()
    assert failures == []
    return loop.time()


def test_an_hour_passes_at_once():
    assert run(after(3600)) == 3600


def test_things_happen_in_the_order_of_their_times_and_then_of_their_making():
    happened: list[str] = []

    async def happens(name: str, after_s: float) -> None:
        await after(after_s)
        happened.append(name)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as tasks:
            for name, after_s in (("late", 2.0), ("first", 1.0), ("second", 1.0)):
                tasks.create_task(happens(name, after_s))

    assert run(all_of_them()) == 2
    assert happened == ["first", "second", "late"]


def test_a_timeout_ends_a_wait_for_a_lock():
    async def waits_in_vain() -> None:
        lock = asyncio.Lock()
        async with lock:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(5):
                    await lock.acquire()

    assert run(waits_in_vain()) == 5


def test_waiting_for_what_never_comes_is_told():
    with pytest.raises(Stalled):
        run(asyncio.Event().wait())


def test_what_a_callback_raises_is_told():
    failures: list[BaseException] = []
    loop = VirtualLoop(failures.append)
    loop.call_later(1, [].index, "nothing")
    loop.call_later(2, loop.stop)
    loop.run()
    assert [type(error) for error in failures] == [ValueError]
