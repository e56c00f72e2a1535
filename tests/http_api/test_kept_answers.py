"""Where the log cannot tell the first answer, it is kept: sealed, whole, with its cookie."""

import asyncio
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from msgspec.structs import replace

from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import Claim
from adapters.idempotency_keys import AnswerUnsealable, IdempotencyKeys
from adapters.keys import Keys
from app.http import one_time
from tests.http_api.callers import code_of, same
from tests.running_api import MASTER_KEY, RunningApi, running_api

KEY = {"Idempotency-Key": "order-7"}
CLAIM = Claim(owner="key_1", key="order-7", request="9f86d081884c7d65 req_1")


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/accounts/{}/link-pages"])
async def test_a_secret_is_given_once_and_told_again(
    api: RunningApi, database: str, tmp_path: Path, path: str
) -> None:
    address = path.format(await api.register())
    first = await api.client.post(address, json={}, headers=KEY)
    assert first.status_code == 201
    same(first, await api.client.post(address, json={}, headers=KEY))
    async with running_api(database, tmp_path) as elsewhere:
        elsewhere.client.headers["Authorization"] = api.client.headers["Authorization"]
        same(first, await elsewhere.client.post(address, json={}, headers=KEY))
    secret = first.json().get("ticket") or first.json()["url"].split("#")[1]
    assert secret not in everything_kept(database)


async def test_of_twenty_at_once_one_is_carried_out(api: RunningApi) -> None:
    asked = (api.client.post("/v1/tickets", headers=KEY) for _ in range(20))
    answers = await asyncio.gather(*asked)
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert [one.headers.get("idempotent-replayed") for one in answers].count(None) == 1


async def test_signing_in_gives_the_same_session_again(api: RunningApi) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        first = await browser.post("/session", json={"key": api.key}, headers=KEY)
        browser.cookies.clear()
        again = await browser.post("/session", json={"key": api.key}, headers=KEY)
        same(first, again)
        assert again.headers["set-cookie"] == first.headers["set-cookie"]
        assert (await browser.get("/session")).json()["signed_in"] is True


async def test_a_link_whose_answer_was_lost_opens_for_whoever_has_it(api: RunningApi) -> None:
    account_id = await api.register()
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    body = {"token": made["url"].split("#")[1]}
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        first = await browser.post("/link/session", json=body, headers=KEY)
        browser.cookies.clear()
        same(first, await browser.post("/link/session", json=body, headers=KEY))
        assert (await browser.get("/link/session")).json()["account_id"] == account_id
        other = await browser.post("/link/session", json=body, headers={"Idempotency-Key": "no"})
        assert code_of(other) == "link_spent"
        guessed = await browser.post("/link/session", json={"token": "lwl_guess"}, headers=KEY)
        assert code_of(guessed) == "link_spent"


async def test_a_phone_does_a_thing_once(api_with_sandbox: RunningApi) -> None:
    api = api_with_sandbox
    account_id = await api.register(site="sandbox")
    address = f"/v1/sandbox/accounts/{account_id}/reject"
    first = await api.client.post(address, headers=KEY)
    assert code_of(first) == "phone_refused"
    again = await api.client.post(address, headers=KEY)
    same(first, again)
    assert again.json()["request_id"] == first.headers["linkwright-request"]


async def test_what_may_succeed_later_is_tried_again(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(one_time, "MOST_HELD", 0)
        assert code_of(await api.client.post("/v1/tickets", headers=KEY)) == "too_many_tickets"
    assert (await api.client.post("/v1/tickets", headers=KEY)).status_code == 201


async def test_what_broke_before_it_did_anything_is_tried_again(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await api.register()

    async def away(*_: object) -> None:
        raise StorageUnavailable("The database is away.")

    with monkeypatch.context() as patched:
        patched.setattr(api.services.dispatch, "load", away)
        address = f"/v1/accounts/{account_id}/link-pages"
        assert code_of(await api.client.post(address, headers=KEY)) == "storage_unavailable"
    assert (await api.client.post(address, headers=KEY)).status_code == 201


async def test_an_answer_opens_for_its_owner_and_key_only(api: RunningApi, database: str) -> None:
    keys = IdempotencyKeys(api.services.database, Keys(MASTER_KEY), 3600)
    await keys.begin(CLAIM, uuid4(), 30, again=False)
    assert await keys.keep(CLAIM, b"first") == b"first"
    assert await keys.keep(CLAIM, b"second") == b"first"
    other = replace(CLAIM, owner="key_2")
    await keys.begin(other, uuid4(), 30, again=False)
    with psycopg.connect(database) as connection:
        connection.execute(
            "update idempotent_answers set sealed = (select sealed from idempotent_answers"
            " where owner = 'key_1') where owner = 'key_2'"
        )
    with pytest.raises(AnswerUnsealable):
        await keys.find(other)
    stranger = IdempotencyKeys(api.services.database, Keys(b"n" * 32), 3600)
    with pytest.raises(AnswerUnsealable):
        await stranger.find(CLAIM)


async def test_beginning_twice_under_one_name_is_beginning_once(api: RunningApi) -> None:
    """A statement that loses its connection is sent again, and must not meet itself."""
    keys, runner = IdempotencyKeys(api.services.database, Keys(MASTER_KEY), 3600), uuid4()
    for _ in range(2):
        assert (await keys.begin(CLAIM, runner, 30, again=False)).mine
    other = await keys.begin(CLAIM, uuid4(), 30, again=True)
    assert (other.mine, other.running) == (False, True)


async def test_only_who_runs_a_request_can_give_it_up(api: RunningApi) -> None:
    keys, runner = IdempotencyKeys(api.services.database, Keys(MASTER_KEY), 3600), uuid4()
    await keys.begin(CLAIM, runner, 30, again=False)
    await keys.release(CLAIM, uuid4())
    assert await keys.find(CLAIM) is not None
    await keys.release(CLAIM, runner)
    assert await keys.find(CLAIM) is None


async def test_of_two_that_take_over_one_does(api: RunningApi) -> None:
    keys = IdempotencyKeys(api.services.database, Keys(MASTER_KEY), 3600)
    await keys.begin(CLAIM, uuid4(), 0, again=False)
    taken = await asyncio.gather(*(keys.begin(CLAIM, uuid4(), 30, again=True) for _ in range(8)))
    assert sum(known.mine for known in taken) == 1


async def test_a_request_through_the_log_and_one_past_it_never_both_take_a_key(
    api: RunningApi,
) -> None:
    asked = [
        api.client.post(path, json={}, headers={"Idempotency-Key": f"both-{number}"})
        for number in range(10)
        for path in ("/v1/accounts", "/v1/tickets")
    ]
    answers = await asyncio.gather(*asked)
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert sorted((one.status_code, other.status_code)) == [201, 422]


def everything_kept(database: str) -> str:
    with psycopg.connect(database) as connection:
        kept = connection.execute("select encode(sealed, 'escape') from idempotent_answers")
        return str(kept.fetchall())
