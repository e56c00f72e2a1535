"""The only place that reads the time. Where a test says what time it is, it passes a clock in."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the time of day in UTC, for what is recorded."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Return seconds from an unnamed start, for limits: setting the clock must not move them."""
    return time.monotonic()
