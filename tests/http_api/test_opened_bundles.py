"""What an account's routes tell of an attempt, a bundle of it tells too, and nothing is kept."""

from typing import Any
from xml.etree import ElementTree as ET

import httpx
from msgspec.structs import replace

from adapters import clock
from domain.observations import RecordProblem, RecordReady
from domain.reasons import Reason
from domain.wishes import RegisterAccount, RequestLink
from projections.replay.bundle import write_bundle
from projections.replay.redaction import Level
from tests.http_api.callers import code_of
from tests.http_api.test_bundles import export
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, NOON, Story, at
from tests.replay.test_account_log import log_of
from tests.running_api import RunningApi

SCRIPT = '"><script>alert(1)</script>'
INSERTED = {"phone": "4915112345678", "phone_fingerprint": "of somebody"}


async def ask(api: RunningApi, what: str, content: bytes, **query: object) -> httpx.Response:
    params = {name: str(value) for name, value in query.items()}
    return await api.client.post(f"/v1/replay/open/{what}", content=content, params=params)


async def what_if(api: RunningApi, content: bytes, **changes: object) -> httpx.Response:
    asked = {"bundle": content.decode(), **changes}
    return await api.client.post("/v1/replay/open/what-if", json=asked)


async def failed_and_linked(api: RunningApi) -> str:
    account_id = await api.register(label="Front desk")
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    rejected = RecordProblem(at=clock.now(), attempt=attempt, reason=Reason.SCAN_REJECTED)
    await api.see(account_id, rejected)
    attempt = await api.link(account_id)
    await api.show_code(account_id, attempt)
    await api.scan(account_id, attempt)
    await api.become_ready(account_id, attempt)
    return account_id


def without(told: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in names}


async def test_a_bundle_tells_what_the_account_tells(api: RunningApi) -> None:
    account_id = await failed_and_linked(api)
    content = (await export(api, account_id)).content
    own = f"/v1/accounts/{account_id}"
    head = await api.services.log.head()
    pairs = [
        (await ask(api, "compare", content), f"{own}/compare"),
        (await ask(api, "compare", content, attempt=1, with_attempt=2),
         f"{own}/compare?attempt=1&with_attempt=2"),
        (await ask(api, "path", content, attempt=1), f"{own}/path?attempt=1"),
        (await ask(api, "state", content, version=4), f"{own}/replay/state?version=4"),
        (await ask(api, "redecide", content, attempt=2), f"{own}/replay/redecide?attempt=2"),
        (await ask(api, "redecide", content), f"{own}/replay/redecide"),
    ]  # fmt: skip
    for opened, address in pairs:
        of_account = (await api.client.get(address)).json()
        assert opened.status_code == 200, opened.text
        assert opened.json() == without(of_account, "position"), address
        assert opened.headers["cache-control"] == "no-store"
    for form in ("svg", "mermaid"):
        drawn = await ask(api, "path", content, attempt=1, format=form)
        asked = {"attempt": 1, "format": form}
        assert drawn.text.startswith("<svg" if form == "svg" else "stateDiagram")
        assert drawn.text == (await api.client.get(f"{own}/path", params=asked)).text

    changes = {"attempt": 2, "policy": {"link_window_s": 20}}
    of_account = (await api.client.post(f"{own}/replay/what-if", json=changes)).json()
    opened = await what_if(api, content, **changes)
    assert opened.json() == without(of_account, "position")
    assert await api.services.log.head() == head


async def test_attempts_of_two_bundles_are_compared(api: RunningApi) -> None:
    failed, linked = (log_of(story, "acc_1") for story in (scenes.scanned(), scenes.linked()))
    two = write_bundle(failed, "limited") + write_bundle(linked, "masked")
    compared = (await ask(api, "compare", two)).json()["comparison"]
    assert compared["first_divergence"]["left"] is None
    assert compared["pairs"][-1]["right"]["name"] == "LinkCompleted"
    three = await ask(api, "compare", two + write_bundle(linked, "full"))
    assert code_of(three) == "invalid_request"
    assert "3 bundles" in three.json()["detail"]
    alone = await ask(api, "compare", write_bundle(linked, "full"))
    assert code_of(alone) == "no_such_attempt"
    assert alone.json()["detail"] == "The bundle holds the beginning of attempt 1."


async def test_a_what_if_that_the_redaction_has_made_impossible_names_the_rule(
    api: RunningApi,
) -> None:
    log = log_of(scenes.linked())
    edits = [{"edit": "insert", "kind": "RecordReady", "body": INSERTED}]

    async def cause(level: Level) -> str:
        answered = await what_if(api, write_bundle(log, level), edits=edits)
        return "" if answered.is_success else f"{code_of(answered)} {answered.json()['cause']}"

    assert [await cause(level) for level in ("none", "masked", "limited", "full")] == [
        "",
        "",
        "bad_change redacted",
        "bad_change redacted",
    ]


async def test_what_a_hostile_bundle_says_comes_out_as_text(api: RunningApi) -> None:
    story = Story().tell(
        RegisterAccount(at=NOON, workspace="ws_1", label=SCRIPT, site="sandbox"), by=CLIENT
    )
    story = story.tell(RequestLink(at=at(1), attempt=SCRIPT), by=CLIENT).tell(
        RecordReady(at=at(9), attempt=SCRIPT, phone=SCRIPT, phone_fingerprint=SCRIPT, name=SCRIPT)
    )
    content = write_bundle(replace(log_of(story), account_id=SCRIPT), "none", build="0.1.0")
    assert content.count(b"<script>") > len("1")

    drawn = await ask(api, "path", content, format="svg")
    assert "<script" not in drawn.text
    assert not any("script" in one.tag for one in ET.fromstring(drawn.text).iter())  # noqa: S314
    assert "sandbox" in drawn.headers["content-security-policy"]
    text = await ask(api, "path", content, format="mermaid")
    assert "<script" not in text.text
    told = [await ask(api, what, content) for what in ("path", "state", "redecide")]
    told.append(await ask(api, "compare", content + content))
    told.append(await what_if(api, content))
    for answered in told:
        assert answered.status_code == 200, answered.text
        assert answered.headers["content-type"] == "application/json"
        assert answered.headers["x-content-type-options"] == "nosniff"
