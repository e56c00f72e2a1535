"""Evidence over HTTP: listed with its events, served so that it can do nothing, gone in time."""

import hashlib

from adapters import clock
from adapters.evidence_store import Kind, digest_of
from domain.observations import RecordEvidence, RecordProblem
from domain.reasons import Reason
from tests.http_api.callers import code_of
from tests.running_api import RunningApi

PIECES: dict[Kind, bytes] = {
    "screenshot": b"\xff\xd8\xff a picture",
    "console": b'[{"after_s":1.5,"kind":"page_error","text":"gone"}]',
    "browser": b'{"flavour":"headless_shell"}',
}


async def failed_account(api: RunningApi) -> tuple[str, str]:
    """Let an attempt fail, and keep evidence of it as the worker does."""
    account_id = await api.register()
    attempt = await api.link(account_id)
    await api.see(
        account_id, RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.PAGE_CHANGED)
    )
    for kind, content in PIECES.items():
        await keep(api, account_id, attempt, kind, content)
    return account_id, attempt


async def keep(api: RunningApi, account_id: str, attempt: str, kind: Kind, content: bytes) -> None:
    now, size = clock.now(), len(content)
    digest = await api.services.evidence.keep(account_id, attempt, kind, content, now)
    assert digest is not None
    command = RecordEvidence(at=now, attempt=attempt, kind=kind, digest=digest, size_bytes=size)
    await api.see(account_id, command)


async def test_the_list_names_each_piece_with_its_event(api: RunningApi) -> None:
    account_id, attempt = await failed_account(api)
    answered = await api.client.get(f"/v1/accounts/{account_id}/evidence")
    listed = answered.json()["evidence"]
    assert [(one["kind"], one["size_bytes"]) for one in listed] == [
        (kind, len(content)) for kind, content in PIECES.items()
    ]
    assert {(one["attempt"], one["kept"]) for one in listed} == {(attempt, True)}
    told = (await api.client.get(f"/v1/accounts/{account_id}/timeline")).json()["timeline"]
    rows = [row for part in told["attempts"] for row in part["rows"] if row["evidence_url"]]
    assert [(row["position"], row["evidence_url"]) for row in rows] == [
        (one["position"], one["url"]) for one in listed
    ]


async def test_a_piece_is_served_as_what_it_is_and_can_do_nothing(api: RunningApi) -> None:
    account_id, _ = await failed_account(api)
    types = {"screenshot": "image/jpeg", "console": "application/json"}
    for one in (await api.client.get(f"/v1/accounts/{account_id}/evidence")).json()["evidence"]:
        answered = await api.client.get(one["url"])
        assert answered.content == PIECES[one["kind"]]
        assert hashlib.sha256(answered.content).hexdigest() == one["digest"]
        assert answered.headers["content-type"] == types.get(one["kind"], "application/json")
        assert answered.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answered.headers["x-content-type-options"] == "nosniff"
        assert answered.headers["cache-control"] == "no-store"


async def test_what_retention_has_deleted_is_told_as_gone(api: RunningApi) -> None:
    account_id, _ = await failed_account(api)
    assert await api.services.evidence.sweep(clock.now()) == len(PIECES)
    listed = (await api.client.get(f"/v1/accounts/{account_id}/evidence")).json()["evidence"]
    assert [one["kept"] for one in listed] == [False] * len(PIECES)
    for one in listed:
        assert code_of(await api.client.get(one["url"])) == "evidence_gone"


async def test_what_came_too_late_for_its_attempt_is_listed_without_an_event(
    api: RunningApi,
) -> None:
    account_id, attempt = await failed_account(api)
    await api.client.post(f"/v1/accounts/{account_id}/retry", json={})
    await keep(api, account_id, attempt, "browser", b"{}")
    listed = (await api.client.get(f"/v1/accounts/{account_id}/evidence")).json()["evidence"]
    late = listed[-1]
    assert (late["digest"], late["position"]) == (digest_of(b"{}"), None)
    assert (late["attempt"], late["size_bytes"], late["kept"]) == (attempt, 2, True)
    assert (await api.client.get(late["url"])).content == b"{}"


async def test_another_account_s_piece_is_unknown(api: RunningApi) -> None:
    await failed_account(api)
    other = await api.register()
    digest = digest_of(PIECES["console"])
    answered = await api.client.get(f"/v1/accounts/{other}/evidence/{digest}")
    assert code_of(answered) == "no_such_evidence"
    assert (await api.client.get(f"/v1/accounts/{other}/evidence")).json()["evidence"] == []


async def test_destroying_leaves_it_and_erasing_does_not(api: RunningApi) -> None:
    account_id, _ = await failed_account(api)
    address = f"/v1/accounts/{account_id}"
    await api.client.delete(address)
    listed = (await api.client.get(f"{address}/evidence")).json()["evidence"]
    assert [one["kept"] for one in listed] == [True] * len(PIECES)
    await api.client.delete(f"{address}?erase=true")
    for one in listed:
        assert code_of(await api.client.get(one["url"])) == "evidence_gone"
    listed = (await api.client.get(f"{address}/evidence")).json()["evidence"]
    assert [one["kept"] for one in listed] == [False] * len(PIECES)
