"""A process of its own that appends until it is stopped, and tells what was acknowledged.

    python -m tests.event_log.writer_process CONNINFO NAME APPENDS

Several tasks write to streams that all processes share, so they conflict all the time. Each
acknowledged append is a line `input_id first_position events`; nothing is said before that.
"""

import asyncio
import sys

from adapters.event_log.database import Database
from adapters.event_log.errors import Conflict, StorageUnavailable
from adapters.event_log.interface import Appended, EventLog
from domain.log import AnyEvent
from tests.event_log.appends import account_row, fetched, observation
from tests.examples import at
from tests.opened_log import open_log

STREAMS = 5
TASKS = 4


async def main(conninfo: str, name: str, appends: int) -> None:
    """Append `appends` times in each task."""
    async with Database(conninfo) as database:
        log = open_log(database)
        await asyncio.gather(*(write(log, f"{name}-{task}", appends) for task in range(TASKS)))
        await log.close()


async def write(log: EventLog, name: str, appends: int) -> None:
    """Append one, two or three events at a time, with their row; again after a conflict."""
    for number in range(appends):
        events = tuple(fetched(at(number)) for _ in range(1 + number % 3))
        appended = await append(log, f"acc_{number % STREAMS}", events, name)
        print(appended.input_id, appended.positions[0], len(events), flush=True)  # noqa: T201  the protocol


async def append(log: EventLog, stream: str, events: tuple[AnyEvent, ...], name: str) -> Appended:
    """Append to whatever version the stream has by now, and again until it is acknowledged."""
    while True:
        try:
            row = await log.account_row(stream)
            version = row["version"] if row else 0
            row_after = account_row(stream, version + len(events), label=name)
            return await log.append(observation(stream, version, *events, rows=(row_after,)))
        except (Conflict, StorageUnavailable):
            continue


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
