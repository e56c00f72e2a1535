"""The one place where a test waits for something that sends no event."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.clock import monotonic_s

T = TypeVar("T")

_PAUSE_S = 0.02
_LONGEST_PAUSE_S = 0.2
_REST = 6
"""A pause is so many times as long as the look before it took: a look that asks a service or reads
every process would otherwise be most of what the machine does, while nothing happens."""
LIMIT_S = 30.0  # far beyond what it takes, so that only what never happens fails


def wait_until(probe: Callable[[], T], limit_s: float = LIMIT_S) -> T:
    """Ask again until the answer is truthy, and return it."""
    looked_s = monotonic_s()
    until_s = looked_s + limit_s
    never = threading.Event()
    while not (answer := probe()):
        now_s = monotonic_s()
        assert now_s < until_s, f"it did not happen within {limit_s} s: {answer!r}"
        never.wait(_pause_s(now_s - looked_s))
        looked_s = monotonic_s()
    return answer


async def eventually(
    probe: Callable[[], Awaitable[T]], limit_s: float = LIMIT_S, pause_s: float = _PAUSE_S
) -> T:
    """Ask again until the answer is truthy, and return it; others may go on meanwhile."""
    looked_s = monotonic_s()
    until_s = looked_s + limit_s
    while not (answer := await probe()):
        now_s = monotonic_s()
        assert now_s < until_s, f"it did not happen within {limit_s} s: {answer!r}"
        await asyncio.sleep(max(pause_s, _pause_s(now_s - looked_s)))
        looked_s = monotonic_s()
    return answer


def _pause_s(look_s: float) -> float:
    return min(max(_PAUSE_S, _REST * look_s), _LONGEST_PAUSE_S)


async def let_pass(seconds: float) -> None:
    """Let a cause last for so long. For effects there is `eventually`."""
    await asyncio.sleep(seconds)


async def settle(steps: int = 6) -> None:
    """Let every task run that can, without any time passing."""
    for _ in range(steps):
        await asyncio.sleep(0)
