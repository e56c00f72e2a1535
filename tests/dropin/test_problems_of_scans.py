"""The problems of their own that scans of the seeds' systems answer."""

import asyncio

import pytest

from adapters import clock
from app.dropin import blazz, ghl
from app.http import rate_limit
from app.http.rate_limit import CallLimits, RateLimit
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.dropin.scanning import running_attempt
from tests.http_api.callers import call, code_of, routes_with
from tests.running_api import RunningApi

IDS = {"session_id": "webjs_1_a", "workspace_id": 1, "account_id": 5}
ADDRESSES = {
    "blazz_generate_qr": "/api/sessions/generate-qr",
    "ghl_connect": "/ghl/location/abc/session",
}


@pytest.fixture
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no code."""
    monkeypatch.setattr(blazz, "QR_LIMIT_S", 0.0)
    monkeypatch.setattr(ghl, "QR_LIMIT_S", 0.0)


def addressed(path: str) -> str:
    return path.replace("{session_id}", "webjs_unknown").replace("{location_id}", "nowhere")


async def test_a_session_that_nobody_made(api: RunningApi):
    found = routes_with(api, "no_such_session")
    assert len(found) == 4
    for path, method, handler in found:
        answered = await call(api.client, (addressed(path), method, handler))
        assert code_of(answered) == "no_such_session", path


@pytest.mark.usefixtures("no_time")
async def test_a_session_is_known_to_its_own_workspace_only(api: RunningApi):
    await api.client.post(ADDRESSES["blazz_generate_qr"], json=IDS)
    address = "/api/whatsapp/sessions/webjs_1_a/mark-disconnected"

    elsewhere = await api.client.post(address, json={"workspace_id": 2})

    assert code_of(elsewhere) == "no_such_session"
    assert (await api.client.post(address)).is_success


@pytest.mark.usefixtures("no_time")
async def test_a_session_of_another_account_is_not_taken_over(api: RunningApi):
    await api.client.post(ADDRESSES["blazz_generate_qr"], json=IDS)

    for other in ({"account_id": 6}, {"workspace_id": 2}):
        taken = await api.client.post(ADDRESSES["blazz_generate_qr"], json=IDS | other)
        assert code_of(taken) == "session_taken"
    assert len((await api.client.get("/v1/accounts")).json()["accounts"]) == 1


@pytest.mark.usefixtures("no_time")
async def test_a_code_that_does_not_come_in_time(api: RunningApi):
    for name, workspace in (("blazz_generate_qr", "1"), ("ghl_connect", "abc")):
        late = await api.client.post(ADDRESSES[name], json=IDS)
        assert code_of(late) == "no_code_in_time"
        assert (late.status_code, late.json()["retryable"]) == (503, True)
        _, attempt = await running_attempt(api, workspace)
        assert attempt  # it goes on


async def test_an_attempt_that_fails_says_why(api: RunningApi):
    asking = asyncio.create_task(api.client.post(ADDRESSES["ghl_connect"]))
    account_id, attempt = await running_attempt(api, "abc")
    gone = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
    await api.see(account_id, gone)

    answered = await asking

    assert code_of(answered) == "no_code_in_time"
    assert answered.json()["cause"] == "page_unreachable"


async def test_the_thirty_first_request_for_a_code_in_a_minute(api: RunningApi):
    for _ in range(30):
        answered = await api.client.post(
            ADDRESSES["blazz_generate_qr"], json={"workspace_id": IDS["workspace_id"]}
        )
        assert code_of(answered) == "invalid_request"

    refused = await api.client.post(ADDRESSES["blazz_generate_qr"], json=IDS)

    assert code_of(refused) == "too_many_requests"
    assert refused.headers["retry-after"] == "60"
    other = await api.client.post(ADDRESSES["blazz_generate_qr"], json={"workspace_id": 2})
    assert code_of(other) == "invalid_request"  # another workspace has thirty of its own


async def test_a_location_that_has_used_up_its_minute(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api.application.state.limits.codes, "most", 0)
    assert code_of(await api.client.post(ADDRESSES["ghl_connect"])) == "too_many_requests"


def test_calls_are_counted_for_each_caller_and_minute():
    limits = CallLimits()
    for limit, most in ((limits.codes, 30), (limits.requests, 1000)):
        assert all(limit.admits("here", 100.0) for _ in range(most))
        assert not limit.admits("here", 159.9)
        assert limit.admits("there", 100.0)
        assert limit.admits("here", 160.0)


def test_the_callers_that_are_counted_are_not_without_number(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limit, "MOST_CALLERS", 2)
    limit = RateLimit(1)
    assert all(limit.admits(caller, 0.0) for caller in ("a", "b", "c"))
    assert not limit.admits("b", 1.0)
    assert limit.admits("a", 1.0)  # it was not seen for longest, and is forgotten
