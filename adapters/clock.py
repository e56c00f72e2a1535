"""The only place that reads the time. Where a test needs to say what time it is, pass a clock in."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the time of day in UTC, for what is recorded."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Return seconds from an unnamed start, for limits: they must not move when the clock is set."""
    return time.monotonic()
