"""What a probe and a scraper read."""

import asyncio
import re

from adapters.worker_lease import WorkerLease
from tests.running_api import RunningApi, until


async def test_lives_without_a_key_and_without_a_database(api: RunningApi) -> None:
    await api.services.database.close()
    answered = await api.client.get("/health/live", headers={"Authorization": ""})
    assert answered.json() == {"ok": True}


async def test_is_not_ready_without_a_worker_and_says_so(api: RunningApi) -> None:
    answered = await api.client.get("/health/ready")
    assert answered.status_code == 503
    checks = {check["name"]: check for check in answered.json()["checks"]}
    assert checks["database"]["ok"]
    assert checks["feed"]["ok"]
    assert checks["worker"]["sentence"] == "No browser worker has started yet."
    assert "ConnectError" in checks["sandbox"]["sentence"]


async def test_is_ready_with_a_worker_and_the_sandbox(
    api_with_sandbox: RunningApi, database: str
) -> None:
    api = api_with_sandbox
    async with WorkerLease(database, "wrk_test"):
        answered = await api.client.get("/health/ready")
        assert answered.json()["ok"], answered.text
        assert answered.status_code == 200


async def test_the_numbers(api: RunningApi) -> None:
    await api.ready_account()
    head = await api.services.log.head()
    await until(lambda: api.hub.position == head)
    await api.client.get("/v1/nothing")
    text = (await api.client.get("/metrics")).text
    assert "linkwright_log_position 6.0" in text
    assert "linkwright_feed_position 6.0" in text
    assert 'linkwright_problems_total{type="no_such_route"} 1.0' in text
    assert 'route="/v1/accounts/{account_id}/link",status="202"' in text


async def test_workers_and_standbys_are_told_apart(api: RunningApi, database: str) -> None:
    async with WorkerLease(database, "wrk_test"):
        text = (await api.client.get("/metrics")).text
    assert "linkwright_standby_silent_seconds NaN" in text
    assert re.search(r"^linkwright_worker_silent_seconds [0-9.]+$", text, re.MULTILINE)


async def test_a_new_worker_drops_what_is_known_of_those_long_gone(
    api: RunningApi, database: str
) -> None:
    for worker in ("old", "new"):
        async with WorkerLease(database, worker):
            aged = "update workers set beat_at = beat_at - interval '25 hours' returning worker_id"
            assert await api.services.database.fetch(aged) == [(worker,)]


async def test_every_answer_is_guarded_by_headers(api: RunningApi) -> None:
    for address in ("/", "/v1/accounts", "/v1/nothing", "/docs", "/assets/style.css"):
        headers = (await api.client.get(address)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


async def test_no_file_but_the_pages_own_is_served(api: RunningApi) -> None:
    odd = ("../application.py", "..%2f..%2fservices.py", "%2e%2e/link.html", "link.html", ".")
    answers = await asyncio.gather(*(api.client.get(f"/assets/{name}") for name in odd))
    assert {answered.status_code for answered in answers} == {404}


async def test_a_page_file_is_sent_once(api: RunningApi) -> None:
    first = await api.client.get("/assets/style.css")
    headers = {"If-None-Match": first.headers["etag"]}
    assert (await api.client.get("/assets/style.css", headers=headers)).status_code == 304
