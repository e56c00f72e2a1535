"""Keep the loops of the service running through an outage."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from adapters.event_log.errors import StorageUnavailable
from app.dispatch import TooBusy

FIRST_WAIT_S = 0.2
MOST_WAIT_S = 5.0
"""An outage ends without a hand: nothing waits longer than this to try again."""

_logger = structlog.get_logger()


async def keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run the loop again whenever the database was away, with a growing wait."""
    wait_s = FIRST_WAIT_S
    clock = asyncio.get_running_loop()
    while True:
        started = clock.time()
        try:
            await run()
        except (StorageUnavailable, TooBusy) as error:
            _logger.warning("loop interrupted", loop=name, error=str(error), again_in_s=wait_s)
        if clock.time() - started > MOST_WAIT_S:
            wait_s = FIRST_WAIT_S
        await asyncio.sleep(wait_s)
        wait_s = min(MOST_WAIT_S, wait_s * 2)
