"""The Laravel back end's calls, with observations in place of a browser.

Words in quotes are the seeds'.
"""

import asyncio
from typing import Any

import httpx

from adapters import clock
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from tests.dropin.scanning import answered_with_code, running_attempt, text_of
from tests.running_api import CODE_TEXT, PHONE, RunningApi, until
from tests.waiting import eventually

GENERATE = "/api/sessions/generate-qr"
IDS = {"session_id": "webjs_1_a", "workspace_id": 1, "account_id": 5}


async def generate(api: RunningApi, **ids: object) -> tuple[dict[str, Any], str, str]:
    """Have a code generated; give the answer's body, our account and its attempt."""
    body = {**IDS, **ids}
    answered, account_id, attempt = await answered_with_code(
        api, GENERATE, str(body["workspace_id"]), json=body
    )
    assert answered.status_code == 200, answered.text
    return answered.json(), account_id, attempt


async def mark(api: RunningApi, session: str = "webjs_1_a", **body: object) -> httpx.Response:
    address = f"/api/whatsapp/sessions/{session}/mark-disconnected"
    return await api.client.post(address, json=body or {"workspace_id": 1, "reason": "LOGOUT"})


async def connect(api: RunningApi, phone: str = PHONE, **ids: object) -> tuple[str, str]:
    """Scan to the end."""
    _, account_id, attempt = await generate(api, **ids)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt, phone)
    return account_id, attempt


async def test_a_code_comes_as_a_base64_data_url(api: RunningApi):
    told, account_id, _ = await generate(api)

    assert text_of(told["qr_code"]) == CODE_TEXT
    assert 0 < told["expires_in"] <= 60
    assert {name: told[name] for name in IDS} == IDS
    assert (told["success"], told["status"], told["phone_number"]) == (True, "qr_scanning", None)
    assert told["linkwright_account"] == account_id


async def test_asking_again_gives_the_code_on_show_and_starts_nothing(api: RunningApi):
    first, account_id, attempt = await generate(api)

    again = await api.client.post(GENERATE, json=IDS)

    assert again.json()["qr_code"] == first["qr_code"]
    shown = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert (shown["attempt"]["id"], shown["attempt"]["number"]) == (attempt, 1)


async def test_two_that_ask_at_once_get_one_account_and_one_code(api: RunningApi):
    asking = [asyncio.create_task(api.client.post(GENERATE, json=IDS)) for _ in range(2)]
    account_id, attempt = await running_attempt(api, "1")
    await api.show_code(account_id, attempt)

    told = [(await one).json() for one in asking]

    assert told[0]["qr_code"] == told[1]["qr_code"]
    assert len((await api.client.get("/v1/accounts")).json()["accounts"]) == 1


async def test_every_missing_id_is_named(api: RunningApi):
    for left_out in (("account_id",), ("session_id", "workspace_id"), tuple(IDS)):
        for empty in ({}, dict.fromkeys(left_out), dict.fromkeys(left_out, "")):
            given = {name: value for name, value in IDS.items() if name not in left_out}

            refused = await api.client.post(GENERATE, json=given | empty)

            told = refused.json()
            assert refused.status_code == 422
            assert [error["field"] for error in told["errors"]] == list(left_out)
            assert told["errors"][0]["reason"] == f"{left_out[0]} parameter is required"
            assert told["success"] is False
            assert all(name in told["error"] for name in left_out)
    assert (await api.client.get("/v1/accounts")).json()["accounts"] == []


async def test_an_old_scan_never_blocks_a_new_one(api: RunningApi):
    """'Duplicate entry 62811801641-1-qr_scanning': the same phone, two scans, one workspace."""
    _, left, _ = await generate(api)  # waits for its scan for ever
    first, _ = await connect(api, "62811801641", session_id="webjs_1_b", account_id=6)
    second, attempt = await connect(api, "62811801641", session_id="webjs_1_c", account_id=7)

    assert len({left, first, second}) == 3
    shown = (await api.client.get(f"/v1/accounts/{second}")).json()["account"]
    assert (shown["status"], shown["attempt"]["id"]) == ("READY", attempt)


async def test_an_expired_scan_starts_a_new_attempt_of_the_same_account(api: RunningApi):
    _, account_id, attempt = await generate(api)
    over = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.QR_EXPIRED)
    await api.see(account_id, over)

    told, again, next_attempt = await generate(api, session_id="webjs_1_new")

    assert (again, told["session_id"], told["status"]) == (account_id, "webjs_1_new", "qr_scanning")
    assert next_attempt != attempt


async def test_an_attempt_that_fails_while_it_is_joined_is_followed_by_another(api: RunningApi):
    account_id = (await generate(api))[1]
    await mark(api)
    old = await api.link(account_id)  # somebody else's, and it comes to nothing
    asking = asyncio.create_task(api.client.post(GENERATE, json=IDS))
    await until(lambda: api.hub.readers > 0)
    gone = RecordProblem(at=clock.now(), attempt=old, reason=Reason.PAGE_UNREACHABLE)
    await api.see(account_id, gone)

    same, attempt = await running_attempt(api, "1")
    await api.show_code(account_id, attempt)

    told = (await asking).json()
    assert (same, told["status"]) == (account_id, "qr_scanning")
    assert attempt != old


async def test_a_connected_account_says_so(api: RunningApi):
    await connect(api)

    told = (await api.client.post(GENERATE, json=IDS)).json()

    assert (told["status"], told["phone_number"]) == ("connected", PHONE)
    assert told["qr_code"] is None


async def test_marking_disconnected_ends_a_scan_and_the_next_one_succeeds(api: RunningApi):
    _, account_id, _ = await generate(api)

    for _ in range(2):  # 'Session marked as disconnected', as often as it is said
        marked = await mark(api)
        assert marked.status_code == 200
        assert marked.json()["status"] == "disconnected"
        assert marked.json()["message"] == "Session marked as disconnected"
    assert (await generate(api))[1] == account_id


async def test_marking_disconnected_ends_a_link(api: RunningApi):
    account_id, attempt = await connect(api)

    marking = asyncio.create_task(mark(api))

    async def logging_out() -> bool:
        return (await api.services.dispatch.load(account_id)).account.logout_requested

    await eventually(logging_out)
    await api.see(account_id, RecordLogout(at=clock.now(), attempt=attempt, by="client"))
    told = (await marking).json()
    assert (told["status"], told["phone_number"]) == ("disconnected", None)
    assert (await generate(api))[0]["status"] == "qr_scanning"


async def test_a_link_that_was_lost_is_ended_too(api: RunningApi):
    account_id, attempt = await connect(api)
    lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.see(account_id, lost)

    assert (await mark(api)).json()["status"] == "disconnected"
    shown = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert shown["reason"]["code"] == "logged_out"
    assert shown["deadline"] is None  # it does not come back by itself


async def test_a_late_word_about_a_replaced_session_ends_nothing(api: RunningApi):
    _, account_id, _ = await generate(api)
    await api.client.post(GENERATE, json={**IDS, "session_id": "webjs_1_newer"})

    late = await mark(api, "webjs_1_a")

    assert late.status_code == 200
    assert late.json()["session_id"] == "webjs_1_newer"
    shown = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert shown["status"] == "WAITING_QR"


async def test_an_erased_account_does_not_block_its_back_ends_account(api: RunningApi):
    _, erased, _ = await generate(api)
    await api.client.delete(f"/v1/accounts/{erased}?erase=true")

    told, account_id, _ = await generate(api)

    assert account_id != erased
    assert told["linkwright_account"] == account_id


async def test_ids_are_taken_as_texts_too(api: RunningApi):
    ids = {"session_id": "location_1", "workspace_id": "acme", "account_id": "0b7e-uuid"}

    told, _, _ = await generate(api, **ids)

    assert {name: told[name] for name in ids} == ids
