"""A process of its own that erases accounts, and names each one once that is acknowledged.

python -m tests.erasure.erasing_process CONNINFO ACCOUNT…
"""

import asyncio
import sys

from adapters.event_log.database import Database
from app.dispatch import Dispatch
from domain.log import Origin
from domain.wishes import DestroyAccount
from tests.examples import at
from tests.opened_log import open_log

CLIENT = Origin(actor="key:1")


async def main(conninfo: str, accounts: list[str]) -> None:
    """Erase one after the other."""
    async with Database(conninfo) as database:
        log = open_log(database)
        dispatch = Dispatch(log)
        for account_id in accounts:
            await dispatch.submit(account_id, DestroyAccount(at=at(300), erase=True), CLIENT)
            print(account_id, flush=True)  # noqa: T201  the protocol
        await log.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
