"""Connections between two requests. Each goes to one host at one address that was checked."""

import asyncio

from adapters.outgoing.connection import Connection

Origin = tuple[str, str, int]

MOST_IDLE = 256
"""In all; the one that waits longest goes first."""
MOST_IDLE_PER_ORIGIN = 64
IDLE_S = 4.0
"""Just below the 5 s after which Node.js closes one; most servers keep it longer."""
MOST_AGE_S = 60.0
"""Then the host is looked up and checked anew, so that a move of it is seen."""


class IdleConnections:
    """The newest is used first, so that the others grow old and go."""

    def __init__(self) -> None:
        self._idle: dict[Connection, tuple[Origin, asyncio.TimerHandle]] = {}
        self._by_origin: dict[Origin, list[Connection]] = {}

    def take(self, origin: Origin) -> Connection | None:
        """Hand out a connection that is open as far as we know."""
        while waiting := self._by_origin.get(origin):
            connection = waiting[-1]
            self._forget(connection)
            if connection.reusable and not _old(connection):
                return connection
            connection.abort()
        return None

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Keep it for the next request, or end it."""
        full = len(self._by_origin.get(origin, ())) >= MOST_IDLE_PER_ORIGIN
        if full or not connection.reusable or _old(connection):
            connection.abort()
            return
        if len(self._idle) >= MOST_IDLE:
            self._end(next(iter(self._idle)))
        timer = asyncio.get_running_loop().call_later(IDLE_S, self._end, connection)
        self._idle[connection] = (origin, timer)
        self._by_origin.setdefault(origin, []).append(connection)

    def close(self) -> None:
        """End them all."""
        for connection in list(self._idle):
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        self._forget(connection)
        connection.abort()

    def _forget(self, connection: Connection) -> None:
        origin, timer = self._idle.pop(connection)
        timer.cancel()
        self._by_origin[origin].remove(connection)
        if not self._by_origin[origin]:
            del self._by_origin[origin]


def _old(connection: Connection) -> bool:
    return asyncio.get_running_loop().time() - connection.opened_at_s > MOST_AGE_S
