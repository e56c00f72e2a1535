"""Page sessions, one-time links and tickets: short, sealed, and each for its own purpose."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx

from app.http.one_time import OneTimeSecrets
from app.http.sealed_sessions import PAGE_SESSION_S, SealedSessions
from tests.http_api.callers import code_of
from tests.running_api import RunningApi

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def browser(api: RunningApi) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=api.url, trust_env=False, timeout=10) as client:
        yield client


async def test_a_key_is_exchanged_for_a_cookie_that_scripts_cannot_read(api: RunningApi) -> None:
    async with browser(api) as client:
        signed_in = await client.post("/session", json={"key": api.key})
        cookie = signed_in.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert api.key not in signed_in.text + cookie
        assert (await client.get("/v1/accounts")).status_code == 200
        token = {"X-CSRF-Token": signed_in.json()["csrf_token"]}
        assert (await client.post("/v1/accounts", json={}, headers=token)).status_code == 201


async def test_signing_out_makes_the_cookie_worthless(api: RunningApi) -> None:
    async with browser(api) as client:
        signed_in = await client.post("/session", json={"key": api.key})
        kept = dict(client.cookies)
        token = {"X-CSRF-Token": signed_in.json()["csrf_token"]}
        assert (await client.delete("/session", headers=token)).json() == {
            **(await client.get("/session")).json(),
            "signed_in": False,
        }
        client.cookies.update(kept)
        assert code_of(await client.get("/v1/accounts")) == "unauthorized"


async def test_a_one_time_link_opens_its_own_account_once(api: RunningApi) -> None:
    account_id = await api.register()
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    address, token = made["url"].split("#")
    assert address.endswith("/link")
    async with browser(api) as client:
        opened = await client.post("/link/session", json={"token": token})
        assert opened.json()["account_id"] == account_id
        as_link = {"X-Linkwright-Page": "link", "X-CSRF-Token": opened.json()["csrf_token"]}
        here = f"/v1/accounts/{account_id}"
        assert (await client.get(here, headers=as_link)).status_code == 200
        started = await client.post(f"{here}/link", headers=as_link)
        assert started.status_code == 202
        assert code_of(await client.get(here)) == "unauthorized"
    async with browser(api) as somebody_else:
        again = await somebody_else.post("/link/session", json={"token": token})
        assert code_of(again) == "link_spent"
    [*_, recorded] = await api.services.log.read_inputs(account_id)
    assert recorded.origin.actor.startswith("link:key_")


async def test_a_link_page_hears_of_its_own_account_only(api: RunningApi) -> None:
    account_id, other = await api.register(), await api.register()
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    async with browser(api) as client:
        await client.post("/link/session", json={"token": made["url"].split("#")[1]})
        stolen = await client.get(f"/v1/feed?page=link&account={other}")
        assert code_of(stolen) == "not_registered"
        everything = client.stream("GET", "/v1/feed?page=link&after=0")
        async with everything as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    assert account_id in line
                    break


def test_a_session_ends_by_itself() -> None:
    sessions = SealedSessions(b"k" * 32)
    _, cookie = sessions.open("page", "key_1", NOW)
    at_the_end = NOW + timedelta(seconds=PAGE_SESSION_S)
    assert sessions.read(cookie, "page", at_the_end - timedelta(seconds=1)) is not None
    assert sessions.read(cookie, "page", at_the_end) is None


def test_a_cookie_of_another_kind_or_installation_is_none() -> None:
    sessions = SealedSessions(b"k" * 32)
    _, cookie = sessions.open("link", "key_1", NOW, account_id="acc_1")
    assert sessions.read(cookie, "page", NOW) is None
    assert SealedSessions(b"x" * 32).read(cookie, "link", NOW) is None
    assert sessions.read(cookie[:-4] + "AAAA", "link", NOW) is None
    assert sessions.read("", "link", NOW) is None


def test_a_one_time_secret_works_once_and_not_for_ever() -> None:
    secrets = OneTimeSecrets("lwt")
    secret, _ = secrets.give(30, NOW, key_id="key_1")
    assert secrets.redeem(secret, NOW) is not None
    assert secrets.redeem(secret, NOW) is None
    late, _ = secrets.give(30, NOW, key_id="key_1")
    assert secrets.redeem(late, NOW + timedelta(seconds=30)) is None
