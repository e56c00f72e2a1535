"""The life of the ERP's one client, with observations in place of a browser."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.dropin.scanning import text_of
from tests.event_stream import EventStream, event_stream
from tests.plain_http import NO_TLS
from tests.running_api import CODE_TEXT, RunningApi

NOT_CREATED = {"isReady": False, "hasQR": False, "isInitialized": False}
INITIALIZED = {**NOT_CREATED, "isInitialized": True}
SHOWS_QR = {**INITIALIZED, "hasQR": True}
IS_READY = {**INITIALIZED, "isReady": True}


async def initialize(api: RunningApi, **headers: str) -> tuple[str, str]:
    """Initialize; give account and attempt."""
    answered = await api.client.post("/api/whatsapp/initialize", headers=headers)
    assert answered.status_code == 200, answered.text
    accounts = (await api.client.get("/v1/accounts")).json()["accounts"]
    return accounts[-1]["id"], accounts[-1]["attempt"]["id"]


async def status(api: RunningApi) -> dict[str, Any]:
    told = (await api.client.get("/api/whatsapp/status")).json()
    assert told.pop("success") is True
    return told


def events(api: RunningApi, **headers: str) -> AbstractAsyncContextManager[EventStream]:
    return event_stream(api.client, "/api/whatsapp/events", **headers)


async def told(stream: EventStream, count: int) -> list[tuple[str, Any]]:
    items = [event.data for event in await stream.items(count)]
    return [(item["type"], item["data"]) for item in items]


async def test_initialize_answers_as_in_the_seed(api: RunningApi) -> None:
    answered = await api.client.post("/api/whatsapp/initialize")
    assert answered.status_code == 200
    assert answered.json() == {
        "success": True,
        "message": "WhatsApp client initialization started",
        "status": INITIALIZED,
    }
    again = await api.client.post("/api/whatsapp/initialize")
    assert again.json() == answered.json()
    assert len((await api.client.get("/v1/accounts")).json()["accounts"]) == 1


async def test_status_follows_the_client(api: RunningApi) -> None:
    assert await status(api) == NOT_CREATED
    account, attempt = await initialize(api)
    assert await status(api) == INITIALIZED
    await api.show_code(account, attempt)
    assert await status(api) == SHOWS_QR
    await api.scan(account, attempt)
    assert await status(api) == INITIALIZED
    await api.become_ready(account, attempt)
    assert await status(api) == IS_READY
    assert (await api.client.post("/api/whatsapp/destroy")).json()["success"] is True
    assert await status(api) == NOT_CREATED


async def test_the_page_is_open_before_there_is_an_account(api: RunningApi) -> None:
    async with events(api) as stream:
        assert await told(stream, 1) == [("status", NOT_CREATED)]
        account, attempt = await initialize(api)
        assert await told(stream, 1) == [("status", INITIALIZED)]
        await api.show_code(account, attempt)
        [(kind, data)] = await told(stream, 1)
        assert (kind, data["qr"]) == ("qr", CODE_TEXT)
        assert text_of(data["qrImageUrl"]) == CODE_TEXT
        await api.scan(account, attempt)
        await api.become_ready(account, attempt)
        assert await told(stream, 2) == [
            ("authenticated", {"authenticated": True}),
            ("ready", {"isReady": True}),
        ]
    counted = (await api.client.get(f"/v1/accounts/{account}/attempts/1")).json()
    assert counted["attempt"]["codes_fetched"] == 1


async def test_a_page_that_is_reloaded_is_told_what_holds(api: RunningApi) -> None:
    account, attempt = await initialize(api)
    await api.show_code(account, attempt)
    async with events(api) as stream:
        (kind, data), (second, code) = await told(stream, 2)
        assert (kind, data) == ("status", SHOWS_QR)
        assert (second, code["qr"]) == ("qr", CODE_TEXT)


async def test_an_event_source_that_comes_back_misses_nothing_and_sees_no_old_code(
    api: RunningApi,
) -> None:
    account, attempt = await initialize(api)
    async with events(api) as stream:
        last = (await stream.next()).id
    await api.show_code(account, attempt)
    await api.scan(account, attempt)
    await api.become_ready(account, attempt)
    async with events(api, **{"Last-Event-ID": str(last)}) as stream:
        assert await told(stream, 3) == [
            ("status", IS_READY),
            ("authenticated", {"authenticated": True}),
            ("ready", {"isReady": True}),
        ]


async def test_a_lost_link_is_told_with_its_reason_and_that_it_comes_back(api: RunningApi) -> None:
    account, attempt = await initialize(api)
    await api.show_code(account, attempt)
    await api.scan(account, attempt)
    await api.become_ready(account, attempt)
    async with events(api) as stream:
        await told(stream, 1)
        lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
        await api.see(account, lost)
        (kind, data), after = await told(stream, 2)
        assert (kind, data["isReady"], data["reason"]) == ("disconnected", False, "network_lost")
        assert data["message"].endswith(".")
        assert after == ("status", INITIALIZED)
    assert await status(api) == INITIALIZED


async def test_a_failed_link_is_an_auth_failure_and_may_be_initialized_again(
    api: RunningApi,
) -> None:
    account, attempt = await initialize(api)
    async with events(api) as stream:
        await told(stream, 1)
        problem = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
        await api.see(account, problem)
        (kind, data), after = await told(stream, 2)
        assert (kind, data["reason"]) == ("auth_failure", "page_unreachable")
        assert after == ("status", NOT_CREATED)
        assert await initialize(api) != (account, attempt)
        assert await told(stream, 1) == [("status", INITIALIZED)]


async def test_destroying_is_told_and_a_client_that_is_none_is_destroyed_already(
    api: RunningApi,
) -> None:
    assert (await api.client.post("/api/whatsapp/destroy")).json()["success"] is True
    await initialize(api)
    async with events(api) as stream:
        await told(stream, 1)
        await api.client.post("/api/whatsapp/destroy")
        assert [kind for kind, _ in await told(stream, 2)] == ["disconnected", "status"]


async def test_logging_out_without_a_link_says_that_the_client_is_not_ready(
    api: RunningApi,
) -> None:
    for _ in range(2):
        refused = await api.client.post("/api/whatsapp/logout")
        assert refused.status_code == 409
        assert refused.json()["success"] is False
        assert refused.json()["error"] == refused.json()["message"] == "Client not ready"
        await initialize(api)
        await api.client.post("/api/whatsapp/destroy")


async def test_each_workspace_has_a_client_of_its_own(api: RunningApi) -> None:
    first, _ = await initialize(api)
    other, _ = await initialize(
        api, **{"Linkwright-Workspace": "acme", "Linkwright-Site": "sandbox"}
    )
    assert first != other
    shown = (await api.client.get(f"/v1/accounts/{other}")).json()["account"]
    assert (shown["workspace"], shown["site"]) == ("acme", "sandbox")
    assert (await api.client.get(f"/v1/accounts/{first}")).json()["account"]["site"] == "live"


async def test_an_erased_client_is_followed_by_a_new_one(api: RunningApi) -> None:
    first, _ = await initialize(api)
    await api.client.delete(f"/v1/accounts/{first}?erase=true")
    async with events(api) as stream:
        assert await told(stream, 1) == [("status", NOT_CREATED)]
        second, _ = await initialize(api)
        assert second != first
        assert await told(stream, 1) == [("status", INITIALIZED)]


async def test_a_ticket_opens_the_stream_of_its_workspace_once(api: RunningApi) -> None:
    given = await api.client.post("/v1/tickets", json={"workspace": "default"})
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, verify=NO_TLS) as browser:
        path = f"/api/whatsapp/events?ticket={given.json()['ticket']}"
        async with event_stream(browser, path) as stream:
            assert await told(stream, 1) == [("status", NOT_CREATED)]
        assert (await browser.get(path)).status_code == 401


async def test_a_request_without_a_key_is_refused_in_words_that_the_page_shows(
    api: RunningApi,
) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, verify=NO_TLS) as stranger:
        refused = await stranger.post("/api/whatsapp/initialize")
    assert refused.status_code == 401
    assert (refused.json()["success"], refused.json()["type"]) == (False, "/problems/unauthorized")
    assert refused.json()["error"]
