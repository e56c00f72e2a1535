"""Calls that a Laravel back end signs, with a timestamp that counts for five minutes."""

import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from adapters import clock
from app.http import signed_calls
from tests.http_api.callers import code_of
from tests.plain_http import NO_TLS
from tests.running_api import RunningApi, running_api

SECRET = "an-example-of-a-secret"
MARK = "/api/whatsapp/sessions/webjs_1_a/mark-disconnected"
BODY = json.dumps({"workspace_id": 1, "reason": "LOGOUT"}).encode()


@pytest_asyncio.fixture
async def laravel(database: str, tmp_path: Path) -> AsyncGenerator[RunningApi]:
    async with running_api(database, tmp_path, hmac_secret=SECRET) as running:
        yield running


def signed(secret: str = SECRET, age_s: int = 0, body: bytes = BODY) -> dict[str, str]:
    """Sign as the seed's middleware does."""
    timestamp = str(int(clock.now().timestamp()) - age_s)
    signature = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Timestamp": timestamp,
        "X-HMAC-Signature": signature,
        "Content-Type": "application/json",
    }


async def call(
    api: RunningApi, headers: dict[str, str], *, path: str = MARK, body: bytes = BODY
) -> httpx.Response:
    """Call without a key, unless the headers bring one."""
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, verify=NO_TLS) as client:
        return await client.post(path, content=body, headers=headers)


async def test_a_signature_is_as_good_as_a_key_here_and_nowhere_else(laravel: RunningApi):
    assert code_of(await call(laravel, signed())) == "no_such_session"
    lost = signed(age_s=30)
    for _ in range(2):  # as it comes again when its answer was lost on the way
        assert code_of(await call(laravel, lost)) == "no_such_session"
    key = {"Authorization": f"Bearer {laravel.key}"}
    assert code_of(await call(laravel, key)) == "no_such_session"
    assert code_of(await call(laravel, signed(age_s=60) | key)) == "no_such_session"
    wrong = {"Authorization": "Bearer lw_wrong"}
    assert code_of(await call(laravel, signed(age_s=120) | wrong)) == "unauthorized"
    refused = await call(laravel, signed(body=b"{}"), path="/v1/accounts", body=b"{}")
    assert code_of(refused) == "unauthorized"


async def test_a_signature_that_is_not_right_says_what_is_wrong(laravel: RunningApi):
    key = {"Authorization": f"Bearer {laravel.key}"}
    malformed = signed() | {"X-Timestamp": "yesterday"}
    for headers, why in (
        (signed("another-secret"), "wrong"),
        (signed(body=b"{}"), "wrong"),
        (signed(age_s=330), "too_old"),
        (signed(age_s=-330), "too_new"),
        (malformed, "malformed"),
        (signed("another-secret") | key, "wrong"),
    ):
        refused = await call(laravel, headers)
        assert (code_of(refused), refused.json()["cause"]) == ("unauthorized", why)
        assert refused.json()["success"] is False


async def test_without_a_secret_no_signature_counts(api: RunningApi):
    assert code_of(await call(api, signed(""))) == "unauthorized"
    key = {"Authorization": f"Bearer {api.key}"}
    assert code_of(await call(api, signed() | key)) == "no_such_session"


async def test_a_call_that_comes_again_much_later_is_refused(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(signed_calls, "GRACE_S", 0.0)
    async with running_api(database, tmp_path, hmac_secret=SECRET) as laravel:
        headers = signed()
        assert code_of(await call(laravel, headers)) == "no_such_session"
        again = await call(laravel, headers)
        assert (code_of(again), again.json()["cause"]) == ("unauthorized", "repeated")
