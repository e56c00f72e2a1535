"""Each problem that a route's own line in the reference promises, really answered.

`EXAMPLES` names them all, and the last test sees that it does: a promise without an example fails.
"""

from typing import Any

import httpx
import pytest

from adapters import clock, template_store, webhook_endpoints
from app.http import one_time, replay_fleet
from app.http.reference import REFERENCE
from domain import messages
from domain.observations import RecordEvidence, RecordProblem
from domain.reasons import Reason
from tests.decided_again import keep_no_logs
from tests.http_api.bundle_problems import BUNDLES
from tests.http_api.callers import code_of
from tests.http_api.drop_in_problems import DROP_INS, FULL_QUEUE, drop_in_clients
from tests.http_api.message_problems import CONTENT_GONE, MESSAGES, TOO_MANY, save_templates
from tests.http_api.template_problems import REMINDER, TEMPLATES, save_reminder
from tests.http_api.webhook_problems import OUTSIDE, WEBHOOKS, disabled_webhook
from tests.running_api import RunningApi

GENERIC = {
    "too_busy",
    "invalid_request",
    "not_registered",
    "storage_unavailable",
    "request_in_progress",
    "outcome_unknown",
    "no_such_session",
    "session_taken",
    "no_code_in_time",
    "too_many_requests",
    "message_not_sent",
}
"""Seen for every route at once in test_problems_of_every_route.py and test_idempotency_keys.py,
those of scans and of sending in tests/dropin."""

Example = tuple[str, str, str, str, dict[str, Any]]
GONE = "1" * 64
SINCE = {"since": "2026-01-01T00:00:00Z"}
POLICY = {"policy": {"no_such_field": 1}}
PAIRING = {"json": {"method": "pairing_code"}}
CODES = ("qr", "qr.png", "qr.svg", "qr.txt", "qr.json")
PHONE_ROUTES = {
    "scan": ("scan", {"json": {"qr": "2@no,such,code,at,all"}}),
    "enter_code": ("pairing-code", {"json": {"code": "ABCD1234"}}),
    "reject": ("reject", {}),
    "phone_logout": ("logout", {}),
    "offline": ("offline", {}),
    "online": ("online", {}),
    "phone_message": ("message", {"json": {"sender": "4915187654321", "text": "hello"}}),
    "phone_deliver": ("deliver", {}),
    "phone_read": ("read", {"json": {"whatsapp_id": "3EB0"}}),
    "passkey": ("passkey", {"json": {"answer": "approve"}}),
}

LINKING: list[Example] = [
    ("link", "attempt_in_progress", "POST", "/v1/accounts/{linking}/link", {}),
    ("link", "already_linked", "POST", "/v1/accounts/{ready}/link", {}),
    ("link", "pairing_phone_required", "POST", "/v1/accounts/{fresh}/link", PAIRING),
    ("retry", "attempt_in_progress", "POST", "/v1/accounts/{linking}/retry", {}),
    ("retry", "already_linked", "POST", "/v1/accounts/{ready}/retry", {}),
    ("retry", "nothing_to_retry", "POST", "/v1/accounts/{fresh}/retry", {}),
    ("retry", "pairing_phone_required", "POST", "/v1/accounts/{failed}/retry", PAIRING),
    ("cancel", "nothing_to_cancel", "POST", "/v1/accounts/{fresh}/cancel", {}),
    ("reconnect", "attempt_in_progress", "POST", "/v1/accounts/{linking}/reconnect", {}),
    ("reconnect", "already_linked", "POST", "/v1/accounts/{ready}/reconnect", {}),
    ("reconnect", "no_session", "POST", "/v1/accounts/{fresh}/reconnect", {}),
    ("link", "erased", "POST", "/v1/accounts/{erased}/link", {}),
    ("retry", "erased", "POST", "/v1/accounts/{erased}/retry", {}),
    ("reconnect", "erased", "POST", "/v1/accounts/{erased}/reconnect", {}),
    (
        "promote_standby",
        "attempt_in_progress",
        "POST",
        "/v1/accounts/{linking}/promote-standby",
        {},
    ),
    ("promote_standby", "not_linked", "POST", "/v1/accounts/{fresh}/promote-standby", {}),
    ("promote_standby", "standby_not_ready", "POST", "/v1/accounts/{ready}/promote-standby", {}),
    ("stop", "attempt_in_progress", "POST", "/v1/accounts/{linking}/stop", {}),
    ("stop", "not_linked", "POST", "/v1/accounts/{fresh}/stop", {}),
    ("logout", "attempt_in_progress", "POST", "/v1/accounts/{linking}/logout", {}),
    ("logout", "not_linked", "POST", "/v1/accounts/{fresh}/logout", {}),
]
READING: list[Example] = [
    *(
        (name.replace(".", "_"), code, "GET", f"/v1/accounts/{{{account}}}/{name}", {})
        for name in CODES
        for code, account in (("no_code", "fresh"), ("code_gone", "ready"))
    ),
    (
        "qr",
        "not_acceptable",
        "GET",
        "/v1/accounts/{linking}/qr",
        {"headers": {"Accept": "audio/ogg"}},
    ),
    ("attempt", "no_such_attempt", "GET", "/v1/accounts/{ready}/attempts/99", {}),
    ("attempt_why", "no_such_attempt", "GET", "/v1/accounts/{ready}/attempts/99/why", {}),
    ("replay_test", "no_such_attempt", "GET", "/v1/accounts/{fresh}/replay/test", {}),
    ("replay_test", "nothing_to_test", "GET", "/v1/accounts/{ready}/replay/test", {}),
    ("timeline", "unmasked_not_allowed", "GET", "/v1/accounts/{ready}/timeline?unmasked=1", {}),
    ("bundle", "unmasked_not_allowed", "GET", "/v1/accounts/{ready}/bundle?level=none", {}),
    ("bundle", "no_such_attempt", "GET", "/v1/accounts/{ready}/bundle?attempt=99", {}),
    ("compare", "no_such_attempt", "GET", "/v1/accounts/{ready}/compare?attempt=99", {}),
    ("path", "no_such_attempt", "GET", "/v1/accounts/{ready}/path?attempt=99", {}),
    ("statistics", "range_too_large", "GET", "/v1/statistics?since=2024-01-01T00:00:00Z", {}),
    (
        "message_statistics",
        "range_too_large",
        "GET",
        "/v1/statistics/messages?since=2024-01-01T00:00:00Z",
        {},
    ),
    (
        "replay_redecide",
        "no_such_attempt",
        "GET",
        "/v1/accounts/{ready}/replay/redecide?attempt=99",
        {},
    ),
    *(
        ("replay_what_if", code, "POST", "/v1/accounts/{ready}/replay/what-if", {"json": body})
        for code, body in (
            ("no_such_attempt", {"attempt": 99}),
            ("bad_change", {"policy": {"no_such_field": 1}}),
        )
    ),
    ("replay_fleet", "bad_change", "POST", "/v1/replay/fleet", {"json": SINCE | POLICY}),
    ("evidence_piece", "no_such_evidence", "GET", "/v1/accounts/{ready}/evidence/it", {}),
    ("evidence_piece", "evidence_gone", "GET", f"/v1/accounts/{{failed}}/evidence/{GONE}", {}),
    ("feed", "bad_event_id", "GET", "/v1/feed?after=yesterday", {}),
    ("diagnostics", "operators_only", "GET", "/v1/diagnostics", {}),
    ("cleanup", "operators_only", "POST", "/v1/cleanup", {}),
]
WITHOUT_KEY: list[Example] = [
    ("feed", "ticket_spent", "GET", "/v1/feed?ticket=lwt_never", {}),
    ("erp_events", "ticket_spent", "GET", "/api/whatsapp/events?ticket=lwt_never", {}),
    ("sign_in", "unauthorized", "POST", "/session", {"json": {"key": "lw_wrong"}}),
    ("open_link", "link_spent", "POST", "/link/session", {"json": {"token": "lwl_never"}}),
    *(
        (name, "cross_site_request", "POST", path, {"json": body, "headers": elsewhere})
        for elsewhere in ({"Sec-Fetch-Site": "cross-site"},)
        for name, path, body in (
            ("sign_in", "/session", {"key": "lw_wrong"}),
            ("open_link", "/link/session", {"token": "lwl_never"}),
        )
    ),
]
SANDBOX: list[Example] = [
    *(
        (name, code, "POST", f"/v1/sandbox/accounts/{{{account}}}/{path}", given)
        for name, (path, given) in PHONE_ROUTES.items()
        for code, account in (("not_a_sandbox_account", "live"), ("sandbox_unavailable", "fresh"))
    ),
    *(
        (name, "no_code", "POST", f"/v1/sandbox/accounts/{{fresh}}/{path}", {})
        for name, path in (("scan", "scan"), ("enter_code", "pairing-code"))
    ),
    *(
        (
            "choose_scene",
            code,
            "PUT",
            f"/v1/sandbox/accounts/{{{account}}}/scene",
            {"json": {"name": "normal"}},
        )
        for code, account in (("not_a_sandbox_account", "live"), ("sandbox_unavailable", "fresh"))
    ),
    *(
        ("phone_messages", code, "GET", f"/v1/sandbox/accounts/{{{account}}}/messages", {})
        for code, account in (("not_a_sandbox_account", "live"), ("sandbox_unavailable", "fresh"))
    ),
    ("scenes", "sandbox_unavailable", "GET", "/v1/sandbox/scenes", {}),
]
WITH_SANDBOX: list[Example] = [
    *(
        (name, "phone_refused", "POST", f"/v1/sandbox/accounts/{{fresh}}/{path}", given)
        for name, (path, given) in PHONE_ROUTES.items()
    ),
    (
        "phone_messages",
        "phone_refused",
        "GET",
        "/v1/sandbox/accounts/{fresh}/messages",
        {},
    ),
    (
        "choose_scene",
        "no_such_scene",
        "PUT",
        "/v1/sandbox/accounts/{fresh}/scene",
        {"json": {"name": "no_such"}},
    ),
]
FULL: list[Example] = [
    ("feed", "too_many_readers", "GET", "/v1/feed", {}),
    ("erp_events", "too_many_readers", "GET", "/api/whatsapp/events", {}),
    ("ticket", "too_many_tickets", "POST", "/v1/tickets", {}),
    ("replay_fleet", "too_many_attempts", "POST", "/v1/replay/fleet", {"json": SINCE}),
    ("link_page", "too_many_tickets", "POST", "/v1/accounts/{fresh}/link-pages", {}),
    ("make_webhook", "too_many_webhooks", "POST", "/v1/webhooks", OUTSIDE),
    ("save_template", "too_many_templates", "POST", "/v1/templates", {"json": REMINDER}),
]
ELSEWHERE = {("sign_out", "cross_site_request"), ("bundle_statistics", "range_too_large")}
"""Below, and in test_statistics.py."""
EXAMPLES = [
    *LINKING,
    *READING,
    *BUNDLES,
    *TEMPLATES,
    *WEBHOOKS,
    *DROP_INS,
    *FULL_QUEUE,
    *MESSAGES,
    *TOO_MANY,
    *WITHOUT_KEY,
    *SANDBOX,
    *WITH_SANDBOX,
    *FULL,
]


async def accounts(api: RunningApi) -> dict[str, str]:
    """Bring one account into each status that the examples speak of."""
    linking = await api.register()
    attempt = await api.link(linking)
    await api.show_code(linking, attempt)
    failed = await api.register()
    attempt = await api.link(failed)
    await api.see(
        failed, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_UNREACHABLE)
    )
    await api.see(
        failed,
        RecordEvidence(at=clock.now(), attempt=attempt, kind="console", digest=GONE, size_bytes=2),
    )
    ready, _ = await api.ready_account()
    erased = await api.register()
    await api.client.delete(f"/v1/accounts/{erased}?erase=true")
    return {
        "fresh": await api.register(site="sandbox"),
        "erased": erased,
        "live": await api.register(site="live"),
        "linking": linking,
        "failed": failed,
        "ready": ready,
    }


async def see_all(client: httpx.AsyncClient, examples: list[Example], ids: dict[str, str]) -> None:
    for name, code, method, address, given in examples:
        answered = await client.request(method, address.format(**ids), **given)
        assert (name, code_of(answered)) == (name, code)


async def test_wishes_that_the_domain_refuses_name_account_and_attempt(api: RunningApi) -> None:
    ids = await accounts(api)
    before = {name: len(await api.services.log.load(name)) for name in ids.values()}
    await see_all(api.client, LINKING, ids)
    assert before == {name: len(await api.services.log.load(name)) for name in ids.values()}

    answered = await api.client.post(f"/v1/accounts/{ids['linking']}/link")
    problem = answered.json()
    assert problem["account"]["id"] == ids["linking"]
    assert problem["account"]["status"] == "WAITING_QR"
    assert problem["attempt"]["number"] == 1
    assert problem["position"] > 0
    assert problem["retryable"] is False


async def test_what_is_not_there(api: RunningApi) -> None:
    await see_all(api.client, [*READING, *BUNDLES], await accounts(api))


async def test_what_templates_refuse(api: RunningApi) -> None:
    await save_reminder(api)
    await see_all(api.client, TEMPLATES, {})


async def test_what_webhooks_refuse(api: RunningApi) -> None:
    await see_all(api.client, WEBHOOKS, await disabled_webhook(api))


async def test_what_drop_ins_refuse(api: RunningApi) -> None:
    await drop_in_clients(api)
    await see_all(api.client, DROP_INS, {})


async def test_what_a_full_queue_refuses(monkeypatch: pytest.MonkeyPatch, api: RunningApi) -> None:
    """Asked for first, the limit stays until what was decided under it is decided again."""
    keep_no_logs(monkeypatch)
    monkeypatch.setattr(messages, "MOST_QUEUED", 0)
    await drop_in_clients(api)
    await see_all(api.client, [*FULL_QUEUE, *TOO_MANY], await accounts(api))


async def test_what_messages_refuse(api: RunningApi) -> None:
    await save_templates(api)
    await see_all(api.client, MESSAGES, await accounts(api))


async def test_what_somebody_without_a_key_meets(api: RunningApi) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as client:
        await see_all(client, WITHOUT_KEY, {})


async def test_a_sandbox_that_is_away(api: RunningApi) -> None:
    await see_all(api.client, SANDBOX, await accounts(api))


async def test_what_the_sandbox_refuses(api_with_sandbox: RunningApi) -> None:
    await see_all(api_with_sandbox.client, WITH_SANDBOX, await accounts(api_with_sandbox))


async def test_what_is_full(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_time, "MOST_HELD", 0)
    monkeypatch.setattr(api.hub, "_most_readers", 0)
    monkeypatch.setattr(replay_fleet, "MOST_ATTEMPTS", 0)
    monkeypatch.setattr(template_store, "MOST_OF_WORKSPACE", 0)
    monkeypatch.setattr(webhook_endpoints, "MOST_ENDPOINTS", 0)
    fresh = await api.register()
    await api.link(fresh)
    await see_all(api.client, FULL, {"fresh": fresh})


async def test_signing_out_needs_the_page_itself(api: RunningApi) -> None:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as client:
        await client.post("/session", json={"key": api.key})
        assert code_of(await client.delete("/session")) == "cross_site_request"
        assert (await client.get("/session")).json()["signed_in"] is True


def test_every_promise_has_an_example() -> None:
    promised = {
        (name, code)
        for name, line in REFERENCE.items()
        for code in line.problems
        if code not in GENERIC
    }
    assert promised == {(name, code) for name, code, *_ in EXAMPLES} | ELSEWHERE | {CONTENT_GONE}
