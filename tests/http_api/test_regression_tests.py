"""An attempt that went wrong is asked for as a regression test."""

import msgspec

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from projections.replay.pytest_case import PytestCase
from tests.http_api.test_compare import failed_then_linked
from tests.replay.produced import is_green
from tests.running_api import PHONE, RunningApi


async def asked(api: RunningApi, account_id: str, query: str) -> PytestCase:
    answered = await api.client.get(f"/v1/accounts/{account_id}/replay/test{query}")
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return msgspec.convert(answered.json()["test"], PytestCase)


async def test_the_attempt_that_failed(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)

    case = await asked(api, account_id, "?attempt=1&expect=READY")

    assert (case.name, case.recorded, case.expected) == (
        "test_it_ends_ready",
        "FAILED (scan_rejected)",
        "READY",
    )
    assert not is_green(case)
    assert case.goes_wrong_here
    assert account_id not in case.source


async def test_the_newest_by_default(api: RunningApi) -> None:
    account_id, attempt = await api.ready_account()
    lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.see(account_id, lost)

    case = await asked(api, account_id, "")

    assert case.recorded == "DISCONNECTED (network_lost), waiting for reconnect"
    assert PHONE not in case.source
    assert not is_green(case)


async def test_an_ending_that_there_is_not(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)
    answered = await api.client.get(f"/v1/accounts/{account_id}/replay/test?expect=LINKED")
    assert answered.status_code == 422
    assert "neither a status" in answered.json()["detail"]
