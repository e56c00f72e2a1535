"""The process that tells webhooks is killed in the middle.

Nothing is missing, each account's order holds, and what comes twice has the same id.
"""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.running_api import MASTER_KEY
from tests.waiting import eventually
from tests.webhook_delivery.parts import Installation, installation
from tests.webhook_delivery.receiver import Receiver, receiving

ACCOUNTS = tuple(f"acc_{letter}" for letter in "abcdef")
TIMES = 40
CHECKOUT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def process(database: str, data: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Run `linkwright webhooks` until the block is left, and kill it then."""
    given = {
        "DATABASE_URL": database,
        "LINKWRIGHT_DATA": str(data),
        "LINKWRIGHT_MASTER_KEY": base64.b64encode(MASTER_KEY).decode(),
        "LINKWRIGHT_WEBHOOK_ALLOW": "127.0.0.0/8",
    }
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "webhooks"),
        env={**os.environ, **given},
        cwd=CHECKOUT,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def until_taken(receiver: Receiver, count: int) -> None:
    async def looks() -> bool:
        return len(receiver.positions()) >= count

    await eventually(looks)


async def things_happen(here: Installation) -> int:
    """Fill the log; gives how many items there are to be told."""
    for name in ACCOUNTS:
        await here.account(name)
    for _ in range(TIMES):
        for name in ACCOUNTS:
            await here.happens(name)
    return await here.log.head()


async def test_killed_in_the_middle_and_begun_again(database: str, tmp_path: Path) -> None:
    async with installation(database) as here, receiving() as receiver:
        total = await things_happen(here)
        endpoint = await here.endpoint(receiver.url)
        for part in (total // 3, total):
            async with process(database, tmp_path):
                await until_taken(receiver, part)

        assert sorted(receiver.positions()) == list(range(1, total + 1))
        for name in ACCOUNTS:
            story = [one.position for one in await here.log.load(name)]
            assert receiver.positions(name) == story
        ids = {(told.item["id"], told.message_id) for told in receiver.accepted}
        assert len(ids) == total, "one id for each item, on every try"
        standing = await here.standing(endpoint)
        assert standing.held == standing.set_aside == 0


async def test_a_second_process_waits_for_its_turn(database: str, tmp_path: Path) -> None:
    async with installation(database) as here, receiving() as receiver:
        await here.account("acc_a")
        endpoint = await here.endpoint(receiver.url)

        async def saved() -> bool:
            return (await here.standing(endpoint)).position == 2

        async with process(database, tmp_path) as first:
            await eventually(saved)
            async with process(database, tmp_path):
                first.kill()
                await first.wait()
                await here.happens("acc_a")
                await until_taken(receiver, 3)
    assert [told.item["id"] for told in receiver.accepted] == [1, 2, 3]
