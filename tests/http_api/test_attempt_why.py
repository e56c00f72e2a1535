"""Any attempt is explained over HTTP, be it the newest or an old one."""

from typing import Any

from adapters import clock
from domain.observations import RecordProblem, RecordUnsealedSession
from domain.reasons import Reason
from tests.running_api import RunningApi


async def asked(api: RunningApi, account_id: str, number: int) -> Any:  # noqa: ANN401  a body
    answered = await api.client.get(f"/v1/accounts/{account_id}/attempts/{number}/why")
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return answered.json()["why"]


async def trouble(api: RunningApi, account_id: str, attempt: str, reason: Reason) -> None:
    problem = RecordProblem(at=clock.now(), attempt=attempt, reason=reason, detail="as seen")
    await api.see(account_id, problem)


async def test_an_old_attempt_is_explained_after_the_next_has_begun(api: RunningApi) -> None:
    account_id = await api.register()
    await trouble(api, account_id, await api.link(account_id), Reason.BROWSER_CRASHED)
    await api.link(account_id)

    old = await asked(api, account_id, 1)
    assert (old["outcome"], old["cause"]["code"]) == ("failed", "browser_never_started")
    timeline = (await api.client.get(f"/v1/accounts/{account_id}/attempts/1")).json()["timeline"]
    positions = {row["name"]: row["position"] for row in timeline["rows"]}
    proof = [positions["LinkRequested"], positions["LinkFailed"]]
    assert old["cause"]["positions"] == proof
    newest = await asked(api, account_id, 2)
    assert (newest["outcome"], newest["cause"]) == ("running", None)
    assert newest["sentence"] == "The attempt is running."


async def test_what_was_seen_in_an_earlier_attempt_may_be_the_cause(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    unsealed = RecordUnsealedSession(
        at=clock.now(), attempt=attempt, reason=Reason.STORAGE_UNAVAILABLE
    )
    await api.see(account_id, unsealed)
    await trouble(api, account_id, attempt, Reason.STREAM_REPLACED)
    answered = await api.client.post(f"/v1/accounts/{account_id}/reconnect")
    again = answered.json()["account"]["attempt"]["id"]
    await trouble(api, account_id, again, Reason.SESSION_UNREADABLE)

    assert (await asked(api, account_id, 1))["cause"]["code"] == "stream_replaced"
    assert (await asked(api, account_id, 2))["cause"]["code"] == "session_never_sealed"


async def test_an_attempt_that_never_was(api: RunningApi) -> None:
    account_id = await api.register()
    answered = await api.client.get(f"/v1/accounts/{account_id}/attempts/1/why")
    assert answered.status_code == 404
    assert answered.json()["type"] == "/problems/no_such_attempt"
    assert answered.json()["detail"] == "The account has had 0 attempts."
