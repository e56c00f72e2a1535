"""Follows Linkwright's feed over WebSocket and does something with each item, once.

Run it with LINKWRIGHT_URL, LINKWRIGHT_API_KEY and the name of a file that keeps the position:

    pip install websockets
    python follow.py position.txt
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

URL = os.environ["LINKWRIGHT_URL"].replace("http", "ws", 1)
KEY = os.environ["LINKWRIGHT_API_KEY"]
PAUSE_S = 2.0
NOT_AGAIN = (4401, 4403, 4404, 4422)
"""Close codes of what stays wrong until somebody changes it."""


async def do_something(item: dict) -> None:
    """Your own work. If it fails, the item comes again after the next start."""
    print(item["id"], item["type"], item["account_id"], item["status"], flush=True)


def read(kept: Path) -> int:
    return int(kept.read_text()) if kept.exists() else 0


def write(kept: Path, after: int) -> None:
    new = kept.with_suffix(".new")  # the old file or the new one: never half of it
    new.write_text(str(after))
    new.replace(kept)


async def follow(kept: Path) -> None:
    after = read(kept)
    while True:
        address = f"{URL}/v1/feed/ws?after={after}"
        try:
            async with connect(
                address, additional_headers={"Authorization": f"Bearer {KEY}"}
            ) as socket:
                async for text in socket:
                    message = json.loads(text)
                    if message["event"] == "feed:error":
                        print(message["data"]["detail"], file=sys.stderr)
                        continue
                    if not message["event"].startswith("feed:"):
                        await do_something(message["data"])
                    # A `feed:reset` says that the log is another one: read the accounts anew.
                    after = message["id"]
                    write(kept, after)
        except (OSError, ConnectionClosed) as lost:
            code = lost.rcvd.code if isinstance(lost, ConnectionClosed) and lost.rcvd else None
            if code in NOT_AGAIN:
                sys.exit(f"The feed cannot be followed: {lost}")
        await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    asyncio.run(follow(Path(sys.argv[1])))
