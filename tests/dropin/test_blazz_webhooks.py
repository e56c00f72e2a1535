"""What a Laravel back end is told by webhook, and how it is signed."""

import hashlib
import hmac
import json
from typing import Any

import msgspec

from adapters import clock
from app.dropin.blazz_webhooks import EVENTS, BlazzWebhooks, blazz_body
from app.webhooks.profile import Signing
from app.webhooks.profiles import PROFILES
from domain.observations import RecordLogout, RecordProblem
from domain.reasons import Reason
from projections.feed import FeedItem
from tests.dropin.scanning import answered_with_code, text_of
from tests.examples import at
from tests.running_api import CODE_TEXT, PHONE, RunningApi

IDS = {"session_id": "webjs_1_a", "workspace_id": 1, "account_id": 5}
GENERATE = "/api/sessions/generate-qr"


async def items(api: RunningApi, account_id: str) -> list[FeedItem]:
    """Read what an endpoint of the account would be told."""
    answered = await api.client.get("/v1/events", params={"account": account_id, "limit": 500})
    return msgspec.convert(answered.json()["items"], list[FeedItem])


async def told(api: RunningApi, account_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Fill in every item that is told, in order."""
    services = api.services
    webhooks = BlazzWebhooks(services.database, services.vault, services.dispatch, clock.now)
    bodies = [
        json.loads(await webhooks.body(item))
        for item in await items(api, account_id)
        if blazz_body(item)
    ]
    assert [body["id"] for body in bodies] == sorted({body["id"] for body in bodies})
    return [(body["event"], body["data"]) for body in bodies]


async def test_a_scan_from_its_code_to_its_end(api: RunningApi):
    _, account_id, attempt = await answered_with_code(api, GENERATE, "1", json=IDS)
    ((event, shown),) = await told(api, account_id)
    assert (event, text_of(shown["qr_code"])) == ("qr_code_generated", CODE_TEXT)
    assert 0 < shown["expires_in"] <= 60
    assert shown["status"] == "qr_scanning"

    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.NETWORK_LOST)
    )
    await api.see(account_id, RecordLogout(at=clock.now(), attempt=attempt, by="phone"))

    said = await told(api, account_id)
    assert said[0] == ("qr_code_generated", {**shown, "qr_code": None, "expires_in": 0})
    assert said[1:] == [
        ("session_authenticated", IDS | {"status": "authenticated"}),
        ("session_ready", IDS | {"status": "connected", "phone_number": PHONE}),
        ("session_disconnected", IDS | {"status": "disconnected", "reason": "network_lost"}),
        ("session_disconnected", IDS | {"status": "disconnected", "reason": "phone_unlinked"}),
    ]


async def test_a_scan_that_ran_out_is_expired(api: RunningApi):
    _, account_id, attempt = await answered_with_code(api, GENERATE, "1", json=IDS)
    over = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.QR_EXPIRED)
    await api.see(account_id, over)

    assert (await told(api, account_id))[-1] == (
        "session_disconnected",
        IDS | {"status": "qr_expired", "reason": "qr_expired"},
    )


async def test_a_code_that_was_told_has_been_fetched(api: RunningApi):
    account_id = await api.register(workspace="acme")
    await api.show_code(account_id, await api.link(account_id))

    ((_, shown),) = await told(api, account_id)

    assert shown["session_id"] == shown["account_id"] == account_id  # it has no other name
    assert shown["workspace_id"] == "acme"
    attempt = (await api.services.dispatch.load(account_id)).account.attempt
    assert attempt is not None
    assert attempt.codes_fetched == 1
    await told(api, account_id)
    inputs = (await api.client.get(f"/v1/accounts/{account_id}/timeline")).json()
    names = [row["name"] for part in inputs["timeline"]["attempts"] for row in part["rows"]]
    assert names.count("QrFetched") == 1


def test_the_back_end_checks_the_signature_with_its_own_means():
    secret, body = "a-secret-of-both-sides", b'{"event":"session_ready"}'
    signing = Signing(message_id="evt_1", at=at(7), body=body, secrets=[secret, "an-older-one"])

    headers = PROFILES["blazz"].signed(signing)

    timestamp = headers["x-timestamp"]
    assert int(timestamp) == int(at(7).timestamp())
    expected = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-hmac-signature"] == expected


def test_the_four_names_are_the_seeds():
    assert set(EVENTS.values()) - {"webhook_test"} == {
        "qr_code_generated",
        "session_authenticated",
        "session_ready",
        "session_disconnected",
    }
