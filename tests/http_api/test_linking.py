"""Starting and ending a link, and an answer that waits for the first code."""

import asyncio

import pytest

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.running_api import RunningApi, until


async def waits(api: RunningApi, account_id: str, route: str = "link") -> "asyncio.Task[dict]":
    """Ask with ?wait and come back once the service is waiting."""
    before = api.hub.readers

    async def ask() -> dict:
        answered = await api.client.post(f"/v1/accounts/{account_id}/{route}?wait=30")
        assert answered.status_code == 202, answered.text
        return answered.json()["account"]

    asking = asyncio.create_task(ask())
    await until(lambda: api.hub.readers > before)
    return asking


async def attempt_of(api: RunningApi, account_id: str) -> str:
    attempt = (await api.services.dispatch.load(account_id)).account.attempt
    assert attempt is not None
    return attempt.id


async def test_waits_for_the_first_code(api: RunningApi) -> None:
    account_id = await api.register()
    asking = await waits(api, account_id)
    attempt = await attempt_of(api, account_id)
    await api.open_page(account_id, attempt)
    assert not asking.done()
    fingerprint = await api.show_code(account_id, attempt)
    account = await asking
    assert (account["status"], account["code"]["fingerprint"]) == ("WAITING_QR", fingerprint)
    assert account["links"]["qr"] == f"/v1/accounts/{account_id}/qr"
    assert api.hub.readers == 0


async def test_waits_no_longer_than_the_attempt_lasts(api: RunningApi) -> None:
    account_id = await api.register()
    asking = await waits(api, account_id)
    attempt = await attempt_of(api, account_id)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
    )
    account = await asking
    assert (account["status"], account["reason"]["code"]) == ("FAILED", "page_unreachable")


async def test_waits_until_ready_where_a_session_was_kept(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    )
    asking = await waits(api, account_id, "retry")
    await api.become_ready(account_id, await attempt_of(api, account_id))
    assert (await asking)["status"] == "READY"


async def test_waits_no_longer_than_asked(api: RunningApi) -> None:
    account_id = await api.register()
    answered = await api.client.post(f"/v1/accounts/{account_id}/link?wait=0.05")
    assert (answered.status_code, answered.json()["account"]["status"]) == (202, "INITIALIZING")


async def test_a_client_that_leaves_is_not_waited_for(api: RunningApi) -> None:
    account_id = await api.register()
    asking = await waits(api, account_id)
    asking.cancel()
    await until(lambda: api.hub.readers == 0)


async def test_answers_at_once_where_nobody_may_wait(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await api.register()
    monkeypatch.setattr(api.hub, "_most_readers", 0)
    answered = await api.client.post(f"/v1/accounts/{account_id}/link?wait=30")
    assert (answered.status_code, answered.json()["outcome"]) == (202, "accepted")


async def test_a_failed_attempt_is_retried_and_cancelled(api: RunningApi) -> None:
    account_id = await api.register()
    await api.link(account_id)
    here = f"/v1/accounts/{account_id}"
    cancelled = (await api.client.post(f"{here}/cancel")).json()
    assert cancelled["account"]["reason"]["code"] == "cancelled"
    again = (await api.client.post(f"{here}/cancel")).json()
    assert (again["outcome"], again["rule"]) == ("ignored", "already_cancelled")
    retried = (await api.client.post(f"{here}/retry")).json()["account"]
    assert (retried["status"], retried["attempt"]["number"]) == ("INITIALIZING", 2)


async def test_a_lost_link_is_reconnected_and_logged_out(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    here = f"/v1/accounts/{account_id}"
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    )
    back = (await api.client.post(f"{here}/reconnect")).json()["account"]
    assert (back["status"], back["attempt"]["kind"]) == ("INITIALIZING", "reconnect")
    await api.become_ready(account_id, back["attempt"]["id"])
    leaving = await api.client.post(f"{here}/logout")
    assert leaving.status_code == 202
    assert leaving.json()["account"]["deadline"]["awaited"] == "logout"


async def test_a_stopped_account_rests_until_it_is_reconnected(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    here = f"/v1/accounts/{account_id}"
    stopped = await api.client.post(f"{here}/stop")
    account = stopped.json()["account"]
    assert (stopped.status_code, account["status"]) == (200, "DISCONNECTED")
    assert (account["reason"]["code"], account["deadline"]) == ("stopped", None)
    again = (await api.client.post(f"{here}/stop")).json()
    assert (again["outcome"], again["rule"]) == ("ignored", "nothing_to_stop")
    back = (await api.client.post(f"{here}/reconnect")).json()["account"]
    assert (back["status"], back["attempt"]["kind"]) == ("INITIALIZING", "reconnect")


async def test_a_phone_number_that_is_none(api: RunningApi) -> None:
    account_id = await api.register()
    for phone in ("123", "0491511234567", "+49 151 1", "1" * 16, "phone", ""):
        body = {"method": "pairing_code", "phone": phone}
        answered = await api.client.post(f"/v1/accounts/{account_id}/link", json=body)
        assert answered.status_code == 422, phone
        assert answered.json()["errors"][0]["field"] == "phone"


async def test_an_input_carries_who_asked_and_their_correlation_id(api: RunningApi) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    headers = {"X-Correlation-Id": "order-4711", "traceparent": parent}
    answered = await api.client.post("/v1/accounts", json={}, headers=headers)
    [recorded] = await api.services.log.read_inputs(answered.json()["account"]["id"])
    assert recorded.origin.actor.startswith("key:")
    assert recorded.origin.correlation_id == "order-4711"
    assert recorded.origin.trace_parent == parent
