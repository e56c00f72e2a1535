"""The story of an account with thousands of events is told in parts, each as if it were short."""

from typing import Any

import pytest

from app.http.story import MOST_EVENTS
from tests.running_api import RunningApi
from tests.service.long_accounts import write, years

ACCOUNT = "acc_long"
EVENTS = 2 * MOST_EVENTS + 501
"""It ends READY, and its beginning is two parts away."""


@pytest.fixture
async def long(api: RunningApi) -> RunningApi:
    """Give an API with an account that was linked once and lost daily for more than a year."""
    await write(api.services.log, ACCOUNT, years(EVENTS))
    return api


async def told(api: RunningApi, path: str, **query: Any) -> Any:  # noqa: ANN401  an answer's body
    answer = await api.client.get(f"/v1/accounts/{ACCOUNT}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def versions(timeline: Any) -> list[int]:  # noqa: ANN401
    rows = [row for part in timeline["attempts"] for row in part["rows"]]
    return [row["version"] for row in rows if row["what"] == "event"]


async def test_the_newest_part_is_told_and_leads_to_the_older_ones(long: RunningApi) -> None:
    seen: list[int] = []
    until: int | None = EVENTS
    parts: list[Any] = []
    while until:
        timeline = (await told(long, "/timeline", until_version=until))["timeline"]
        assert len(versions(timeline)) <= MOST_EVENTS
        assert timeline["version"] == until
        seen = versions(timeline) + seen
        parts.append(timeline)
        until = timeline["after_version"]
    assert seen == list(range(1, EVENTS + 1))
    assert len(parts) == 3
    newest = (await told(long, "/timeline"))["timeline"]
    assert versions(newest) == versions(parts[0])


async def test_statuses_join_where_the_parts_meet(long: RunningApi) -> None:
    newest = (await told(long, "/timeline"))["timeline"]
    older = (await told(long, "/timeline", until_version=newest["after_version"]))["timeline"]
    last, first = older["attempts"][-1], newest["attempts"][0]
    assert last["rows"][-1]["status_after"] == first["rows"][0]["status_before"]
    if first["rows"][0]["name"] != "ReconnectStarted":
        assert first["attempt"]["number"] == last["attempt"]["number"]


async def test_why_tells_the_same_as_of_a_short_story(long: RunningApi) -> None:
    why = (await told(long, "/why"))["why"]
    assert (why["status"], why["version"]) == ("READY", EVENTS)
    assert [step["status"] for step in why["led_here"]][-1] == "READY"


@pytest.mark.parametrize("number", [1, 2, 250, 400, 500])
async def test_any_attempt_is_found_with_all_its_rows(long: RunningApi, number: int) -> None:
    answer = await told(long, f"/attempts/{number}")
    names = [row["name"] for row in answer["timeline"]["rows"]]
    assert names[0] == ("ReconnectStarted" if number > 1 else "LinkRequested")
    assert names[-1] in ("ConnectionLost", "LinkCompleted")
    assert answer["attempt"]["number"] == number


async def test_an_attempt_that_never_was_is_none(long: RunningApi) -> None:
    answer = await long.client.get(f"/v1/accounts/{ACCOUNT}/attempts/999")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no_such_attempt")
