"""A process of its own that links accounts until it is killed; a line is an acknowledged command.

python -m tests.projecting.telling_process CONNINFO
"""

import asyncio
import sys
from itertools import count

from adapters.event_log.database import Database
from app.dispatch import Dispatch
from domain.wishes import CancelLink
from tests.examples import at
from tests.opened_log import open_log
from tests.service.test_loops import BY_TEST, steps_to_ready


async def main(conninfo: str) -> None:
    """Register, link and cancel, in accounts of this process."""
    async with Database(conninfo) as database:
        log = open_log(database)
        dispatch = Dispatch(log)
        for number in count():
            account = f"acc_{number}"
            for command in [*steps_to_ready(f"{number}-1"), CancelLink(at=at(9))][:4]:
                answer = await dispatch.submit(account, command, BY_TEST)
                print(account, answer.position, flush=True)  # noqa: T201  the protocol


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
