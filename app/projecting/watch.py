"""The alarm: tells the log of the process of every parked partition, whoever parked it."""

import asyncio

import structlog

from adapters.event_log.interface import EventLog

LOOK_S = 2.0
"""How late the alarm may come; one read of a small table each time."""
MOST_TOLD = 20
"""Partitions told of one by one at a look; a defect that parks thousands is one line more."""

_logger = structlog.get_logger()


class ParkedWatch:
    """Tells once of each parked partition, and once when it is free again; anew after a restart."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._told: set[tuple[str, str]] = set()

    async def run(self) -> None:
        """Watch until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell what has changed since the last look."""
        parked = {(one.projection, one.stream): one for one in await self._log.parked()}
        new = [one for key, one in parked.items() if key not in self._told]
        for one in new[:MOST_TOLD]:
            _logger.error(
                "partition parked",
                projection=one.projection,
                stream=one.stream,
                position=one.position,
                because=one.error,
                what_to_do=f"./linkwright projections retry {one.projection} {one.stream}",
            )
        if len(new) > MOST_TOLD:
            _logger.error("more partitions parked", more=len(new) - MOST_TOLD)
        for projection, stream in sorted(self._told - parked.keys())[:MOST_TOLD]:
            _logger.info("partition goes on", projection=projection, stream=stream)
        self._told = set(parked)
