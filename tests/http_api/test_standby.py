"""One scan, two ways to deliver: what clients see of the standby."""

from adapters import clock
from domain.observations import RecordProblem, RecordStandby
from domain.reasons import Reason
from tests.http_api.callers import code_of
from tests.running_api import RunningApi


async def test_both_methods_are_told_with_the_account(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    here = f"/v1/accounts/{account_id}"
    before = (await api.client.get(here)).json()["account"]
    assert before["held_by"] == "primary"
    assert before["standby"] == {"status": "off", "since": None, "reason": None, "retry_at": None}
    await api.prepare_standby(account_id, attempt)
    ready = (await api.client.get(here)).json()["account"]
    assert ready["standby"]["status"] == "ready"
    assert ready["standby"]["since"]
    assert "promote_standby" in ready["next"]
    promoted = (await api.client.post(f"{here}/promote-standby")).json()["account"]
    assert (promoted["status"], promoted["held_by"]) == ("INITIALIZING", "standby")
    assert promoted["standby"]["status"] == "promoted"
    await api.become_ready(account_id, promoted["attempt"]["id"])
    assert (await api.client.get(here)).json()["account"]["held_by"] == "standby"
    again = (await api.client.post(f"{here}/promote-standby")).json()
    assert (again["outcome"], again["rule"]) == ("ignored", "promoted_already")


async def test_a_failed_standby_says_why_and_when_it_is_tried_again(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    await api.prepare_standby(account_id, attempt)
    failed = RecordStandby(
        at=clock.now(), attempt=attempt, stage="failed", reason=Reason.OUT_OF_MEMORY
    )
    await api.see(account_id, failed)
    here = f"/v1/accounts/{account_id}"
    standby = (await api.client.get(here)).json()["account"]["standby"]
    assert (standby["status"], standby["reason"]["code"]) == ("failed", "out_of_memory")
    assert standby["retry_at"] > standby["since"]
    refused = await api.client.post(f"{here}/promote-standby")
    assert refused.status_code == 409
    assert code_of(refused) == "standby_not_ready"


async def test_where_no_standby_process_runs_none_is_promised(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    await api.prepare_standby(account_id, attempt)
    gone = RecordStandby(at=clock.now(), attempt=attempt, stage="failed", reason=Reason.WORKER_LOST)
    await api.see(account_id, gone)
    account = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    standby = account["standby"]
    assert (standby["reason"]["code"], standby["retry_at"]) == ("worker_lost", None)
    assert "promote_standby" not in account["next"]


async def test_nobody_holds_an_account_that_is_lost(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.see(account_id, lost)
    account = (await api.client.get(f"/v1/accounts/{account_id}")).json()["account"]
    assert account["held_by"] is None


async def test_the_feed_tells_the_progress(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    await api.prepare_standby(account_id, attempt)
    await api.client.post(f"/v1/accounts/{account_id}/promote-standby")
    items = (await api.client.get(f"/v1/events?after=0&account={account_id}")).json()
    told = [item["type"] for item in items["items"]]
    assert told[-6:] == [
        "session.sealed",
        "standby.requested",
        "standby.ready",
        "standby.promoted",
        "disconnected",
        "reconnect.started",
    ]
