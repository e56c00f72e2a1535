"""`?min_position=`: an answer is true for the position that is asked for, or it is a problem."""

import asyncio
from pathlib import Path

import pytest

from app.http import positions
from tests.http_api.callers import call, code_of, name_of, routes, routes_with
from tests.running_api import RunningApi, running_api

READING = {
    "list_accounts", "show_account", "qr", "qr_png", "qr_svg", "qr_txt", "qr_json",
    "why", "timeline", "attempts", "attempt", "evidence", "feed", "events",
    "bundle", "path", "replay_redecide", "replay_state", "replay_step",
    "list_messages", "show_message", "message_statistics",
}  # fmt: skip
CHOOSY = {
    "attempt_why", "compare", "correlation", "replay_fleet", "replay_test", "replay_what_if",
    "statistics",
}  # fmt: skip
"""They read too, but not of any account and without being told what."""


async def test_every_route_that_reads_takes_it(api: RunningApi) -> None:
    reading = {name_of(route) for route in routes_with(api, "position_not_reached")}
    assert reading == READING | CHOOSY


async def test_every_answer_names_the_position_that_it_is_true_for(api: RunningApi) -> None:
    account_id = await api.register()
    await api.show_code(account_id, await api.link(account_id))
    head = await api.services.log.head()
    for route in routes(api):
        if name_of(route) in READING - {"feed", "show_message"}:  # there is none to show
            answered = await call(api.client, route, account_id, params={"min_position": head})
            assert answered.status_code == 200, name_of(route)
            assert int(answered.headers["linkwright-position"]) >= head, name_of(route)


async def test_a_position_that_never_comes_is_waited_for_a_bounded_time(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "LONGEST_WAIT_S", 0.05)
    account_id = await api.register()
    head = await api.services.log.head()
    for route in routes_with(api, "position_not_reached"):
        for wanted in (head + 1, 10**18 - 1):
            answered = await call(api.client, route, account_id, params={"min_position": wanted})
            assert code_of(answered) == "position_not_reached", name_of(route)
            assert answered.status_code == 503
            assert answered.headers["retry-after"] == "1"
            problem = answered.json()
            assert str(wanted) in problem["detail"]
            assert str(head) in problem["detail"]
            assert problem["position"] == head
            assert problem["retryable"] is True


async def test_is_answered_as_soon_as_the_position_comes(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await api.register()
    head = await api.services.log.head()
    waiting = asyncio.Event()
    arrives = api.hub.arrives

    async def tells(position: int, limit_s: float) -> bool:
        waiting.set()
        return await arrives(position, limit_s)

    monkeypatch.setattr(api.hub, "arrives", tells)
    address = f"/v1/accounts/{account_id}?min_position={head + 1}"
    asking = asyncio.create_task(api.client.get(address))
    await waiting.wait()
    attempt = await api.link(account_id)
    answered = (await asking).json()
    assert answered["account"]["attempt"]["id"] == attempt
    assert answered["position"] >= head + 1


async def test_what_one_process_wrote_another_one_shows(
    api: RunningApi, database: str, tmp_path: Path
) -> None:
    """Also if that one has not heard of it: what is acknowledged can be read at once."""
    async with running_api(database, tmp_path) as other:
        for _ in range(20):
            made = (await api.client.post("/v1/accounts", json={})).json()
            position, account_id = made["position"], made["account"]["id"]
            listed = await other.client.get(f"/v1/accounts?min_position={position}")
            assert account_id in [one["id"] for one in listed.json()["accounts"]]
            assert listed.json()["position"] >= position
            shown = await other.client.get(f"/v1/accounts/{account_id}?min_position={position}")
            assert shown.json()["position"] >= position


async def test_a_hub_that_hears_of_nothing_does_not_hide_what_was_acknowledged(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(positions, "LONGEST_WAIT_S", 0.05)

    async def deaf(*_: object) -> bool:
        return False

    monkeypatch.setattr(api.hub, "arrives", deaf)
    account_id = await api.register()
    head = await api.services.log.head()
    answered = await api.client.get(f"/v1/accounts/{account_id}?min_position={head}")
    assert answered.json()["position"] == head


async def test_something_else_than_a_position(api: RunningApi) -> None:
    for odd in ("-1", "x", "", str(10**18)):
        answered = await api.client.get(f"/v1/accounts?min_position={odd}")
        assert code_of(answered) == "invalid_request", odd
