"""One scan for two methods, with observations in place of a browser and a standby."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from adapters import clock
from app.dropin import single_qr_socket
from domain.observations import RecordProblem, RecordStandby
from domain.reasons import Reason
from tests.dropin.scanning import answered_with_code, text_of
from tests.dropin.socket_io_client import SocketIoClient, socket_io_client
from tests.running_api import CODE_TEXT, RunningApi

CONNECTED = ("progress", {"status": "connected", "method": "baileys"})
BACKUP_READY = ("progress", {"status": "backup_ready", "method": "web_js"})
METHODS = {"primary": "baileys", "fallback": "web_js"}
COMPLETE = ("complete", {"message": "Setup complete!", "methods": METHODS})
SET_UP = [
    BACKUP_READY,
    ("backup_ready", {"message": "Your backup connection is now active", "methods": METHODS}),
    COMPLETE,
    ("setup_complete", COMPLETE[1]),
]
"""What follows once the standby is ready, aliases of the seed's prose included."""
LATER = {
    "message": "Baileys is ready. Web JS backup will be ready shortly.",
    "methods": {"primary": "baileys", "fallback": "pending"},
}


async def set_up(api: RunningApi) -> tuple[httpx.Response, str, str]:
    """Ask for the code and show one; give the answer, account and attempt."""
    return await answered_with_code(api, "/api/whatsapp/setup-qr", "default")


@asynccontextmanager
async def joined(api: RunningApi) -> AsyncGenerator[SocketIoClient]:
    """Be a client that was let in."""
    async with socket_io_client(api.url) as socket:
        await socket.packet()
        assert (await socket.join({"token": api.key})).startswith("40")
        yield socket


async def link(api: RunningApi, account: str, attempt: str) -> None:
    await api.scan(account, attempt)
    await api.become_ready(account, attempt)


async def test_setup_qr_answers_as_in_the_seed(api: RunningApi) -> None:
    answered, account, _ = await set_up(api)
    assert answered.status_code == 200
    told = answered.json()
    assert text_of(told.pop("qr")) == CODE_TEXT
    assert told == {
        "sessionId": account,
        "message": "Scan QR code with WhatsApp",
        "step": 1,
        "instructions": "Open WhatsApp  Settings  Linked Devices  Scan this QR",
    }
    again = await api.client.post("/api/whatsapp/setup-qr?qr=text")
    assert (again.json()["sessionId"], again.json()["qr"]) == (account, CODE_TEXT)


async def test_progress_is_told_from_the_scan_to_both_methods(api: RunningApi) -> None:
    async with socket_io_client(api.url) as socket:
        assert (await socket.packet()).startswith('0{"sid":')
        assert (await socket.join({"token": api.key})).startswith('40{"sid":')
        _, account, attempt = await set_up(api)
        name, shown = await socket.next()
        assert (name, shown["sessionId"], shown["qrText"]) == ("qr", account, CODE_TEXT)
        assert text_of(shown["qr"]) == CODE_TEXT
        await link(api, account, attempt)
        assert await socket.next() == CONNECTED
        await api.prepare_standby(account, attempt)
        assert await socket.events(len(SET_UP)) == SET_UP


async def test_who_comes_late_is_told_what_has_been_reached(api: RunningApi) -> None:
    _, account, attempt = await set_up(api)
    async with joined(api) as socket:
        assert (await socket.next())[0] == "qr"
    await link(api, account, attempt)
    async with joined(api) as socket:
        assert await socket.next() == CONNECTED
        await socket.send('427["qr_scanned",{}]')
        assert await socket.packet() == "437[]"
        assert await socket.next() == CONNECTED
    await api.prepare_standby(account, attempt)
    async with joined(api) as socket:
        assert await socket.events(1 + len(SET_UP)) == [CONNECTED, *SET_UP]


async def test_a_backup_that_fails_does_not_hold_up_the_set_up(api: RunningApi) -> None:
    _, account, attempt = await set_up(api)
    await link(api, account, attempt)
    async with joined(api) as socket:
        await socket.next()
        await api.prepare_standby(account, attempt)
        await socket.events(len(SET_UP))
        failed = RecordStandby(
            at=clock.now(),
            attempt=attempt,
            stage="failed",
            digest="d1",
            reason=Reason.BROWSER_CRASHED,
        )
        await api.see(account, failed)
        assert await socket.next() == ("complete", LATER)
    told = (await api.client.get("/api/whatsapp/setup-status")).json()
    assert (told["baileys_status"], told["web_js_status"]) == ("active", "failed")
    assert told["message"] == LATER["message"]


async def test_status_tells_both_methods_through_the_failover(api: RunningApi) -> None:
    assert await methods(api) == ("disconnected", "pending", None)
    _, account, attempt = await set_up(api)
    assert await methods(api) == ("pending", "pending", None)
    await link(api, account, attempt)
    assert await methods(api) == ("active", "pending", "baileys")
    await api.prepare_standby(account, attempt)
    told = (await api.client.get("/api/whatsapp/setup-status")).json()
    assert told["methods"] == {**METHODS, "both_active": True}
    assert told["message"] == "Setup complete! Both Baileys and Web JS are ready."
    assert await methods(api) == ("active", "active", "baileys")
    promoted = await api.client.post(f"/v1/accounts/{account}/promote-standby")
    assert await methods(api) == ("disconnected", "pending", None)
    await api.become_ready(account, promoted.json()["account"]["attempt"]["id"])
    assert await methods(api) == ("disconnected", "active", "web_js")


async def methods(api: RunningApi) -> tuple[str, str, str | None]:
    told = (await api.client.get("/api/whatsapp/setup-status")).json()
    return told["baileys_status"], told["web_js_status"], told["delivery_method"]


async def test_a_failed_set_up_is_told_with_what_to_show(api: RunningApi) -> None:
    _, account, attempt = await set_up(api)
    async with joined(api) as socket:
        await socket.next()
        problem = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
        await api.see(account, problem)
        name, payload = await socket.next()
        assert (name, payload["status"], payload["method"]) == ("progress", "failed", "baileys")
        assert payload["message"].endswith(".")


async def test_a_ticket_joins_once_and_only_its_workspace(api: RunningApi) -> None:
    given = await api.client.post("/v1/tickets", json={"workspace": "default"})
    auth = {"ticket": given.json()["ticket"]}
    async with socket_io_client(api.url) as socket:
        await socket.packet()
        assert problem(await socket.join({**auth, "workspace": "acme"})) == "forbidden"
        assert problem(await socket.join(auth)) == "ticket_spent"
    given = await api.client.post("/v1/tickets", json={"workspace": "default"})
    async with socket_io_client(api.url) as socket:
        await socket.packet()
        assert (await socket.join({"ticket": given.json()["ticket"]})).startswith("40")


async def test_strangers_and_other_dialects_are_turned_away(api: RunningApi) -> None:
    async with socket_io_client(api.url) as socket:
        await socket.packet()
        for auth in (None, {}, [], {"token": "lw_wrong"}, {"workspace": "not a name!"}):
            assert problem(await socket.join(auth)) in ("unauthorized", "invalid_request")
        await socket.send("40/admin,")
        assert await socket.packet() == '44/admin,{"message":"Invalid namespace","data":null}'
        await socket.send("nonsense")
        assert problem(await socket.packet()) == "malformed_request"
    async with socket_io_client(api.url, "EIO=3&transport=websocket") as socket:
        assert problem(await socket.packet()) == "invalid_request"
    polled = await api.client.get("/socket.io/?EIO=4&transport=polling")
    assert polled.status_code == 422
    assert 'transports: ["websocket"]' in polled.json()["detail"]


async def test_a_stranger_who_says_nothing_is_let_go(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with joined(api) as client:
        monkeypatch.setattr(single_qr_socket, "CONNECT_LIMIT_S", 0.05)
        async with socket_io_client(api.url) as stranger:
            await stranger.packet()
            with pytest.raises(ConnectionClosed, match="idle"):
                await stranger.packet()
        await client.send('427["qr_scanned"]')
        assert await client.packet() == "437[]"


def problem(packet: str) -> str:
    assert packet.startswith("44"), packet
    return json.loads(packet[2:])["data"]["type"].removeprefix("/problems/")
