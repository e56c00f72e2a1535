"""One id, and everything that followed from it, across accounts and workspaces."""

from typing import Any

from adapters import clock
from app import correlations
from app.reactor import Reactor
from app.workspace_dispatch import WorkspaceDispatch
from domain import workspace as wo
from domain.log import Origin
from domain.observations import RecordReady
from domain.workspace_events import WORKSPACE_EVENTS
from projections.replay.correlation import SENTENCES
from tests.running_api import PHONE, RunningApi

ORDER = "order-4711"
HEADERS = {"X-Correlation-Id": ORDER}
WORKER = Origin(actor="worker:w1", correlation_id=ORDER)


async def told(api: RunningApi, correlation_id: str = ORDER, **query: object) -> Any:  # noqa: ANN401  a body
    params = {name: str(value) for name, value in query.items()}
    path = f"/v1/correlations/{correlation_id}"
    answered = await api.client.get(path, params=params)
    assert answered.status_code == 200, answered.text
    assert answered.headers["linkwright-position"] == str(answered.json()["position"])
    return answered.json()["correlated"]


async def linked(api: RunningApi, workspace: str) -> str:
    """Link an account by one request that brings the id; the rest follows from it."""
    body = {"workspace": workspace}
    answered = await api.client.post("/v1/accounts", json=body)
    account_id = answered.json()["account"]["id"]
    link = f"/v1/accounts/{account_id}/link"
    answered = await api.client.post(link, headers=HEADERS)
    attempt = answered.json()["account"]["attempt"]["id"]
    await api.client.post(link, headers=HEADERS)  # is refused: an attempt is running
    ready = RecordReady(
        at=clock.now(), attempt=attempt, phone=PHONE, phone_fingerprint="keyed", name="Sari"
    )
    await api.services.dispatch.submit(account_id, ready, WORKER)
    return account_id


async def react(api: RunningApi) -> None:
    log, dispatch = api.services.log, api.services.dispatch
    reactor = Reactor(log, dispatch, WorkspaceDispatch(log))
    position = 0
    while events := await log.read(position, 100):
        for recorded in events:
            await reactor.react(recorded)
        position = events[-1].position


async def test_from_the_request_to_the_workspaces_word(api: RunningApi) -> None:
    account_id = await linked(api, "shop")
    await react(api)

    page = await told(api)

    assert [(row["account_id"], row["name"], row["what"]) for row in page["rows"]] == [
        (account_id, "LinkRequested", "event"),
        (account_id, "RequestLink", "refused"),
        (account_id, "SessionFound", "event"),
        (account_id, "PhoneIdentified", "event"),
        (account_id, "LinkCompleted", "event"),
        (None, "PhoneClaimed", "event"),
        (None, "PrimaryAssigned", "event"),
        (account_id, "PrimaryChosen", "event"),
    ]
    assert page["more"] is False
    assert {row["workspace"] for row in page["rows"]} == {"shop"}
    sentences = " ".join(row["sentence"] for row in page["rows"])
    assert f"Account {account_id} is the primary of the workspace." in sentences
    assert "attempt_in_progress" in {row["rule"] for row in page["rows"]}
    assert PHONE not in sentences
    assert "Sari" not in sentences


async def test_page_by_page_in_the_order_of_the_log(api: RunningApi) -> None:
    for _ in range(2):
        await linked(api, "shop")
    await react(api)
    whole = await told(api)
    pages: list[Any] = []
    after, more = 0, True
    while more:
        page = await told(api, after=after, limit=2)
        pages += page["rows"]
        after, more = page["next_after"], page["more"]
    assert pages == whole["rows"]
    ids = [row["input_id"] for row in pages]
    assert ids == sorted(ids)
    assert len({row["account_id"] for row in pages}) == 3  # two accounts and their workspace
    positions = [row["position"] for row in pages if row["position"]]
    assert positions == sorted(positions)


async def test_of_one_workspace_only_its_own(api: RunningApi) -> None:
    ours, theirs = await linked(api, "shop"), await linked(api, "other")
    await react(api)
    everything = (await told(api))["rows"]
    shown = (await told(api, workspace="shop"))["rows"]
    assert shown == [row for row in everything if row["workspace"] == "shop"]
    assert ours in {row["account_id"] for row in shown}
    assert theirs not in str(shown)
    assert theirs in str(everything)


async def test_an_id_that_nothing_carries(api: RunningApi) -> None:
    await linked(api, "shop")
    assert (await told(api, "order-4712"))["rows"] == []
    assert (await told(api, "%27%20or%201%3D1"))["rows"] == []


async def test_an_id_may_have_a_slash(api: RunningApi) -> None:
    await api.client.post("/v1/accounts", json={}, headers={"X-Correlation-Id": "shop/7"})
    (row,) = (await told(api, "shop%2F7"))["rows"]
    assert row["name"] == "AccountRegistered"


def test_everything_that_a_workspace_hears_and_decides_has_its_sentence() -> None:
    heard = {wo.ClaimPhone, wo.LoseReadiness, wo.ReleasePhone}
    assert set(SENTENCES) == heard | set(WORKSPACE_EVENTS.values())
    assert correlations.MOST_EVENTS > 4
