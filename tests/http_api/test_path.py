"""The path is answered as counts, as a picture, and as a diagram's text."""

from typing import Any

import httpx
import pytest

from adapters import clock
from app.http import path
from domain.observations import RecordProblem
from domain.reasons import Reason
from tests.running_api import RunningApi


async def asked(api: RunningApi, account_id: str, **query: str | int) -> httpx.Response:
    answered = await api.client.get(f"/v1/accounts/{account_id}/path", params=query)
    assert answered.status_code == 200, answered.text
    assert int(answered.headers["linkwright-position"]) > 0
    return answered


def taken(answered: httpx.Response) -> dict[str, int]:
    ways: list[dict[str, Any]] = answered.json()["path"]["transitions"]
    return {f"{one['source']} {one['to']}": one["count"] for one in ways if one["count"]}


async def failed_then_linked(api: RunningApi) -> str:
    account_id = await api.register()
    attempt = await api.link(account_id)
    failed = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED)
    await api.see(account_id, failed)
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    return account_id


async def test_of_an_account_and_of_one_attempt(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)

    first, second = [await asked(api, account_id, attempt=number) for number in (1, 2)]
    whole = await asked(api, account_id)

    assert taken(first) == {"NOT_CREATED INITIALIZING": 1, "INITIALIZING FAILED": 1}
    assert taken(second) == {
        "INITIALIZING WAITING_QR": 1,
        "WAITING_QR AUTHENTICATING": 1,
        "AUTHENTICATING READY": 1,
        "FAILED INITIALIZING": 1,
    }
    assert taken(whole) == taken(first) | taken(second)
    assert (whole.json()["attempt"], second.json()["attempt"]) == (None, 2)
    ready = {one["status"]: one for one in second.json()["path"]["statuses"]}["READY"]
    assert ready["visits"] == 1
    assert ready["time_s"] > 0  # until now: it still is


async def test_as_a_picture_and_as_text(api: RunningApi) -> None:
    account_id = await failed_then_linked(api)

    picture = await asked(api, account_id, attempt=2, format="svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert f"<title>Attempt 2 of {account_id}</title>" in picture.text
    text = await asked(api, account_id, format="mermaid")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text.startswith("stateDiagram-v2\n")
    odd = await api.client.get(f"/v1/accounts/{account_id}/path", params={"format": "gif"})
    assert odd.json()["type"] == "/problems/invalid_request"


async def test_a_very_long_story_is_counted_from_some_version_on(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await failed_then_linked(api)
    monkeypatch.setattr(path, "MOST_EVENTS", 2)

    newest = await asked(api, account_id)

    story = (await api.client.get(f"/v1/accounts/{account_id}/timeline")).json()["timeline"]
    assert newest.json()["after_version"] == story["version"] - 2
    assert taken(newest) == {"AUTHENTICATING READY": 1}
