"""How long an endpoint is waited for: the numbers, and nothing else. Pure."""

from datetime import timedelta

FIRST_DELAY_S = 5.0
"""As the example schedule of Standard Webhooks begins."""
LONGEST_DELAY_S = 3600.0
"""A receiver that is back is noticed within the hour, whatever it was away for."""
PATIENCE = timedelta(days=3)
"""How long one item is tried while others arrive (Standard Webhooks: about three days)."""
GIVEN_UP_AFTER = timedelta(days=5)
"""An endpoint that took nothing for so long is disabled (as Svix does), and keeps its place."""
LONGEST_RETRY_AFTER_S = 6 * 3600.0
"""One header must not silence an endpoint for a year."""
STRUGGLING = 5
"""Accounts whose items failed one after the other, and nothing arrived between: then it is the
endpoint that is down and not one item that it cannot take. From then on it is asked once at a time,
or a fleet of a thousand accounts would try it a thousand times an hour."""
SILENT_TRIES = 2
"""Tries that failed before an attempt's story tells of it: a single hiccup is no outage. The second
one comes within FIRST_DELAY_S, and a code lives for at least 20 s."""
REDELIVERY_TRIES = 8
"""Of one item that a person asked to send again, who sees what comes of it."""


def delay_s(tries: int, chance: float) -> float:
    """Give the pause after so many failed tries: exponential, with full jitter.

    `chance` is from [0, 1). Full jitter spreads what failed together best (AWS Architecture Blog,
    "Exponential Backoff And Jitter").
    """
    ceiling_s = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(tries - 1, 20))
    return ceiling_s * chance
