"""An account's replay over HTTP: any state, steps, inputs decided again, what would have been."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from adapters import clock
from adapters.event_log.interface import Append
from app import moments
from domain import events as e
from domain.log import InputToAppend
from domain.observations import RecordPage, RecordProblem
from domain.reasons import Reason
from projections.replay.account_log import AccountLog
from projections.replay.state import state_at
from tests.decided_again import BY_HAND
from tests.http_api.callers import code_of
from tests.running_api import PHONE, RunningApi
from tests.service.long_accounts import write, years

LONG = "acc_long"


async def asked(api: RunningApi, account_id: str, path: str, **query: object) -> Any:  # noqa: ANN401  a body
    params = {name: str(value) for name, value in query.items()}
    answered = await api.client.get(f"/v1/accounts/{account_id}/replay/{path}", params=params)
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return answered.json()


async def what_if(api: RunningApi, account_id: str, **wanted: object) -> Any:  # noqa: ANN401  a body
    answered = await api.client.post(f"/v1/accounts/{account_id}/replay/what-if", json=wanted)
    assert answered.status_code == 200, answered.text
    return answered.json()["what_if"]


async def log_of(api: RunningApi, account_id: str) -> AccountLog:
    return AccountLog(
        account_id=account_id,
        inputs=tuple(await api.services.log.read_inputs(account_id)),
        events=tuple(await api.services.log.load(account_id)),
    )


async def failed_account(api: RunningApi) -> str:
    account_id = await api.register(label="Berlin")
    attempt = await api.link(account_id)
    await api.open_page(account_id, attempt)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    rejected = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    await api.see(account_id, rejected)
    return account_id


async def test_the_state_at_every_version(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    log = await log_of(api, account_id)

    for version in range(log.version + 1):
        told = await asked(api, account_id, "state", version=version)
        expected = msgspec.json.encode(state_at(log, version))
        assert told["state"] == msgspec.json.decode(expected)
        assert told["newest"] == log.version
    newest = await asked(api, account_id, "state")
    assert newest["state"]["version"] == log.version
    assert newest == await asked(api, account_id, "state", version=10**6)


async def test_the_state_tells_of_no_person(api: RunningApi) -> None:
    account_id, _ = await api.ready_account(label="Berlin")
    newest = await asked(api, account_id, "state")
    told = [str(await asked(api, account_id, "state", version=n)) for n in range(newest["newest"])]

    assert PHONE not in f"{newest}{told}"
    assert PHONE[-4:] in newest["state"]["phone"]
    assert "Berlin" not in f"{newest}{told}"


async def test_the_state_at_a_time(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few events are read at once."""
    account_id, _ = await api.ready_account()
    log = await log_of(api, account_id)

    for one in log.events:
        monkeypatch.setattr(moments, "AT_ONCE", one.version)
        told = await asked(api, account_id, "state", at=one.recorded_at.isoformat())
        assert log.events[told["state"]["version"] - 1].recorded_at == one.recorded_at
        just_before = one.recorded_at - timedelta(microseconds=1)
        told = await asked(api, account_id, "state", at=just_before.isoformat())
        assert told["state"]["version"] < one.version


async def test_a_time_that_cannot_be_answered(api: RunningApi) -> None:
    account_id = await api.register()
    address = f"/v1/accounts/{account_id}/replay/state"
    for query in ({"at": "2026-03-01T12:00:00"}, {"at": "2026-03-01T12:00:00Z", "version": "1"}):
        answered = await api.client.get(address, params=query)
        assert code_of(answered) == "invalid_request"
        assert answered.json()["errors"][0]["field"] == "at"


async def test_steps_lead_through_a_long_story(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "AT_ONCE", 2)
    await write(api.services.log, LONG, years(31))
    seen: list[str] = []
    version = 0
    while (told := await asked(api, LONG, "step", version=version, to="failure"))["found"]:
        version = told["state"]["version"]
        seen.append(told["state"]["event"]["topic"])

    assert seen == ["ConnectionLost"] * 5
    assert told["state"]["version"] == version
    assert told["newest"] == 31
    after = await asked(api, LONG, "step", version=version, to="status")
    assert after["state"]["event"]["topic"] == "ReconnectStarted"
    back = await asked(api, LONG, "step", version=version, to="previous")
    assert back["state"]["version"] == version - 1
    assert (await asked(api, LONG, "step"))["state"]["event"]["topic"] == "AccountRegistered"
    assert not (await asked(api, LONG, "step", version=0, to="previous"))["found"]


async def test_inputs_are_decided_again_as_they_were(api: RunningApi) -> None:
    account_id = await failed_account(api)
    log = await log_of(api, account_id)

    told = (await asked(api, account_id, "redecide"))["redecided"]
    assert told["identical"]
    assert (told["inputs"], told["events"]) == (len(log.inputs), len(log.events))
    only = (await asked(api, account_id, "redecide", attempt=1))["redecided"]
    assert only["identical"]
    assert only["inputs"] == len(log.inputs) - 1


async def test_what_other_rules_have_decided_is_named(api: RunningApi) -> None:
    """An older build took a page's phase for the code's end."""
    account_id, attempt = await api.ready_account()
    before = (await log_of(api, account_id)).version
    given = InputToAppend(
        command=RecordPage(at=clock.now(), attempt=attempt, phase="page_loaded"),
        outcome="accepted",
        origin=BY_HAND,
    )
    event = e.ConnectionLost(at=clock.now(), attempt=attempt, reason=Reason.PAGE_HUNG)
    await api.services.log.append(
        Append(stream=account_id, expected_version=before, input=given, events=(event,))
    )

    told = (await asked(api, account_id, "redecide"))["redecided"]

    assert not told["identical"]
    assert (told["first"]["kind"], told["first"]["version"]) == ("RecordPage", before)
    (lost,) = told["first"]["expected"]["events"]
    assert lost["topic"] == "ConnectionLost"
    assert told["first"]["got"] == {"outcome": "ignored", "rule": "past_this_phase", "events": []}


async def test_what_looked_at_an_erased_number_is_passed_over(api: RunningApi) -> None:
    account_id = await api.register()
    await api.link(account_id, method="pairing_code", phone="4915112345678")
    assert (await asked(api, account_id, "redecide"))["redecided"]["erased"] == 0
    gone = await api.client.delete(f"/v1/accounts/{account_id}", params={"erase": "true"})
    assert gone.is_success, gone.text

    told = (await asked(api, account_id, "redecide"))["redecided"]

    assert told["identical"]
    assert told["erased"] == 1
    assert (await what_if(api, account_id, attempt=1))["verdict"] == "UNDECIDABLE"


async def test_what_would_have_been(api: RunningApi) -> None:
    account_id = await failed_account(api)
    log = await log_of(api, account_id)
    (rejected,) = [one for one in log.inputs if one.kind == "RecordProblem"]
    ready = {"phone": PHONE, "phone_fingerprint": "keyed"}
    insert = {
        "edit": "insert",
        "kind": "RecordReady",
        "before": rejected.input_id,
        "body": ready,
    }

    assert (await what_if(api, account_id))["verdict"] == "SAME"
    told = await what_if(api, account_id, attempt=1, edits=[insert])
    assert told["verdict"] == "FIXED"
    assert told["missing"] == ""
    assert told["events"][told["same_events"]]["topic"] == "PhoneIdentified"
    assert PHONE not in str(told)
    dropped = {"edit": "drop", "input": rejected.input_id}
    told = await what_if(api, account_id, edits=[dropped])
    assert told["verdict"] == "UNDECIDABLE"
    assert "closed" in told["missing"]
    assert (await log_of(api, account_id)) == log  # nothing has happened


async def test_a_window_that_is_too_short_breaks_an_attempt(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    told = await what_if(api, account_id, policy={"link_window_s": 0.000001})

    assert told["verdict"] == "BROKEN"
    assert (told["status_before"], told["status_after"]) == ("READY", "FAILED")


async def test_a_change_that_cannot_be_made_names_the_rule(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    changes: list[tuple[dict[str, Any], str]] = [
        ({"policy": {"no_such_field": 1}}, "unknown_policy_field"),
        ({"policy": {"link_window_s": 0}}, "bad_policy"),
        ({"policy": {"reconnect_budget": 1.5}}, "bad_policy"),
        ({"edits": [{"edit": "drop", "input": 10**9}]}, "no_such_input"),
        ({"edits": [{"edit": "insert", "kind": "ExpireDeadline"}]}, "unknown_kind"),
        ({"edits": [{"edit": "insert", "kind": "RecordReady"}]}, "bad_command"),
    ]
    for wanted, rule in changes:
        address = f"/v1/accounts/{account_id}/replay/what-if"
        answered = await api.client.post(address, json=wanted)
        assert code_of(answered) == "bad_change", rule
        assert answered.json()["cause"] == rule


async def test_an_edit_that_is_none_is_an_invalid_request(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    address = f"/v1/accounts/{account_id}/replay/what-if"
    for edit in ({"edit": "undo", "input": 1}, {"edit": "drop"}, {"edit": "drop", "inputs": 1}):
        answered = await api.client.post(address, json={"edits": [edit]})
        assert code_of(answered) == "invalid_request", edit
