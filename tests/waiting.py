"""The one place where a test waits for something that sends no event."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.clock import monotonic_s

T = TypeVar("T")

_PAUSE_S = 0.02
LIMIT_S = 30.0  # far beyond what it takes, so that only what never happens fails


def wait_until(probe: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """Ask again until the answer is truthy, and return it."""
    until_s = monotonic_s() + limit_s
    never = threading.Event()
    while not (answer := probe()):
        assert monotonic_s() < until_s, f"it did not happen within {limit_s} s: {answer!r}"
        never.wait(_PAUSE_S)
    return answer


async def eventually(
    probe: Callable[[], Awaitable[T]], limit_s: float = LIMIT_S, pause_s: float = _PAUSE_S
) -> T:
    """Ask again until the answer is truthy, and return it; others may go on meanwhile."""
    until_s = monotonic_s() + limit_s
    while not (answer := await probe()):
        assert monotonic_s() < until_s, f"it did not happen within {limit_s} s: {answer!r}"
        await asyncio.sleep(pause_s)
    return answer


async def let_pass(seconds: float) -> None:
    """Let a cause last for so long. For effects there is `eventually`."""
    await asyncio.sleep(seconds)


async def settle(steps: int = 6) -> None:
    """Let every task run that can, without any time passing."""
    for _ in range(steps):
        await asyncio.sleep(0)
