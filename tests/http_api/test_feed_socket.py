"""The feed over WebSocket: the very items of SSE, on any number of channels."""

import asyncio
import json

import httpx
import pytest

from adapters import clock
from app.http.socket_session import MOST_BYTES, MOST_CHANNELS
from domain.observations import RecordSyncProgress
from domain.wishes import RegisterAccount
from tests.event_stream import event_stream
from tests.feed_socket import feed_socket
from tests.running_api import WORKER, RunningApi, until

STORY = ["account.registered", "link.requested", "qr", "scanned", "phone.identified", "ready"]


async def test_the_items_are_those_of_the_other_ways_to_read_the_feed(api: RunningApi) -> None:
    async with feed_socket(api) as live:
        await live.hears("feed:subscribed")
        account_id, _ = await api.ready_account()
        seen_live = await live.items(len(STORY))
        async with feed_socket(api, "/v1/feed/ws?after=0") as resumed:
            await resumed.hears("feed:subscribed")
            assert await resumed.items(len(STORY)) == seen_live
            await api.client.post(f"/v1/accounts/{account_id}/logout")
            assert (await resumed.next())["event"] == "logout.requested"
    polled = (await api.client.get("/v1/events?after=0")).json()["items"][: len(STORY)]
    assert [message["data"] for message in seen_live] == polled
    assert [message["event"] for message in seen_live] == STORY
    assert [message["id"] for message in seen_live] == [item["id"] for item in polled]
    assert {message["channel"] for message in seen_live} == {"feed"}


async def test_resumes_behind_a_position_without_gap_or_double(api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)

    async def sync() -> None:
        for percent in range(1, 41):
            await api.see(
                account_id, RecordSyncProgress(at=clock.now(), attempt=attempt, percent=percent)
            )

    syncing = asyncio.create_task(sync())
    seen: list[int] = []
    last = 0
    while len(seen) < 40:
        path = f"/v1/feed/ws?types=syncing&account={account_id}&after={last}"
        async with feed_socket(api, path) as socket:
            await socket.hears("feed:subscribed")
            for message in await socket.items(min(7, 40 - len(seen))):
                seen.append(message["data"]["data"]["percent"])
                last = message["id"]
    await syncing
    assert seen == list(range(1, 41))


async def test_a_message_starts_a_channel_anew_from_another_position(api: RunningApi) -> None:
    await api.ready_account()
    async with feed_socket(api, "/v1/feed/ws?types=qr,ready&after=0") as socket:
        await socket.hears("feed:subscribed")
        told = await socket.items(2)
        await socket.says("subscribe", after=0, types="qr")
        assert (await socket.hears("feed:subscribed"))["id"] == 0
        assert await socket.next() == told[0]
        assert api.hub.readers == 1


async def test_several_channels_on_one_socket(api: RunningApi) -> None:
    async with feed_socket(api, "/v1/feed/ws?channel=workspace.acme") as socket:
        await socket.hears("feed:subscribed")
        await socket.says("subscribe", channel="workspace.other", types="account.registered")
        await socket.says("subscribe", channel="feed.mine", statuses="WAITING_QR")
        for channel in ("workspace.other", "feed.mine"):
            assert (await socket.hears("feed:subscribed"))["channel"] == channel
        assert api.hub.readers == 3
        for workspace in ("acme", "other", "third"):
            account_id = await api.register(workspace=workspace)
        told = await socket.items(2)
        assert {(one["channel"], one["data"]["workspace"]) for one in told} == {
            ("workspace.acme", "acme"),
            ("workspace.other", "other"),
        }
        await socket.says("unsubscribe", channel="workspace.acme")
        await socket.hears("feed:unsubscribed")
        assert api.hub.readers == 2
        await api.register(workspace="acme")
        attempt = await api.link(account_id)
        await api.show_code(account_id, attempt)
        told = await socket.items(1)
        assert (told[0]["channel"], told[0]["event"]) == ("feed.mine", "qr")


async def test_what_cannot_be_followed_is_said_and_the_socket_goes_on(api: RunningApi) -> None:
    refused: list[tuple[dict[str, object], str]] = [
        ({"channel": "presence.acme"}, "invalid_request"),
        ({"channel": "workspace.a b", "types": "no.such.type"}, "invalid_request"),
        ({"channel": "workspace.acme", "workspace": "other"}, "invalid_request"),
        ({"account": "acc_nobody"}, "not_registered"),
        ({"account": "../.."}, "not_registered"),
        ({"after": -1}, "invalid_request"),
        ({"colour": "blue"}, "invalid_request"),
    ]
    async with feed_socket(api) as socket:
        await socket.hears("feed:subscribed")
        for fields, code in refused:
            await socket.says("subscribe", **fields)
            told = await socket.hears("feed:error")
            assert told["data"]["type"] == f"/problems/{code}", fields
        for action in ("dance", "unsubscribe"):
            await socket.says(action, channel="feed.none")
            assert (await socket.hears("feed:error"))["data"]["type"].endswith("invalid_request")
        for text in ("{", "[]", "\x00", '"ping"', ""):
            await socket.connection.send(text)
            await socket.hears("feed:error")
        await socket.connection.send(b"\xff\xfe")
        await socket.hears("feed:error")
        await socket.says("ping")
        await socket.hears("feed:pong")


async def test_a_socket_follows_a_bounded_number_of_channels(api: RunningApi) -> None:
    async with feed_socket(api) as socket:
        await socket.hears("feed:subscribed")
        for number in range(MOST_CHANNELS - 1):
            await socket.says("subscribe", channel=f"feed.{number}")
            await socket.hears("feed:subscribed")
        await socket.says("subscribe", channel="feed.beyond")
        assert "already" in (await socket.hears("feed:error"))["data"]["detail"]
        assert api.hub.readers == MOST_CHANNELS
    await until(lambda: api.hub.readers == 0)


async def test_a_message_that_is_too_large_ends_the_socket(api: RunningApi) -> None:
    for size in (MOST_BYTES + 1, 2_000_000):
        async with feed_socket(api) as socket:
            await socket.connection.send("x" * size)
            assert (await socket.ends())[0] == 1009
    await until(lambda: api.hub.readers == 0)


async def test_an_end_says_why(api: RunningApi) -> None:
    ends = [
        ("/v1/feed/ws", "", (4401, "unauthorized")),
        ("/v1/feed/ws", "lw_wrong", (4401, "unauthorized")),
        ("/v1/feed/ws?ticket=lwt_never", "", (4401, "ticket_spent")),
        ("/v1/feed/ws?types=no.such.type", None, (4422, "invalid_request")),
        ("/v1/feed/ws?after=yesterday", None, (4422, "invalid_request")),
        ("/v1/feed/ws?account=acc_nobody", None, (4404, "not_registered")),
    ]
    for path, key, end in ends:
        async with feed_socket(api, path, key) as socket:
            told = await socket.hears("feed:error")
            assert told["data"]["type"] == f"/problems/{end[1]}"
            assert await socket.ends() == end
    assert api.hub.readers == 0


async def test_no_key_is_read_from_the_address_and_no_cookie_opens_a_socket(
    api: RunningApi,
) -> None:
    async with feed_socket(api, f"/v1/feed/ws?key={api.key}&access_token={api.key}", "") as socket:
        assert await socket.ends() == (4401, "unauthorized")
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        await browser.post("/session", json={"key": api.key})
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    async with feed_socket(api, key="", headers={"Cookie": cookie}) as socket:
        assert await socket.ends() == (4403, "cross_site_request")


async def test_a_ticket_opens_one_socket_once_and_reaches_no_further_than_it_says(
    api: RunningApi,
) -> None:
    mine = await api.register(workspace="acme", label="mine")
    await api.register(workspace="other", label="not mine")
    given = (await api.client.post("/v1/tickets", json={"workspace": "acme"})).json()
    async with feed_socket(api, given["socket_url"] + "&after=0", "") as socket:
        await socket.hears("feed:subscribed")
        assert (await socket.next())["data"]["account_id"] == mine
        await socket.says("subscribe", channel="workspace.other", after=0)
        told = await socket.hears("feed:error")
        assert (told["channel"], told["data"]["type"]) == ("workspace.other", "/problems/forbidden")
        await socket.says("subscribe", channel="workspace.acme", after=0)
        assert (await socket.hears("feed:subscribed"))["channel"] == "workspace.acme"
        assert (await socket.next())["data"]["account_id"] == mine
    async with feed_socket(api, given["socket_url"], "") as socket:
        assert await socket.ends() == (4401, "ticket_spent")
    given = (await api.client.post("/v1/tickets", json={"account": mine})).json()
    async with feed_socket(api, given["socket_url"], "") as socket:
        await socket.hears("feed:subscribed")
        await socket.says("subscribe", channel="workspace.acme")
        assert (await socket.hears("feed:error"))["data"]["type"] == "/problems/forbidden"


async def test_a_position_from_the_future_is_answered_by_a_reset_with_the_state(
    api: RunningApi,
) -> None:
    account_id, _ = await api.ready_account()
    async with feed_socket(api, "/v1/feed/ws?after=999999") as socket:
        head = await api.services.log.head()
        assert (await socket.hears("feed:subscribed"))["id"] == head
        reset = await socket.hears("feed:reset")
        assert reset["data"]["accounts"][0]["id"] == account_id
        await api.client.post(f"/v1/accounts/{account_id}/logout")
        assert (await socket.next())["event"] == "logout.requested"


@pytest.mark.parametrize("how", ["close", "abort", "before the first frame"])
async def test_a_reader_that_leaves_frees_its_slots_however_it_does(
    api: RunningApi, how: str
) -> None:
    if how == "before the first frame":
        for _ in range(20):
            _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(api.url).port)
            writer.write(handshake(api))
            await writer.drain()
            writer.transport.abort()
        await api.client.get("/health/live")
    else:
        async with feed_socket(api) as socket:
            await socket.hears("feed:subscribed")
            await socket.says("subscribe", channel="feed.too", after=0)
            await socket.hears("feed:subscribed")
            assert api.hub.readers == 2
            if how == "abort":
                socket.connection.transport.abort()
    await until(lambda: api.hub.readers == 0)


def handshake(api: RunningApi) -> bytes:
    return (
        f"GET /v1/feed/ws?after=0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


async def test_a_quiet_channel_gives_signs_of_life_that_move_the_position_on(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.hub, "_beat_s", 0.05)
    async with feed_socket(api, "/v1/feed/ws?types=destroyed") as socket:
        first = (await socket.hears("feed:subscribed"))["id"]
        await api.register()
        head = await api.services.log.head()
        while (beat := await socket.hears("feed:heartbeat"))["id"] < head:
            pass
    assert first < head == beat["id"]
    async with event_stream(api.client, "/v1/feed?types=destroyed") as stream:
        await stream.next()
        assert (await stream.next()).comment == "still here"


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/feed/ws"])
async def test_a_client_that_takes_nothing_loses_its_slot_at_once(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr("app.feed_reader.MOST_WAITING", 4)
    request = handshake(api).replace(b"/v1/feed/ws?after=0", path.encode())
    if path == "/v1/feed":
        request = request.replace(b"Upgrade", b"Down")
    _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(api.url).port, limit=1)
    writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
    writer.write(request)
    await until(lambda: api.hub.readers == 1)
    for number in range(60):
        await api.services.dispatch.submit(
            f"acc_{number}",
            RegisterAccount(at=clock.now(), workspace="w", label="x" * 200_000),
            WORKER,
        )
        if not api.hub.readers:
            break
    await until(lambda: api.hub.readers == 0)
    writer.transport.abort()


async def test_an_ending_service_says_so(api: RunningApi) -> None:
    async with feed_socket(api) as socket:
        await socket.hears("feed:subscribed")
        api.hub.close()
        assert await socket.ends() == (1001, "ending")


async def test_a_full_house_is_said(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.hub, "_most_readers", 0)
    async with feed_socket(api) as socket:
        assert await socket.ends() == (4503, "too_many_readers")


async def test_the_address_without_a_handshake_is_a_problem(api: RunningApi) -> None:
    answered = await api.client.get("/v1/feed/ws")
    assert answered.json()["type"] == "/problems/no_such_route"
    assert "WebSocket" in json.dumps(answered.json())
