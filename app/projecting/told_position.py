"""Lets the database know how far a follower has come that needs no cursor to start from."""

import asyncio

from adapters.event_log.interface import EventLog

EVERY_S = 1.0
"""Followers look at the log at least every second, so a position is never older than two."""


class ToldPosition:
    """Saves a follower's position for others to see, at most once a second."""

    def __init__(self, log: EventLog, name: str) -> None:
        self._log = log
        self._name = name
        self._told = -1
        self._next_s = 0.0

    async def tell(self, position: int) -> None:
        """Save the position, unless it is known or was saved just now."""
        now_s = asyncio.get_running_loop().time()
        if position != self._told and now_s >= self._next_s:
            await self._log.save_cursor(self._name, position)
            self._told, self._next_s = position, now_s + EVERY_S
