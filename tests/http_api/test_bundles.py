"""Bundles over HTTP: exported, opened, and who has seen what is not masked."""

import httpx
import pytest

from app.http.bundles import MOST_OPENED
from app.http.reference import group_of
from app.http.reference_of_bundles import BUNDLES
from projections.replay.bundle import read_bundle
from projections.replay.redaction import LEVELS
from tests.erasure.canaries import AYU, found_in, plant
from tests.http_api.callers import call, code_of, name_of, routes
from tests.running_api import RunningApi


def as_operator(api: RunningApi) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {api.services.keys.operator}",
        "X-Correlation-Id": "ticket-4711",
    }


async def export(api: RunningApi, account_id: str, **given: object) -> httpx.Response:
    headers = as_operator(api) if given.get("level") == "none" else {}
    address = f"/v1/accounts/{account_id}/bundle"
    return await api.client.get(address, params=dict(given), headers=headers)  # pyright: ignore[reportArgumentType]


async def open_file(api: RunningApi, content: bytes, **headers: str) -> httpx.Response:
    return await api.client.post("/v1/replay/open", content=content, headers=headers)


async def test_the_same_story_at_the_same_level_is_the_same_file(api: RunningApi) -> None:
    account_id = await plant(api, AYU)
    first, again = await export(api, account_id), await export(api, account_id)
    assert first.status_code == 200
    assert first.content == again.content
    assert first.headers["content-disposition"] == (
        f'attachment; filename="{account_id}-masked.bundle"'
    )
    assert first.headers["cache-control"] == "no-store"
    bundle = read_bundle(first.content)
    assert (bundle.level, bundle.attempt) == ("masked", None)
    assert len(bundle.log.attempts()) == 2

    second = await export(api, account_id, attempt=2, level="full")
    assert second.headers["content-disposition"].endswith('="story-attempt-2-full.bundle"')
    assert account_id not in second.text
    assert len(read_bundle(second.content).log.events) < len(bundle.log.events)
    assert code_of(await export(api, account_id, attempt=3)) == "no_such_attempt"


async def test_what_tells_of_a_person_is_in_no_bundle_and_nothing_told_of_one(
    api: RunningApi, capfd: pytest.CaptureFixture[str]
) -> None:
    account_id = await plant(api, AYU)
    whole = (await export(api, account_id, level="none")).content
    in_the_log = [text for text in AYU.texts() if text != AYU.said]
    assert found_in(whole, AYU) == in_the_log, "the canaries are planted"
    shown = [(await export(api, account_id, level=level)).content for level in LEVELS[1:]]
    shown += [(await open_file(api, content)).content for content in tuple(shown)]
    damaged = [whole[:-9], whole.replace(b'"version"', b'"Version"'), whole[1:], whole * 2]
    for content in damaged:
        answered = await open_file(api, content)
        assert code_of(answered) in ("not_a_bundle", "bundle_damaged")
        shown.append(answered.content)
    assert found_in(b"\n".join(shown), AYU) == []
    said = capfd.readouterr()
    assert found_in((said.out + said.err).encode(), AYU) == []


TAKE_BUNDLES = (*BUNDLES, "bundle_statistics")


async def test_no_route_of_a_story_shows_what_tells_of_a_person(api: RunningApi) -> None:
    api.client.headers["X-Correlation-Id"] = "ticket-4711"
    account_id = await plant(api, AYU)
    asked = 0
    for route in routes(api):
        if group_of(name_of(route)) == "Story" and name_of(route) not in TAKE_BUNDLES:
            answered = await call(api.client, route, account_id)
            assert found_in(answered.content, AYU) == [], name_of(route)
            asked += answered.is_success
    assert asked > len(LEVELS)
    followed = await api.client.get("/v1/correlations/ticket-4711")
    assert account_id in followed.text
    assert found_in(followed.content, AYU) == []


async def test_every_look_at_what_is_not_masked_stands_in_the_story(api: RunningApi) -> None:
    account_id = await plant(api, AYU)
    address = f"/v1/accounts/{account_id}/timeline"
    reached = {"min_position": await api.services.log.head()}  # not all came by the API's own hand
    before = (await api.client.get(address, params=reached)).json()
    unmasked = await api.client.get(address, params={"unmasked": True}, headers=as_operator(api))
    assert AYU.phone in unmasked.text
    assert (await export(api, account_id, level="none", attempt=2)).status_code == 200
    await export(api, account_id, level="limited")

    after = (await api.client.get(address)).json()
    looks = rows_of(after)[len(rows_of(before)) :]
    assert [(row["name"], row["what"], row["position"]) for row in looks] == [
        ("RecordUnmaskedRead", "accepted", None)
    ] * 2
    assert [row["sentence"] for row in looks] == [
        "The account's story was read unmasked, with phone numbers, names and details.",
        "Attempt 2 was exported unmasked, with phone numbers, names and details.",
    ]
    for row in looks:
        assert row["cause"]["actor"] == "key:operator"
        assert row["cause"]["correlation_id"] == "ticket-4711"
    assert after["timeline"]["version"] == before["timeline"]["version"]
    assert after["position"] == before["position"]


def rows_of(answered: dict[str, dict[str, list[dict[str, list[dict[str, str]]]]]]) -> list[dict]:
    return [row for part in answered["timeline"]["attempts"] for row in part["rows"]]


async def test_another_key_reads_masked_only_and_leaves_no_trace(api: RunningApi) -> None:
    account_id = await plant(api, AYU)
    inputs = await api.services.log.read_inputs(account_id)
    address = f"/v1/accounts/{account_id}"
    for asked in ("/timeline?unmasked=true", "/bundle?level=none"):
        answered = await api.client.get(address + asked)
        assert code_of(answered) == "unmasked_not_allowed"
        assert found_in(answered.content, AYU) == []
    assert await api.services.log.read_inputs(account_id) == inputs


async def test_what_is_opened_is_told_and_not_kept(api: RunningApi) -> None:
    account_id, _ = await api.ready_account()
    content = (await export(api, account_id, attempt=1)).content
    head = await api.services.log.head()
    answered = await open_file(api, content, **{"Idempotency-Key": "open-1"})
    told = answered.json()
    assert (told["level"], told["attempt"], told["account_id"]) == ("masked", 1, account_id)
    assert told["why"]["status"] == "READY"
    assert [row["name"] for row in told["timeline"]["attempts"][0]["rows"]][-1] == "LinkCompleted"
    assert answered.headers["cache-control"] == "no-store"
    assert (
        "idempotent-replayed"
        not in (await open_file(api, content, **{"Idempotency-Key": "open-1"})).headers
    )
    assert await api.services.log.head() == head


async def test_one_that_is_too_large_or_too_new_is_refused(api: RunningApi) -> None:
    assert code_of(await open_file(api, b"x" * (MOST_OPENED + 1))) == "body_too_large"
    newer = b'{"format":"linkwright-bundle","version":2,"build":"9.0"}\n'
    answered = await open_file(api, newer)
    assert code_of(answered) == "bundle_too_new"
    assert "Build 9.0 wrote the bundle in format 2" in answered.json()["detail"]
