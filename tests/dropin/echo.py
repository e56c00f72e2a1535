"""Laravel Echo's side of the Pusher protocol, version 7."""

import asyncio
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from app.settings import Reverb
from tests.running_api import RunningApi

APP = Reverb("bq7hz0dkxwm4c2rvjt9s", "an-example-of-a-secret")
CHANNEL = "private-workspace.1"
LIMIT_S = 10.0


class Echo:
    """Laravel Echo's side of a connection."""

    def __init__(self, connection: ClientConnection, app: Reverb) -> None:
        self.connection = connection
        self.app = app
        self.socket_id = ""

    async def hears(self) -> tuple[str, Any]:
        """Take the next message; its data is JSON inside JSON."""
        async with asyncio.timeout(LIMIT_S):
            message = json.loads(await self.connection.recv())
        return message["event"], json.loads(message["data"]) if "data" in message else None

    async def says(self, event: str, **data: str) -> None:
        await self.connection.send(json.dumps({"event": event, "data": data}))

    def signed(self, channel: str, secret: str | None = None) -> str:
        """Sign as Laravel's /broadcasting/auth does."""
        text = f"{self.socket_id}:{channel}"
        key = (secret or self.app.app_secret).encode()
        signature = hmac.new(key, text.encode(), "sha256").hexdigest()
        return f"{self.app.app_key}:{signature}"

    async def subscribe(self, channel: str = CHANNEL) -> tuple[str, Any]:
        await self.says("pusher:subscribe", channel=channel, auth=self.signed(channel))
        return await self.hears()


@asynccontextmanager
async def echo(
    api: RunningApi, app_key: str | None = None, app: Reverb = APP
) -> AsyncGenerator[Echo]:
    address = f"/app/{app_key or app.app_key}?protocol=7&client=js&version=8.4.0"
    async with connect(
        api.url.replace("http", "ws", 1) + address, open_timeout=LIMIT_S, proxy=None
    ) as connection:
        yield Echo(connection, app)
