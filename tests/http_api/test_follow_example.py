"""The follower that the docs hand out, run as its users run it."""

import asyncio
import os
import sys
from pathlib import Path

from tests.running_api import LIMIT_S, RunningApi

EXAMPLE = Path(__file__).parents[2] / "docs/how-to/followers/follow.py"
STORY = ["account.registered", "link.requested", "qr", "scanned", "phone.identified", "ready"]


async def followed(api: RunningApi, kept: Path, count: int) -> list[tuple[int, str]]:
    """Run it until it has printed so many items, then kill it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE),
        str(kept),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "LINKWRIGHT_URL": api.url, "LINKWRIGHT_API_KEY": api.key},
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            lines = [(await process.stdout.readline()).decode().split() for _ in range(count)]
    finally:
        process.kill()
        await process.communicate()
    return [(int(line[0]), line[1]) for line in lines]


async def test_it_deals_with_every_item_once_over_a_restart(api: RunningApi, tmp_path: Path):
    kept = tmp_path / "position.txt"
    account_id, _ = await api.ready_account()
    first = await followed(api, kept, len(STORY))
    assert [kind for _, kind in first] == STORY
    position = int(kept.read_text()) if kept.exists() else 0
    kept.write_text(str(max(position, first[-1][0])))  # it may have been killed in between
    await api.client.post(f"/v1/accounts/{account_id}/logout")
    assert [kind for _, kind in await followed(api, kept, 1)] == ["logout.requested"]
