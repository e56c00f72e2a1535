"""Two attempts are compared over HTTP, of one account or of two."""

from typing import Any

import msgspec
import pytest

from adapters import clock
from adapters.event_log.interface import Append
from app import account_logs
from domain.log import InputToAppend
from domain.observations import RecordPage, RecordProblem
from domain.reasons import Reason
from projections.replay.account_log import AccountLog
from projections.replay.compare import compare
from tests.decided_again import BY_HAND
from tests.running_api import RunningApi
from tests.service.long_accounts import years

LONG = "acc_long"


async def asked(api: RunningApi, account_id: str, **query: object) -> Any:  # noqa: ANN401  a body
    params = {name: str(value) for name, value in query.items()}
    answered = await api.client.get(f"/v1/accounts/{account_id}/compare", params=params)
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return answered.json()["comparison"]


async def failed_then_linked(api: RunningApi) -> str:
    account_id = await api.register()
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    rejected = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    await api.see(account_id, rejected)
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    return account_id


async def test_two_attempts_of_an_account(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)

    told = await asked(api, account_id, attempt=1, with_attempt=2)

    parted = told["first_divergence"]
    assert (parted["left"]["name"], parted["right"]["name"]) == ("LinkFailed", "PhoneIdentified")
    assert told["pairs"][parted["pair"]]["aligned"] is False
    assert (told["left"]["attempt"]["number"], told["right"]["attempt"]["number"]) == (1, 2)
    assert parted["sentence"].startswith("After “A phone used the code")
    newest = await asked(api, account_id)
    assert newest == await asked(api, account_id, attempt=2, with_attempt=1)


async def test_attempts_of_two_accounts(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)
    other, _ = await api.ready_account()

    told = await asked(api, account_id, attempt=2, with_account=other)

    assert told["first_divergence"] is None
    assert told["right"]["name"] == f"attempt 1 of {other}"
    assert all(pair["same"] for pair in told["pairs"])


async def test_what_is_not_there(api: RunningApi) -> None:
    account_id = await api.register()
    await api.link(account_id)
    missing = [
        ("no_such_attempt", {"attempt": 9}),
        ("no_such_attempt", {"attempt": 1}),
        ("no_such_attempt", {"with_account": await api.register()}),
        ("not_registered", {"with_account": "acc_nobody"}),
        ("not_registered", {"with_account": "workspace:acme"}),
        ("invalid_request", {"with_attempt": 0}),
    ]
    for problem, query in missing:
        answered = await api.client.get(f"/v1/accounts/{account_id}/compare", params=query)
        assert answered.json()["type"] == f"/problems/{problem}", query


async def test_an_attempt_far_back_is_read_as_if_it_were_alone(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It begins many parts before the end, within one or where one begins."""
    monkeypatch.setattr(account_logs, "EVENTS_AT_ONCE", 10)
    for version, event in enumerate(years(61)):
        seen = RecordPage(at=event.at, attempt="att_any", phase="page_loaded")
        given = InputToAppend(command=seen, outcome="accepted", origin=BY_HAND)
        await api.services.log.append(
            Append(stream=LONG, expected_version=version, input=given, events=(event,))
        )
    whole = AccountLog(
        account_id=LONG,
        inputs=tuple(await api.services.log.read_inputs(LONG)),
        events=tuple(await api.services.log.load(LONG)),
    )
    last = len(whole.attempts())

    for number in range(2, last + 1):
        told = await asked(api, LONG, attempt=number, with_attempt=1)
        left, right = whole.attempt(number), whole.attempt(1)
        assert left is not None
        assert right is not None
        expected = msgspec.json.encode(compare(left, right))
        assert told == msgspec.json.decode(expected)
