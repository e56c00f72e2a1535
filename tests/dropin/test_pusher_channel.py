"""A Laravel front end that listens to its workspace's private channel, as Echo does at Reverb.

The messages are those of the Pusher protocol, version 7, in Reverb's words.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from adapters import clock
from app.dropin.blazz_broadcasts import PHONE_NUMBER_UPDATED, QR_GENERATED, STATUS_CHANGED
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from tests.dropin.echo import APP, CHANNEL, LIMIT_S, Echo, echo
from tests.dropin.scanning import answered_with_code, text_of
from tests.running_api import CODE_TEXT, PHONE, RunningApi, running_api, until

IDS = {"session_id": "webjs_1_a", "workspace_id": 1, "account_id": 5}


@pytest_asyncio.fixture
async def laravel(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    async with running_api(database, tmp_path, reverb=APP) as running:
        yield running


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


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_that_is_no_handshake_finds_nothing(laravel: RunningApi, method: str):
    answered = await laravel.client.request(method, f"/app/{APP.app_key}")
    assert answered.status_code == httpx.codes.NOT_FOUND
    assert answered.json()["detail"] == "This address speaks WebSocket only."


async def test_without_settings_there_is_no_such_address(api: RunningApi):
    answered = await api.client.get(f"/app/{APP.app_key}")
    assert answered.status_code == httpx.codes.NOT_FOUND
