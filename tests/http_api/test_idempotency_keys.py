"""The key itself: whose it is, what it may be, how long it is known, and what it refuses."""

from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from adapters import clock
from adapters.event_log.interface import Claim
from adapters.idempotency_keys import IdempotencyKeys
from adapters.keys import Keys
from app.dropin.reference_of_erp import ERP
from app.dropin.reference_of_scans import BLAZZ, GHL
from app.dropin.reference_of_single_qr import SINGLE_QR
from app.http import idempotency
from app.http.idempotency import parse_key
from app.http.parts import AnyRequest, ApiParts
from app.http.reference_of_bundles import BUNDLES
from app.problems import ProblemFound
from app.sweep import key_sweep
from tests.http_api.callers import Route, call, code_of, name_of, routes_with
from tests.running_api import MASTER_KEY, RunningApi

KEY = {"Idempotency-Key": "order-7"}
KEEP_NOTHING = {*BUNDLES, "bundle_statistics", *ERP, *SINGLE_QR, *BLAZZ, *GHL}
"""Routes that leave nothing behind, and those of the replaced systems, whose clients send none."""
MALFORMED = [
    "",
    " ",
    "a b",
    "schlüssel".encode().decode("latin-1"),
    '"',
    '""',
    '"a',
    "a\tb",
    '"a"b"',
    "x" * 256,
]


def age(database: str, hours: float) -> None:
    """Have every key be taken so long ago."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "update idempotency_keys set claimed_at = claimed_at - make_interval(secs => %s)",
            (hours * 3600,),
        )


def counted(database: str, table: str) -> int:
    with psycopg.connect(database) as connection:
        return connection.execute(f"select from {table}".encode()).rowcount


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ("8e03978e-40d5", "8e03978e-40d5"),
        ('"8e03978e-40d5"', "8e03978e-40d5"),
        ('"say \\"hello\\""'.replace(" ", "-"), 'say-"hello"'),
        ('"back\\\\slash"', "back\\slash"),
        (" padded ", "padded"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
    ],
)
def test_a_key_is_read_bare_or_quoted(given: str, key: str) -> None:
    assert parse_key([given]) == key


@pytest.mark.parametrize("given", [*([one] for one in MALFORMED), ["a", "b"], ["a", "a"]])
def test_anything_else_is_no_key(given: list[str]) -> None:
    with pytest.raises(ProblemFound) as found:
        parse_key(given)
    assert found.value.code == "idempotency_key_malformed"


async def test_every_route_that_takes_a_key_refuses_a_malformed_one(api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    for route in routes_with(api, "idempotency_key_malformed"):
        body: dict[str, Any] = {"json": {"key": api.key}} if name_of(route) == "sign_in" else {}
        answered = await call(
            api.client, route, account_id, headers={"Idempotency-Key": "a b"}, **body
        )
        assert code_of(answered) == "idempotency_key_malformed", name_of(route)


async def test_every_post_takes_a_key(api: RunningApi) -> None:
    taking = {name_of(route) for route in routes_with(api, "idempotency_key_reused")}
    posts = {
        str(handler.opt["docs"])
        for route in api.application.routes
        for handler in getattr(route, "route_handlers", [])
        if "POST" in getattr(handler, "http_methods", ())
    }
    assert taking == posts - KEEP_NOTHING | {"destroy"}


async def test_every_route_refuses_a_key_of_another_request(api: RunningApi) -> None:
    account_id = await api.register(site="sandbox")
    keys = Keys(MASTER_KEY)
    admin, body = (await api.services.api_keys.all_keys())[0].id, {"json": {"key": api.key}}
    owners = {"open_link": f"link:{keys.fingerprint('lwl_…')}"}
    for route in routes_with(api, "idempotency_key_reused"):
        name = name_of(route)
        owner = owners.get(name, admin)
        claim = Claim(owner=owner, key=name, request="another req_1")
        await known(api).begin(claim, uuid4(), 30.0, again=False)
        given: dict[str, Any] = body if name == "sign_in" else {}
        answered = await call(
            api.client, route, account_id, headers={"Idempotency-Key": name}, **given
        )
        assert code_of(answered) == "idempotency_key_reused", name
        assert name in answered.json()["detail"]


def known(api: RunningApi, kept_s: float = 24 * 3600) -> IdempotencyKeys:
    return IdempotencyKeys(api.services.database, Keys(MASTER_KEY), kept_s)


CHANGES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/link", {"json": {"method": "qr"}}),
    ("POST", "/link?wait=0", {}),
    ("POST", "/retry", {}),
    ("DELETE", "", {}),
    ("POST", "/link-pages", {}),
]


@pytest.mark.parametrize(("method", "path", "given"), CHANGES)
async def test_another_method_path_query_or_body_is_another_request(
    api: RunningApi, method: str, path: str, given: dict[str, Any]
) -> None:
    account_id = await api.register()
    first = await api.client.post(f"/v1/accounts/{account_id}/link", headers=KEY)
    assert first.status_code == 202
    head = await api.services.log.head()
    other = await api.client.request(
        method, f"/v1/accounts/{account_id}{path}", headers=KEY, **given
    )
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")
    assert "order-7" in other.json()["detail"]
    assert await api.services.log.head() == head


async def test_two_owners_do_not_share_a_key(api: RunningApi) -> None:
    _, text = await api.services.api_keys.create("other", clock.now())
    first = await api.client.post("/v1/accounts", json={}, headers=KEY)
    headers = {**KEY, "Authorization": f"Bearer {text}"}
    other = await api.client.post("/v1/accounts", json={}, headers=headers)
    assert first.json()["account"]["id"] != other.json()["account"]["id"]
    assert "idempotent-replayed" not in other.headers


async def test_a_page_shares_the_keys_of_the_key_that_signed_in_but_a_link_page_does_not(
    api: RunningApi,
) -> None:
    account_id = await api.register()
    address = f"/v1/accounts/{account_id}/link"
    first = await api.client.post(address, headers=KEY)
    made = (await api.client.post(f"/v1/accounts/{account_id}/link-pages")).json()
    async with httpx.AsyncClient(base_url=api.url, trust_env=False) as browser:
        token = (await browser.post("/session", json={"key": api.key})).json()["csrf_token"]
        again = await browser.post(address, headers={**KEY, "X-CSRF-Token": token})
        assert again.content == first.content
        opened = await browser.post("/link/session", json={"token": made["url"].split("#")[1]})
        link = {"X-Linkwright-Page": "link", "X-CSRF-Token": opened.json()["csrf_token"]}
        other = await browser.post(address, headers={**KEY, **link})
    assert code_of(other) == "attempt_in_progress"


async def test_a_key_is_known_for_a_day(api: RunningApi, database: str) -> None:
    first = await api.client.post("/v1/accounts", json={}, headers=KEY)
    age(database, 23.9)
    assert (await api.client.post("/v1/accounts", json={}, headers=KEY)).content == first.content
    age(database, 0.2)
    later = await api.client.post("/v1/accounts", json={"label": "another"}, headers=KEY)
    assert later.status_code == 201
    assert later.json()["account"]["id"] != first.json()["account"]["id"]
    again = await api.client.post("/v1/accounts", json={"label": "another"}, headers=KEY)
    assert again.content == later.content


async def test_an_old_key_of_a_kept_answer_is_free_again(api: RunningApi, database: str) -> None:
    first = await api.client.post("/v1/tickets", headers=KEY)
    age(database, 25)
    later = await api.client.post("/v1/tickets", headers=KEY)
    assert (first.status_code, later.status_code) == (201, 201)
    assert first.json()["ticket"] != later.json()["ticket"]


async def test_the_sweep_frees_what_is_old_and_leaves_the_log_alone(
    api: RunningApi, database: str
) -> None:
    for number in range(3):
        headers = {"Idempotency-Key": f"old-{number}"}
        await api.client.post("/v1/accounts", json={}, headers=headers)
    await api.client.post("/v1/tickets", headers={"Idempotency-Key": "old-ticket"})
    age(database, 25)
    await api.client.post("/v1/accounts", json={}, headers={"Idempotency-Key": "young"})
    logged = counted(database, "inputs"), counted(database, "events")
    assert await key_sweep(known(api)).sweep() == 4
    assert counted(database, "idempotency_keys") == 1
    assert counted(database, "idempotent_answers") == 0
    assert (counted(database, "inputs"), counted(database, "events")) == logged
    assert await key_sweep(known(api)).sweep() == 0


async def test_the_sweep_goes_on_while_there_is_more_than_a_batch(
    api: RunningApi, database: str
) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into idempotency_keys select 'key_1', n::text, 'x y', 'acc_1', n,"
            " now() - interval '2 days' from generate_series(1, 1100) n"
        )
    assert await key_sweep(known(api)).sweep() == 1100


async def test_waits_a_bounded_time_for_the_first_answer(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_S", 0.05)
    account_id = await api.register(site="sandbox")
    for route in routes_with(api, "request_in_progress"):
        answered = await repeat_of_one_cut_off(api, route, account_id, monkeypatch, runs_s=30.0)
        assert code_of(answered) == "request_in_progress", name_of(route)
        assert answered.headers["retry-after"]
        assert answered.json()["retryable"] is True


async def test_says_when_nobody_knows_what_became_of_the_first(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = await api.register(site="sandbox")
    unknown = {name_of(route) for route in routes_with(api, "outcome_unknown")}
    for route in routes_with(api, "request_in_progress"):
        answered = await repeat_of_one_cut_off(api, route, account_id, monkeypatch, runs_s=0.0)
        name = name_of(route)
        if name in unknown:
            assert code_of(answered) == "outcome_unknown", name
        elif name == "open_link":  # its token is used up, or never was
            assert code_of(answered) == "link_spent"
        elif name == "replay_what_if":  # nothing was ever asked of this account
            assert code_of(answered) == "no_such_attempt"
        elif name == "preview_template":  # there is none of that name
            assert code_of(answered) == "no_such_template"
        elif name == "cleanup":  # the test is no operator
            assert code_of(answered) == "operators_only"
        elif name.endswith("_webhook"):  # there is none with that id
            assert code_of(answered) == "no_such_webhook"
        else:
            assert answered.is_success, name
            assert "idempotent-replayed" not in answered.headers


async def repeat_of_one_cut_off(
    api: RunningApi,
    route: Route,
    account_id: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    runs_s: float,
) -> httpx.Response:
    """Ask what another process took the key for and has not answered, as if killed in between."""
    taken: list[Claim] = []
    read = idempotency.claim_of

    async def take_first(parts: ApiParts, request: AnyRequest, owner: str) -> Claim | None:
        claim = await read(parts, request, owner)
        assert claim is not None
        taken.append(claim)
        await known(api).begin(claim, uuid4(), runs_s, again=False)
        return claim

    with monkeypatch.context() as patched:
        patched.setattr(idempotency, "claim_of", take_first)
        name = name_of(route)
        bodies: dict[str, Any] = {"sign_in": {"json": {"key": api.key}}, "ticket": {"json": {}}}
        headers = {"Idempotency-Key": f"{name}-{runs_s}"}
        answered = await call(
            api.client, route, account_id, headers=headers, **bodies.get(name, {})
        )
    assert len(taken) == 1
    return answered
