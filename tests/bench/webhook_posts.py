"""The reference of `bench webhooks`: posts the bodies in a file with bare httpx, 16 at once.

No log, no order, no signature, no retries, no record of it: what the usual client does alone.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from app.webhooks.worker import MOST_AT_ONCE

HEADERS = {"content-type": "application/json"}


async def main(url: str, bodies: Iterator[bytes]) -> None:
    """Post every body once."""
    limits = httpx.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=MOST_AT_ONCE)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        await asyncio.gather(*(_post(client, url, bodies) for _ in range(MOST_AT_ONCE)))


async def _post(client: httpx.AsyncClient, url: str, bodies: Iterator[bytes]) -> None:
    for body in bodies:
        (await client.post(url, content=body, headers=HEADERS)).raise_for_status()


if __name__ == "__main__":
    given: list[str] = json.loads(Path(sys.argv[2]).read_text("utf-8"))
    asyncio.run(main(sys.argv[1], iter([body.encode() for body in given])))
