"""Limits on requests, of callers from elsewhere: a proxy on this machine says who they are."""

import httpx
import pytest

from tests.http_api.callers import code_of
from tests.running_api import RunningApi


def limit(api: RunningApi, name: str, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = api.application.state.limits
    monkeypatch.setattr(getattr(limits, name), "most", most)


def elsewhere(address: str = "203.0.113.9") -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def test_an_answer_says_what_is_left_and_beyond_it_when_there_is_more(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(api, "requests", 3, monkeypatch)
    left: list[str] = []
    for _ in range(3):
        answered = await api.client.get("/v1/accounts", headers=elsewhere())
        assert answered.status_code == 200
        assert answered.headers["ratelimit-policy"] == '"minute";q=3;w=60'
        left.append(answered.headers["ratelimit"].split(";")[1])
    assert left == ["r=2", "r=1", "r=0"]
    refused = await api.client.get("/v1/accounts", headers=elsewhere())
    assert code_of(refused) == "too_many_requests"
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.headers["ratelimit"].startswith('"minute";r=0;t=')


async def test_a_guessed_key_counts_for_the_address(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(api, "requests", 5, monkeypatch)
    guess = {"Authorization": "Bearer lw_guess", **elsewhere()}
    codes = [code_of(await api.client.get("/v1/accounts", headers=guess)) for _ in range(6)]
    assert codes == ["unauthorized"] * 5 + ["too_many_requests"]
    other = await api.client.get("/v1/accounts", headers=elsewhere("198.51.100.7"))
    assert other.status_code == 200


async def test_a_key_counts_wherever_it_is_used(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(api, "requests", 4, monkeypatch)
    for number in range(4):
        address = elsewhere(f"203.0.113.{number}")
        assert (await api.client.get("/v1/accounts", headers=address)).status_code == 200
    refused = await api.client.get("/v1/accounts", headers=elsewhere("203.0.113.200"))
    assert code_of(refused) == "too_many_requests"


async def test_codes_count_for_each_account(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(api, "account_codes", 2, monkeypatch)
    mine, other = await api.register(), await api.register()
    for _ in range(2):
        answered = await api.client.get(f"/v1/accounts/{mine}/qr", headers=elsewhere())
        assert code_of(answered) == "no_code"
    refused = await api.client.post(f"/v1/accounts/{mine}/link", headers=elsewhere())
    assert code_of(refused) == "too_many_requests"
    answered = await api.client.get(f"/v1/accounts/{other}/qr.png", headers=elsewhere())
    assert code_of(answered) == "no_code"
    assert (await api.client.get(f"/v1/accounts/{mine}", headers=elsewhere())).status_code == 200


async def test_an_ipv6_customer_has_one_count_for_all_addresses(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(api, "requests", 2, monkeypatch)
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as nobody:
        codes = [
            (await nobody.get("/session", headers=elsewhere(f"2001:db8::{number}"))).status_code
            for number in range(1, 4)
        ]
    assert codes == [200, 200, 429]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
async def test_this_machine_is_not_counted(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    limit(api, "requests", 1, monkeypatch)
    for _ in range(3):
        answered = await api.client.get("/v1/accounts", headers=elsewhere(address))
        assert answered.status_code == 200
        assert "ratelimit" not in answered.headers
