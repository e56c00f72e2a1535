"""A Laravel front end that listens to its workspace's private channel, as Echo does at Reverb.

The messages are those of the Pusher protocol, version 7, in Reverb's words.
"""

import asyncio
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect

from adapters import clock
from app.dropin.blazz_broadcasts import PHONE_NUMBER_UPDATED, QR_GENERATED, STATUS_CHANGED
from app.settings import Reverb
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from tests.dropin.scanning import answered_with_code, text_of
from tests.running_api import CODE_TEXT, PHONE, RunningApi, running_api, until

APP = Reverb("bq7hz0dkxwm4c2rvjt9s", "an-example-of-a-secret")
CHANNEL = "private-workspace.1"
IDS = {"session_id": "webjs_1_a", "workspace_id": 1, "account_id": 5}
LIMIT_S = 10.0


@pytest_asyncio.fixture
async def laravel(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    async with running_api(database, tmp_path, reverb=APP) as running:
        yield running


class Echo:
    """Laravel Echo's side of a connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.socket_id = ""

    async def hears(self) -> tuple[str, Any]:
        """Take the next message; its data is JSON inside JSON."""
        async with asyncio.timeout(LIMIT_S):
            message = json.loads(await self.connection.recv())
        return message["event"], json.loads(message["data"]) if "data" in message else None

    async def says(self, event: str, **data: str) -> None:
        await self.connection.send(json.dumps({"event": event, "data": data}))

    def signed(self, channel: str, secret: str = APP.app_secret) -> str:
        """Sign as Laravel's /broadcasting/auth does."""
        text = f"{self.socket_id}:{channel}"
        signature = hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
        return f"{APP.app_key}:{signature}"

    async def subscribe(self, channel: str = CHANNEL) -> tuple[str, Any]:
        await self.says("pusher:subscribe", channel=channel, auth=self.signed(channel))
        return await self.hears()


@asynccontextmanager
async def echo(api: RunningApi, app_key: str = APP.app_key) -> AsyncGenerator[Echo]:
    url = f"{api.url.replace('http', 'ws', 1)}/app/{app_key}?protocol=7&client=js&version=8.4.0"
    async with connect(url, open_timeout=LIMIT_S, proxy=None) as connection:
        yield Echo(connection)


@asynccontextmanager
async def listening(api: RunningApi) -> AsyncGenerator[Echo]:
    async with echo(api) as listener:
        event, data = await listener.hears()
        assert (event, data["activity_timeout"]) == ("pusher:connection_established", 30)
        listener.socket_id = data["socket_id"]
        assert await listener.subscribe() == ("pusher_internal:subscription_succeeded", {})
        yield listener


async def test_a_scan_is_told_from_the_code_to_the_phone_number(laravel: RunningApi):
    api = laravel
    async with listening(api) as listener:
        _, account_id, attempt = await answered_with_code(
            api, "/api/sessions/generate-qr", "1", json=IDS
        )
        event, data = await listener.hears()
        assert (event, data["status"]) == (STATUS_CHANGED, "qr_scanning")
        event, data = await listener.hears()
        assert (event, text_of(data["qr_code"])) == (QR_GENERATED, CODE_TEXT)
        assert {name: data[name] for name in IDS} == IDS
        await api.scan(account_id, attempt)
        await api.become_ready(account_id, attempt)
        event, data = await listener.hears()
        assert (event, data["phone_number"]) == (PHONE_NUMBER_UPDATED, PHONE)
        event, data = await listener.hears()
        assert (event, data["status"]) == (STATUS_CHANGED, "connected")
        assert data["phone_number"] == PHONE
        await api.see(account_id, RecordLogout(at=clock.now(), attempt=attempt, by="phone"))
        event, data = await listener.hears()
        assert (event, data["status"]) == (STATUS_CHANGED, "disconnected")


async def test_a_code_that_nobody_scanned_has_expired(laravel: RunningApi):
    async with listening(laravel) as listener:
        _, account_id, attempt = await answered_with_code(
            laravel, "/api/sessions/generate-qr", "1", json=IDS
        )
        await laravel.see(
            account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.QR_EXPIRED)
        )
        told = [(await listener.hears())[1]["status"] for _ in range(3)]
        assert told == ["qr_scanning", "qr_scanning", "qr_expired"]


async def test_nothing_is_heard_without_the_back_ends_signature(laravel: RunningApi):
    other = "private-workspace.2"
    async with listening(laravel) as listener:
        refused = [
            {"channel": other},
            {"channel": other, "auth": listener.signed(CHANNEL)},
            {"channel": other, "auth": listener.signed(other, "another-secret")},
            {"channel": other, "auth": listener.signed(other).replace(APP.app_key, "other")},
            {"channel": "workspace.2", "auth": listener.signed("workspace.2")},
        ]
        for asked in refused:
            await listener.says("pusher:subscribe", **asked)
            event, data = await listener.hears()
            assert (event, data["code"]) == ("pusher:error", 4009), asked
        await laravel.ready_account(workspace="2")
        await laravel.ready_account(workspace="1")  # of v1's: the front end knows no such account
        await listener.says("pusher:ping")
        assert await listener.hears() == ("pusher:pong", None)
        for nonsense in ("{", "[]", '{"event":"client-typing","data":{}}'):
            await listener.connection.send(nonsense)
            assert (await listener.hears())[1]["code"] == 4200
        await listener.says("pusher:unsubscribe", channel=CHANNEL)
        await until(lambda: laravel.hub.readers == 0)


async def test_another_application_is_told_not_to_come_back(laravel: RunningApi):
    async with echo(laravel, "another") as listener:
        assert (await listener.hears())[1]["code"] == 4001
        async with asyncio.timeout(LIMIT_S):
            await listener.connection.wait_closed()
        assert listener.connection.close_code == 4001


async def test_an_ending_service_has_its_listeners_come_back(laravel: RunningApi):
    async with listening(laravel) as listener:
        laravel.hub.close()
        async with asyncio.timeout(LIMIT_S):
            await listener.connection.wait_closed()
        assert listener.connection.close_code == 4200


async def test_without_settings_there_is_no_such_address(api: RunningApi):
    answered = await api.client.get(f"/app/{APP.app_key}")
    assert answered.status_code == httpx.codes.NOT_FOUND
