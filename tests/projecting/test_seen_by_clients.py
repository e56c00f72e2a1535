"""What the API says of a parked account: the truth from the log, or that it is behind."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.event_log.errors import UnknownTopic
from adapters.event_log.partitions import Reading
from app.projecting.registry import FEED
from app.projecting.retry import retry
from tests.projecting.conftest import Poison
from tests.running_api import RunningApi, running_api, until
from tests.waiting import eventually


@pytest_asyncio.fixture
async def api(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    """Serve the API on a database of the test's own."""
    async with running_api(database, tmp_path) as running:
        yield running


async def listed(api: RunningApi) -> dict[str, tuple[str, bool]]:
    answered = (await api.client.get("/v1/accounts")).json()
    return {one["id"]: (one["status"], one["behind"]) for one in answered["accounts"]}


async def test_the_list_says_that_a_row_is_behind_and_the_account_is_told_as_it_is(
    api: RunningApi, poison: Poison, mend: Callable[[], None], reading: Reading
) -> None:
    parked, other = await api.register(), await api.register()
    poison("accounts", "LinkRequested", parked)
    accepted = await api.client.post(f"/v1/accounts/{parked}/link")
    assert accepted.status_code == 202
    assert accepted.json()["account"]["status"] == "INITIALIZING"
    await api.client.post(f"/v1/accounts/{other}/link")

    assert await listed(api) == {
        parked: ("NOT_CREATED", True),
        other: ("INITIALIZING", False),
    }
    assert (await api.client.get("/v1/accounts")).json()["parked"] == 1
    shown = (await api.client.get(f"/v1/accounts/{parked}")).json()["account"]
    assert (shown["status"], shown["behind"]) == ("INITIALIZING", False)

    mend()
    log = api.services.log
    assert (await retry(log, reading, (await log.parked())[0])).freed
    assert await listed(api) == {
        parked: ("INITIALIZING", False),
        other: ("INITIALIZING", False),
    }


async def test_probes_and_metrics_name_it_while_the_service_stays_ready(
    api: RunningApi, poison: Poison
) -> None:
    account = await api.register()
    poison("accounts", "LinkRequested", account)
    await api.client.post(f"/v1/accounts/{account}/link")
    await until(lambda: api.hub.position == api.hub.reached)

    health = (await api.client.get("/health/ready")).json()
    named = {one["projection"]: one["sentence"] for one in health["degraded"]}
    assert named["accounts"].startswith("1 partition is parked")
    assert {check["name"]: check["ok"] for check in health["checks"]}["feed"]

    text = (await api.client.get("/metrics")).text
    assert 'linkwright_parked_partitions{projection="accounts"} 1.0' in text
    assert 'linkwright_parked_partitions{projection="attempts"} 0.0' in text
    assert 'linkwright_projection_lag_events{projection="feed"} 0.0' in text
    assert 'linkwright_projection_lag_seconds{projection="feed"} 0.0' in text


async def test_the_feeds_position_is_known_to_other_processes(api: RunningApi) -> None:
    await api.ready_account()
    log = api.services.log

    async def known() -> bool:
        return await log.load_cursor(FEED) == await log.head()

    await eventually(known)


async def test_an_account_of_a_newer_build_is_a_problem_of_its_own(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await api.register()

    async def unreadable(*_: object, **__: object) -> None:
        raise UnknownTopic("this build does not know it", "PhoneMoved", account, 2, 2)

    monkeypatch.setattr(api.services.dispatch, "load", unreadable)
    answered = await api.client.get(f"/v1/accounts/{account}")
    assert answered.status_code == 501
    assert answered.json()["type"] == "/problems/account_unreadable"
    assert answered.json()["detail"] == (
        "PhoneMoved (version 2) is unreadable here: this build does not know it."
    )
