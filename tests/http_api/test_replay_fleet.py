"""Over HTTP as many attempts are decided again as fit in one answer."""

from typing import Any

from adapters import clock
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.event_log.test_verify import tamper
from tests.http_api.callers import code_of
from tests.running_api import RunningApi

LONG_AGO = "2026-01-01T00:00:00Z"


async def asked(api: RunningApi, **wanted: object) -> Any:  # noqa: ANN401  a body
    answered = await api.client.post("/v1/replay/fleet", json={"since": LONG_AGO} | wanted)
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return answered.json()["fleet"]


async def lost_account(api: RunningApi, **fields: object) -> str:
    """Link an account and lose it, so that it waits for its reconnect."""
    account_id, attempt = await api.ready_account(**fields)
    lost = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    await api.see(account_id, lost)
    return account_id


async def test_the_build_that_wrote_the_log_decides_it_as_it_was(api: RunningApi) -> None:
    await api.ready_account()
    await lost_account(api, workspace="acme")

    assert await asked(api) == {"attempts": 2, "verdicts": {"SAME": 2}, "different": []}
    assert (await asked(api, workspace="acme"))["attempts"] == 1
    assert (await asked(api, limit=1))["attempts"] == 1
    assert (await asked(api, since=clock.now().isoformat()))["attempts"] == 0


async def test_another_policy_names_the_attempts_that_it_changes(api: RunningApi) -> None:
    await api.ready_account()
    account_id = await lost_account(api)
    fleet = await asked(api, policy={"reconnect_first_s": 60})

    assert fleet["verdicts"] == {"SAME": 1, "DIVERGED": 1}
    (one,) = fleet["different"]
    assert (one["account_id"], one["attempt"], one["verdict"]) == (account_id, 1, "DIVERGED")
    assert one["difference"].startswith("another ConnectionLost")


async def test_what_cannot_be_read_here_is_undecidable_by_name(
    api: RunningApi, database: str
) -> None:
    account_id, _ = await api.ready_account()
    other, _ = await api.ready_account()
    await api.services.log.park("attempts", other, 3, "it does not fit")
    tamper(database, "update events set topic = 'PhoneBlessed' where topic = 'QrScanned'")
    fleet = await asked(api)

    assert fleet["verdicts"] == {"UNDECIDABLE": 2}
    missing = {one["account_id"]: one["missing"] for one in fleet["different"]}
    assert missing[account_id].startswith("PhoneBlessed (version 4) is unreadable here")
    assert missing[other].startswith("the account is parked")


async def test_a_day_without_a_zone_is_no_moment(api: RunningApi) -> None:
    answered = await api.client.post("/v1/replay/fleet", json={"since": "2026-01-01T00:00:00"})
    assert code_of(answered) == "invalid_request"
