"""The one place where a test waits for something that sends no event."""

import threading
from collections.abc import Callable

from adapters.clock import monotonic_s

_PAUSE_S = 0.02
LIMIT_S = 30.0  # far beyond what it takes, so that only what never happens fails


def wait_until(condition: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    """Ask again and again until the answer is truthy."""
    until = monotonic_s() + limit_s
    never = threading.Event()
    while not condition():
        assert monotonic_s() < until, f"not within {limit_s} s"
        never.wait(_PAUSE_S)
