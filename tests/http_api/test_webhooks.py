"""Webhooks over HTTP. What reaches them, and when, is in tests/webhook_delivery."""

from typing import Any

from tests.http_api.callers import code_of
from tests.running_api import RunningApi

URL = "https://erp.example/linkwright?token=hidden-token"


async def make(api: RunningApi, **given: object) -> dict[str, Any]:
    answered = await api.client.post("/v1/webhooks", json={"url": URL, **given})
    assert answered.status_code == 201, answered.text
    return answered.json()


async def test_the_secret_is_shown_once(api: RunningApi) -> None:
    made = await make(api, workspace="acme", types=["ready"], statuses=["READY"])
    assert made["secret"].startswith("whsec_")
    webhook = made["webhook"]
    shown = await api.client.get(f"/v1/webhooks/{webhook['id']}")
    assert shown.json()["webhook"] == webhook
    assert shown.json()["secret"] is None
    assert made["secret"] not in shown.text
    assert webhook["types"] == ["ready"]
    assert webhook["enabled"] is True


async def test_nothing_is_stored_in_plain_text(api: RunningApi) -> None:
    made = await make(api)
    rows = await api.services.database.fetch(
        "select e::text || s::text from webhook_endpoints e join webhook_secrets s"
        " using (endpoint_id)"
    )
    (stored,) = rows[0]
    assert "hidden-token" not in stored
    assert made["secret"] not in stored


async def test_the_same_request_again_makes_no_second_one(api: RunningApi) -> None:
    headers = {"Idempotency-Key": "make-it"}
    first = await api.client.post("/v1/webhooks", json={"url": URL}, headers=headers)
    again = await api.client.post("/v1/webhooks", json={"url": URL}, headers=headers)
    assert first.json() == again.json()
    assert len((await api.client.get("/v1/webhooks")).json()["webhooks"]) == 1


async def test_listed_by_workspace_and_page_by_page(api: RunningApi) -> None:
    ids = [(await make(api, workspace="acme"))["webhook"]["id"] for _ in range(3)]
    await make(api, workspace="other")
    page = (await api.client.get("/v1/webhooks?workspace=acme&limit=2")).json()
    rest = await api.client.get(f"/v1/webhooks?workspace=acme&limit=2&cursor={page['next_cursor']}")
    listed = [one["id"] for one in (*page["webhooks"], *rest.json()["webhooks"])]
    assert sorted(listed) == sorted(ids)
    assert rest.json()["next_cursor"] is None


async def test_changed_but_for_what_is_left_out(api: RunningApi) -> None:
    webhook = (await make(api, types=["ready"], description="The ERP"))["webhook"]
    path = f"/v1/webhooks/{webhook['id']}"
    changed = (await api.client.patch(path, json={"types": None, "account": "acc_1"})).json()
    assert changed["webhook"]["types"] is None
    assert changed["webhook"]["account"] == "acc_1"
    assert changed["webhook"]["description"] == "The ERP"
    assert changed["webhook"]["url"] == URL


async def test_words_that_are_none_are_named(api: RunningApi) -> None:
    for given in ({"types": ["no.such.type"]}, {"profile": "no_such"}, {"after": 10**9}):
        answered = await api.client.post("/v1/webhooks", json={"url": URL, **given})
        assert code_of(answered) == "invalid_request", given
    answered = await api.client.post("/v1/webhooks", json={"url": URL, "secret": "x" * 20})
    assert code_of(answered) == "invalid_request"


async def test_an_address_that_is_refused_names_its_rule(api: RunningApi) -> None:
    answered = await api.client.post("/v1/webhooks", json={"url": "https://10.0.0.1/"})
    assert code_of(answered) == "address_refused"
    assert answered.json()["cause"] == "private"


async def test_while_secrets_are_exchanged_both_sign(api: RunningApi) -> None:
    made = await make(api)
    path = f"/v1/webhooks/{made['webhook']['id']}"
    rotated = (await api.client.post(f"{path}/rotate-secret", json={"overlap_s": 60})).json()
    assert rotated["secret"] != made["secret"]
    newer, older = rotated["webhook"]["secrets"]
    assert newer["expires_at"] is None
    assert older["expires_at"] is not None
    at_once = (await api.client.post(f"{path}/rotate-secret", json={"overlap_s": 0})).json()
    assert len(at_once["webhook"]["secrets"]) == 1


async def test_disabled_and_enabled_again_at_its_place(api: RunningApi) -> None:
    webhook = (await make(api, after=0))["webhook"]
    path = f"/v1/webhooks/{webhook['id']}"
    disabled = (await api.client.post(f"{path}/disable")).json()["webhook"]
    assert disabled["disabled"]["reason"] == "asked"
    enabled = (await api.client.post(f"{path}/enable")).json()["webhook"]
    assert enabled["enabled"] is True
    assert enabled["position"] == webhook["position"]


async def test_a_range_to_send_again_is_noted(api: RunningApi) -> None:
    await api.register()
    webhook = (await make(api))["webhook"]
    path = f"/v1/webhooks/{webhook['id']}"
    asked = await api.client.post(f"{path}/redeliver", json={"first": 1, "only": "everything"})
    assert asked.status_code == 202
    shown = (await api.client.get(path)).json()["webhook"]["redeliveries"]
    assert shown == [asked.json()["redelivery"]]
    too_far = await api.client.post(f"{path}/redeliver", json={"first": 10**6})
    assert code_of(too_far) == "invalid_request"


async def test_a_test_that_reaches_nobody_says_so(api: RunningApi) -> None:
    webhook = (await make(api, url="https://does-not-exist.invalid.example/"))["webhook"]
    tested = (await api.client.post(f"/v1/webhooks/{webhook['id']}/test")).json()
    assert tested["delivered"] is False
    assert tested["error"] == "dns_failed"


async def test_deleted_is_gone(api: RunningApi) -> None:
    webhook = (await make(api))["webhook"]
    path = f"/v1/webhooks/{webhook['id']}"
    assert (await api.client.delete(path)).json()["webhook"]["id"] == webhook["id"]
    assert code_of(await api.client.get(path)) == "no_such_webhook"


async def test_metrics_and_health_tell_of_webhooks_and_stay_ready(api: RunningApi) -> None:
    webhook = (await make(api, after=0))["webhook"]
    await api.register()
    metrics = (await api.client.get("/metrics")).text
    assert f'linkwright_webhook_lag_events{{webhook="{webhook["id"]}"}} 1.0' in metrics
    assert "hidden-token" not in metrics
    await api.services.database.fetch(
        "update webhook_endpoints set disabled = 'failing' returning 1"
    )
    health = (await api.client.get("/health/ready")).json()
    assert [one["ok"] for one in health["checks"] if one["name"] == "database"] == [True]
    (told,) = [one for one in health["degraded"] if "never started" in one["sentence"]]
    assert "1 webhook was disabled" in told["sentence"]
