"""A repeated wish has no second effect and gets the first answer again, byte for byte."""

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.http_api.callers import code_of, same
from tests.http_api.test_linking import attempt_of
from tests.running_api import RunningApi, running_api, until

KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


async def status(api: RunningApi, name: str) -> str:
    """Bring an account into the status that a case begins in."""
    if name == "ready":
        return (await api.ready_account())[0]
    if name == "guarded":
        account_id, attempt = await api.ready_account()
        await api.prepare_standby(account_id, attempt)
        return account_id
    account_id = await api.register(label="Front desk")
    if name == "erased":
        await api.client.delete(f"/v1/accounts/{account_id}?erase=true")
    if name in ("fresh", "erased"):
        return account_id
    attempt = await api.link(account_id)
    problem = {"lost": Reason.NETWORK_LOST, "unlinked": Reason.PHONE_UNLINKED}
    if name in problem:
        await api.become_ready(account_id, attempt)
        await api.see(
            account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=problem[name])
        )
    if name == "cancelled":
        await api.client.post(f"/v1/accounts/{account_id}/cancel")
    return account_id


WISHES: list[tuple[str, str, str, dict[str, Any], int]] = [
    # method, what is behind the account's address, the account's status, given, the answer
    ("POST", "/link", "fresh", {}, 202),
    ("POST", "/link", "fresh", {"json": {"method": "qr"}}, 202),
    ("POST", "/link", "fresh", {"json": {"method": "pairing_code", "phone": "4915112345678"}}, 202),
    ("POST", "/link", "fresh", {"json": {"method": "pairing_code"}}, 422),
    ("POST", "/link", "linking", {}, 409),
    ("POST", "/link", "ready", {}, 409),
    ("POST", "/retry", "cancelled", {}, 202),
    ("POST", "/retry", "fresh", {}, 409),
    ("POST", "/cancel", "linking", {}, 200),
    ("POST", "/cancel", "cancelled", {}, 200),
    ("POST", "/cancel", "fresh", {}, 409),
    ("POST", "/reconnect", "lost", {}, 202),
    ("POST", "/reconnect", "fresh", {}, 409),
    ("POST", "/promote-standby", "guarded", {}, 202),
    ("POST", "/promote-standby", "ready", {}, 409),
    ("POST", "/logout", "ready", {}, 202),
    ("POST", "/logout", "unlinked", {}, 200),
    ("POST", "/logout", "linking", {}, 409),
    ("POST", "/logout", "fresh", {}, 409),
    ("DELETE", "", "ready", {}, 200),
    ("DELETE", "", "fresh", {}, 200),
    ("DELETE", "?erase=true", "ready", {}, 200),
    ("DELETE", "?erase=true", "fresh", {}, 200),
    ("DELETE", "?erase=true", "erased", {}, 200),
    ("POST", "/link", "erased", {}, 409),
]
"""Every route that goes through the log, with every outcome that it can have."""


@pytest.mark.parametrize(("method", "path", "before", "given", "expected"), WISHES)
async def test_is_answered_as_it_was_first(
    api: RunningApi,
    database: str,
    tmp_path: Path,
    method: str,
    path: str,
    before: str,
    given: dict[str, Any],
    expected: int,
) -> None:
    account_id = await status(api, before)
    address = f"/v1/accounts/{account_id}{path}"
    first = await api.client.request(method, address, headers=KEY, **given)
    assert first.status_code == expected
    same(first, await api.client.request(method, address, headers=KEY, **given))
    await move_on(api, account_id)
    same(first, await api.client.request(method, address, headers=KEY, **given))
    async with running_api(database, tmp_path) as elsewhere:  # nothing of it is remembered there
        elsewhere.client.headers["Authorization"] = api.client.headers["Authorization"]
        same(first, await elsewhere.client.request(method, address, headers=KEY, **given))

    assert inputs_with_key(database) == 1


async def move_on(api: RunningApi, account_id: str) -> None:
    """Change the account as far as it lets us."""
    for path in ("/cancel", "/retry", "/link", "/cancel"):
        await api.client.post(f"/v1/accounts/{account_id}{path}")


def inputs_with_key(database: str) -> int:
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "select from inputs where idempotency_key = %s", (KEY["Idempotency-Key"],)
        )
        return found.rowcount


async def test_registers_once(api: RunningApi) -> None:
    body = {"label": "Front desk", "workspace": "acme"}
    first = await api.client.post("/v1/accounts", json=body, headers=KEY)
    account_id = first.json()["account"]["id"]
    await api.link(account_id)
    again = await api.client.post("/v1/accounts", json=body, headers=KEY)
    same(first, again)
    assert again.headers["location"] == f"/v1/accounts/{account_id}"
    assert len((await api.client.get("/v1/accounts")).json()["accounts"]) == 1


async def test_an_old_answer_does_not_tell_of_an_erased_account(api: RunningApi) -> None:
    body = {"label": "Front desk"}
    first = (await api.client.post("/v1/accounts", json=body, headers=KEY)).json()["account"]
    await api.client.delete(f"/v1/accounts/{first['id']}?erase=true")
    again = await api.client.post("/v1/accounts", json=body, headers=KEY)
    assert (again.status_code, again.json()["account"]["id"]) == (201, first["id"])
    assert "Front desk" not in again.text


async def test_tells_of_a_refusal_under_the_request_that_was_refused(api: RunningApi) -> None:
    account_id = await api.register()
    first = await api.client.post(f"/v1/accounts/{account_id}/cancel", headers=KEY)
    again = await api.client.post(f"/v1/accounts/{account_id}/cancel", headers=KEY)
    assert again.json()["request_id"] == first.headers["linkwright-request"]
    assert again.headers["linkwright-request"] != first.headers["linkwright-request"]


@pytest.mark.parametrize("path", ["", "/{}/link", "/{}/cancel"])
async def test_of_twenty_at_once_one_has_an_effect(api: RunningApi, path: str) -> None:
    account_id = await status(api, "linking" if path.endswith("cancel") else "fresh")
    head = await api.services.log.head()
    address = f"/v1/accounts{path.format(account_id)}"
    asked = (api.client.post(address, json={}, headers=KEY) for _ in range(20))
    answers = await asyncio.gather(*asked)
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert answers[0].is_success
    replayed = [one for one in answers if "idempotent-replayed" in one.headers]
    assert len(replayed) == 19
    assert await api.services.log.head() == head + 1


async def test_twenty_in_two_processes_have_one_effect(
    api: RunningApi, database: str, tmp_path: Path
) -> None:
    account_id = await api.register()
    async with running_api(database, tmp_path) as other:
        other.client.headers["Authorization"] = api.client.headers["Authorization"]
        clients = [api.client, other.client] * 10
        address = f"/v1/accounts/{account_id}/link"
        answers = await asyncio.gather(*(one.post(address, headers=KEY) for one in clients))
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert len(await api.services.log.load(account_id)) == 2


async def test_a_wait_is_answered_with_what_was_shown_then(api: RunningApi) -> None:
    account_id = await api.register()
    address = f"/v1/accounts/{account_id}/link?wait=30"
    asking = [asyncio.create_task(api.client.post(address, headers=KEY)) for _ in range(2)]
    await until(lambda: api.hub.readers == 2)
    attempt = await attempt_of(api, account_id)
    fingerprint = await api.show_code(account_id, attempt)
    answers = [await one for one in asking]
    await api.scan(account_id, attempt)
    answers.append(await api.client.post(address, headers=KEY))
    assert len({(one.status_code, one.content) for one in answers}) == 1
    assert answers[0].json()["account"]["code"]["fingerprint"] == fingerprint
    assert sorted("idempotent-replayed" in one.headers for one in answers) == [False, True, True]


async def test_a_wait_that_nobody_heard_the_end_of_is_waited_for_again(api: RunningApi) -> None:
    account_id = await api.register()
    address = f"/v1/accounts/{account_id}/link?wait=30"
    asking = asyncio.create_task(api.client.post(address, headers=KEY))
    await until(lambda: api.hub.readers == 1)
    asking.cancel()
    await until(lambda: api.hub.readers == 0)
    again = asyncio.create_task(api.client.post(address, headers=KEY))
    await until(lambda: api.hub.readers == 1)
    await api.show_code(account_id, await attempt_of(api, account_id))
    assert (await again).json()["account"]["status"] == "WAITING_QR"


async def test_an_account_that_does_not_exist_takes_no_key(api: RunningApi) -> None:
    nobody = await api.client.post("/v1/accounts/acc_nobody/link", headers=KEY)
    assert code_of(nobody) == "not_registered"
    assert (await api.client.post("/v1/accounts", json={}, headers=KEY)).status_code == 201


async def test_the_key_stands_with_its_input_and_its_request_only_by_fingerprint(
    api: RunningApi, database: str
) -> None:
    body = {"label": "Front desk"}
    await api.client.post("/v1/accounts", json=body, headers=KEY)
    with psycopg.connect(database) as connection:
        [(key,)] = connection.execute("select idempotency_key from inputs").fetchall()
        [row] = connection.execute("select * from idempotency_keys").fetchall()
    assert key == KEY["Idempotency-Key"]
    assert "Front desk" not in str(row)
