"""The feed over a real connection: resume, filters, slots, and what a slow reader gets."""

import asyncio

import httpx
import pytest

from adapters import clock
from app.feed_hub import CATCHING_UP, PAGE, FeedHub, TooManyReaders
from app.feed_reader import MOST_WAITING, FeedFilter
from domain.log import Origin, RecordedEvent
from domain.observations import RecordProblem, RecordSyncProgress
from domain.reasons import Reason
from domain.wishes import RegisterAccount, RequestStop
from tests.event_stream import event_stream
from tests.running_api import WORKER, RunningApi, until

STORY = ["account.registered", "link.requested", "qr", "scanned", "phone.identified", "ready"]


async def test_resumes_from_the_log_and_goes_on_live_without_gap_or_double(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    async with event_stream(api.client, "/v1/feed?after=0") as stream:
        told = await stream.items(len(STORY))
        assert [event.type for event in told] == STORY
        assert [event.id for event in told] == [event.data["id"] for event in told]
        await api.client.post(f"/v1/accounts/{account_id}/logout")
        assert (await stream.item()).type == "logout.requested"


async def test_resumes_behind_the_last_event_id(api: RunningApi) -> None:
    await api.ready_account()
    async with event_stream(api.client, "/v1/feed?after=0") as stream:
        told = await stream.items(len(STORY))
    headers = {"Last-Event-ID": str(told[2].id)}
    async with event_stream(api.client, "/v1/feed?after=0", **headers) as stream:
        again = await stream.items(3)
    assert [event.id for event in again] == [event.id for event in told[3:]]


async def test_every_reader_gets_the_very_same_items(api: RunningApi) -> None:
    async with event_stream(api.client) as live:
        await live.next()
        await api.ready_account()
        seen_live = [event.data for event in await live.items(len(STORY))]
    async with event_stream(api.client, "/v1/feed?after=0") as resumed:
        assert [event.data for event in await resumed.items(len(STORY))] == seen_live
    polled = (await api.client.get("/v1/events?after=0")).json()
    assert polled["items"] == seen_live


async def test_a_poll_holds_until_there_is_an_item_of_those_it_wants(api: RunningApi) -> None:
    account_id = await api.register(workspace="acme")
    head = await api.services.log.head()
    address = f"/v1/events?workspace=acme&types=link.requested,link.failed&after={head}&wait=10"
    polling = asyncio.create_task(api.client.get(address))
    await until(lambda: api.hub.readers == 1)
    await api.register(workspace="acme")
    await api.link(await api.register(workspace="other"))
    await api.link(account_id)
    page = (await polling).json()
    assert [item["account_id"] for item in page["items"]] == [account_id]
    assert page["items"][0]["id"] == page["next_after"] <= page["position"]
    await api.client.post(f"/v1/accounts/{account_id}/cancel")
    address = address.replace(f"after={head}", f"after={page['next_after']}")
    page = (await api.client.get(address)).json()
    assert [item["type"] for item in page["items"]] == ["link.failed"]
    address = f"/v1/events?after={page['next_after']}&wait=0.05"
    page = (await api.client.get(address)).json()
    assert (page["items"], page["more"]) == ([], False)
    assert page["next_after"] == await api.services.log.head()
    assert api.hub.readers == 0


async def test_a_poll_that_is_given_up_frees_its_slot(api: RunningApi) -> None:
    address = f"/v1/events?after={await api.services.log.head()}&wait=30"
    polling = asyncio.create_task(api.client.get(address))
    await until(lambda: api.hub.readers == 1)
    polling.cancel()
    await until(lambda: api.hub.readers == 0)


async def test_starts_with_what_comes_next(api: RunningApi) -> None:
    await api.register(label="before")
    async with event_stream(api.client) as stream:
        await stream.next()
        await api.register(label="after")
        assert (await stream.item()).data["data"]["label"] == "after"


async def test_filters_by_status_reason_and_correlation_id(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.services.dispatch.submit(
        account_id, lost, Origin(actor="worker:test", correlation_id="order-4711")
    )
    wanted = {
        "statuses=READY,FAILED": ["ready"],
        "reasons=network_lost": ["disconnected"],
        "correlation_id=order-4711": ["disconnected"],
        "statuses=READY&reasons=network_lost": [],
        "types=qr,ready&statuses=WAITING_QR": ["qr"],
    }
    for query, types in wanted.items():
        polled = (await api.client.get(f"/v1/events?{query}")).json()
        assert [item["type"] for item in polled["items"]] == types, query
    async with event_stream(api.client, "/v1/feed?after=0&reasons=network_lost") as stream:
        assert (await stream.item()).type == "disconnected"
        await api.services.dispatch.submit(account_id, RequestStop(at=clock.now()), WORKER)
        await api.link(account_id)
        await api.client.post(f"/v1/accounts/{account_id}/cancel")
    polled = (await api.client.get("/v1/events?reasons=cancelled,stopped")).json()
    assert [item["type"] for item in polled["items"]] == ["reconnect.called_off", "link.failed"]
    for query in ("statuses=LINKED", "reasons=bad_luck", "types=qr,bad"):
        assert (await api.client.get(f"/v1/events?{query}")).status_code == 422


async def test_filters_by_account_workspace_and_type(api: RunningApi) -> None:
    wanted, _ = await api.ready_account(workspace="acme")
    other, _ = await api.ready_account(workspace="other")
    async with event_stream(api.client, f"/v1/feed?after=0&account={wanted}") as stream:
        told = await stream.items(len(STORY))
        assert {event.data["account_id"] for event in told} == {wanted}
    async with event_stream(api.client, "/v1/feed?after=0&workspace=other") as stream:
        told = await stream.items(len(STORY))
        assert {event.data["account_id"] for event in told} == {other}
    async with event_stream(api.client, "/v1/feed?after=0&types=ready,qr") as stream:
        assert [event.type for event in await stream.items(4)] == ["qr", "ready", "qr", "ready"]


async def test_a_code_on_the_feed_is_a_fingerprint_and_an_address(api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await api.link(account_id)
    fingerprint = await api.show_code(account_id, attempt, text="2@canary-of-a-code,a,b,c")
    async with event_stream(api.client, "/v1/feed?after=0&types=qr") as stream:
        item = (await stream.item()).data
    assert item["data"]["fingerprint"] == fingerprint
    image = await api.client.get(item["data"]["image_url"])
    assert image.headers["content-type"] == "image/png"
    assert "canary" not in str(item)


async def test_an_id_from_the_future_is_answered_by_a_reset_with_the_state(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    head = await api.services.log.head()
    async with event_stream(api.client, "/v1/feed", **{"Last-Event-ID": "999999"}) as stream:
        reset = await stream.item()
        assert (reset.type, reset.id) == ("reset", head)
        assert reset.data["accounts"][0]["id"] == account_id
        await api.client.post(f"/v1/accounts/{account_id}/logout")
        assert (await stream.item()).type == "logout.requested"


async def test_an_id_that_is_none_is_a_clear_400(api: RunningApi) -> None:
    for bad in ("yesterday", "-1", "1.5", "१२", "9" * 30, "0x10", "1;2"):
        for answered in (
            await api.client.get("/v1/feed", headers={b"Last-Event-ID": bad.encode()}),
            await api.client.get("/v1/feed", params={"after": bad}),
        ):
            assert answered.status_code == 400, bad
            assert answered.json()["type"] == "/problems/bad_event_id"


async def test_a_reader_that_leaves_frees_its_slot(api: RunningApi) -> None:
    async with event_stream(api.client) as stream:
        await stream.next()
        assert api.hub.readers == 1
    await until(lambda: api.hub.readers == 0)


async def test_a_reader_that_leaves_before_the_first_byte_frees_its_slot(api: RunningApi) -> None:
    request = (
        f"GET /v1/feed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.key}\r\n\r\n"
    ).encode()
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(api.url).port)
        writer.write(request)
        await writer.drain()
        writer.transport.abort()
    await api.client.get("/health/live")
    await until(lambda: api.hub.readers == 0)


async def test_readers_who_catch_up_read_in_turn_and_give_up_no_statement(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.ready_account()
    read = api.services.log.read
    begun: list[int] = []
    finished: list[int] = []

    async def counted(after: int, limit: int, *, stream: str | None = None) -> list[RecordedEvent]:
        if limit != PAGE:  # the hub itself
            return await read(after, limit, stream=stream)
        begun.append(len(begun) - len(finished) + 1)
        recorded = await read(after, limit, stream=stream)
        finished.append(len(recorded))
        return recorded

    monkeypatch.setattr(api.services.log, "read", counted)

    async def catch_up() -> None:
        with api.hub.admit(FeedFilter(), after=0) as reader:
            async for _ in api.hub.resume(reader):
                pass

    catching_up = [asyncio.create_task(catch_up()) for _ in range(20)]
    await until(lambda: bool(begun))
    for one in catching_up[:10]:
        one.cancel()
    await asyncio.wait(catching_up)
    await until(lambda: len(finished) == len(begun))
    assert max(begun) <= CATCHING_UP
    assert len(finished) >= 10


async def test_readers_of_many_forced_disconnects_miss_nothing(api: RunningApi) -> None:
    account_id = await api.register()
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)

    async def sync() -> None:
        for percent in range(1, 61):
            await api.see(
                account_id, RecordSyncProgress(at=clock.now(), attempt=attempt, percent=percent)
            )

    syncing = asyncio.create_task(sync())
    seen: list[int] = []
    last = "0"
    while len(seen) < 60:
        address = f"/v1/feed?types=syncing&account={account_id}"
        async with event_stream(api.client, address, **{"Last-Event-ID": last}) as stream:
            for event in await stream.items(min(7, 60 - len(seen))):
                seen.append(event.data["data"]["percent"])
                last = str(event.id)
    await syncing
    assert seen == list(range(1, 61))


async def test_a_full_house_answers_503_with_retry_after(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.hub, "_most_readers", 1)
    async with event_stream(api.client) as stream:
        await stream.next()
        refused = await api.client.get("/v1/feed")
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems/too_many_readers"
        assert refused.headers["retry-after"]
    await until(lambda: api.hub.readers == 0)


async def test_a_slow_reader_is_let_go_and_resumes_without_a_gap(api: RunningApi) -> None:
    with api.hub.admit(FeedFilter()) as reader:
        async for _ in api.hub.resume(reader):
            pass
        for _ in range(MOST_WAITING + 1):
            await api.register()
        await until(lambda: reader.let_go == "too_slow")
        after = reader.position
        assert reader.take() == []
    with api.hub.admit(FeedFilter(), after=after) as reader:
        missed = [item async for page in api.hub.resume(reader) for item in page]
    assert len(missed) == MOST_WAITING + 1
    assert [item.position for item in missed] == sorted({item.position for item in missed})


async def test_an_ending_service_ends_its_streams(api: RunningApi) -> None:
    async with event_stream(api.client) as stream:
        await stream.next()
        api.hub.close()
        await stream.ends()


async def test_a_ticket_opens_one_stream_once(api: RunningApi) -> None:
    account_id = await api.register(label="mine")
    await api.register(label="not mine")
    given = await api.client.post("/v1/tickets", json={"account": account_id})
    address = given.json()["url"] + "&after=0"
    async with httpx.AsyncClient(base_url=api.url) as browser:
        async with event_stream(browser, address) as stream:
            assert (await stream.item()).data["account_id"] == account_id
            await api.register(label="not mine either")
            await api.client.post(f"/v1/accounts/{account_id}/link")
            assert (await stream.item()).data["account_id"] == account_id
        spent = await browser.get(address)
        assert spent.json()["type"] == "/problems/ticket_spent"


async def test_a_hub_that_is_full_takes_nobody(api: RunningApi) -> None:
    hub = FeedHub(api.services.log, api.services.dispatch.as_of, most_readers=0)
    running = asyncio.create_task(hub.run())
    await hub.following()
    with pytest.raises(TooManyReaders), hub.admit(FeedFilter()):
        pass
    running.cancel()


async def test_a_hub_that_broke_says_so_instead_of_going_quiet(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: object) -> None:
        raise RuntimeError

    async with event_stream(api.client) as stream:
        await stream.next()
        monkeypatch.setattr("app.feed_hub.read_item", breaks)
        await api.services.dispatch.submit(
            "acc_1", RegisterAccount(at=clock.now(), workspace="w"), WORKER
        )
        await stream.ends()
    refused = await api.client.get("/v1/feed")
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/storage_unavailable")
    checks = (await api.client.get("/health/ready")).json()["checks"]
    assert {"name": "feed", "ok": False, "sentence": "The feed has stopped."} in checks
