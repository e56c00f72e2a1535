"""Wakes the readers of the log: NOTIFY when it works, polling when it does not.

A notification only wakes, the log is the delivery. So a lost one costs a poll interval, not an
event, and nothing here has to be exact.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import psycopg
from psycopg import AsyncConnection

from adapters import clock
from adapters.event_log.database import CONNECT_S, Record, sever

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0
QUIET_S = 30.0
"""After this long without a notification the connection is asked whether it still lives."""
ANSWER_S = 5.0


class Listener:
    """One supervised connection for all readers of a process; open while there is a reader."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._readers: set[asyncio.Event] = set()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def wakeups(self, poll_s: float) -> AsyncGenerator[None]:
        """Yield at once, then on every wake-up, at least every `poll_s`; ends when closed."""
        reader = asyncio.Event()
        reader.set()
        self._readers.add(reader)
        self._listen()
        try:
            while not self._closed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(poll_s):
                        await reader.wait()
                reader.clear()
                if not self._closed:
                    yield
        finally:
            self._readers.discard(reader)
            if not self._readers:
                await self._stop()

    async def close(self) -> None:
        """Stop listening and end every reader."""
        self._closed = True
        self._wake()
        await self._stop()

    def _listen(self) -> None:
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._supervise(), name="log-listener")

    async def _stop(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _wake(self) -> None:
        for reader in self._readers:
            reader.set()

    async def _supervise(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = clock.monotonic_s()
            # TimeoutError is the connection that does not answer any more.
            with contextlib.suppress(psycopg.Error, OSError, TimeoutError):
                await self._listen_once()
            if clock.monotonic_s() - started_s > LONGEST_PAUSE_S:
                pause_s = FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _listen_once(self) -> None:
        connection: AsyncConnection[Record] = await AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=CONNECT_S
        )
        try:
            await _answer(connection, b"listen events")
            self._wake()  # something may have happened while nobody listened
            while True:
                quiet = True
                async for _ in connection.notifies(timeout=QUIET_S):
                    quiet = False
                    self._wake()
                if quiet:
                    await _answer(connection, b"select 1")
        finally:
            await connection.close()


async def _answer(connection: AsyncConnection[Record], statement: bytes) -> None:
    """Run a statement on a connection that may be dead without knowing."""
    severing = asyncio.get_running_loop().call_later(ANSWER_S, sever, connection)
    try:
        await connection.execute(statement)
    finally:
        severing.cancel()
