"""Whatever ends an attempt or a link, what was seen of it is kept for whoever asks: no secrets.

The failures come from the page, from its process, from a deadline and from the missing page.
"""

from typing import Any

import httpx
import msgspec
import pytest

from tests.end_to_end.installation import Installation
from tests.end_to_end.story import PHONE, Story
from tests.phone_camera import codes_in
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(150)


class Seen(msgspec.Struct, frozen=True):
    """A scene, what makes it fail, and how the picture turns out."""

    scene: str
    reason: str
    picture: str
    scans: bool = False
    params: dict[str, Any] = {}
    policy: dict[str, float] | None = None
    status: str = "FAILED"


SEEN = (
    Seen("page_changed", "page_changed", "taken"),
    Seen("page_unreachable", "page_unreachable", "taken"),
    Seen("outdated", "client_outdated", "taken"),
    Seen("crash", "browser_crashed", "not_drawn", params={"at": "qr"}),
    Seen("scan_rejected", "scan_rejected", "taken", scans=True),
    Seen(
        "authentication_hangs",
        "authentication_timed_out",
        "taken",
        scans=True,
        policy={"authentication_s": 5.0},
    ),
    Seen(
        "conflict",
        "stream_replaced",
        "may_show_chats",
        scans=True,
        params={"after_s": 10.0},
        status="DISCONNECTED",
    ),
)


def evidence_of(story: Story) -> list[dict[str, Any]]:
    answered = story.client.get(f"/v1/accounts/{story.id}/evidence")
    assert answered.is_success, answered.text
    return answered.json()["evidence"]


def pieces_of(story: Story) -> dict[str, bytes]:
    """Wait until all of a failure is kept: the piece `browser` comes last."""
    wait_until(lambda: any(one["kind"] == "browser" for one in evidence_of(story)))
    listed = evidence_of(story)
    assert all(one["kept"] for one in listed)
    return {one["kind"]: story.client.get(one["url"]).content for one in listed}


@pytest.mark.parametrize("seen", SEEN, ids=lambda seen: seen.scene)
def test_a_failure_leaves_evidence_without_a_secret(
    client: httpx.Client, installation: Installation, seen: Seen
) -> None:
    story = Story(client, policy=seen.policy, workspace=f"evidence-{seen.scene}")
    story.scene(seen.scene, **seen.params)
    account = story.link()
    secrets = [PHONE]
    if seen.scans:
        code = client.get(f"/v1/accounts/{story.id}/qr.json").json()["text"]
        secrets += [code, *(word for word in code.split(",") if len(word) > 15)]
        story.scan(refused=seen.scene == "scan_rejected")
    account = story.until(seen.status)
    assert account["reason"]["code"] == seen.reason
    pieces = pieces_of(story)
    told = msgspec.json.decode(pieces["browser"])
    assert told["screenshot"] == seen.picture, (told, pieces["console"])
    assert ("screenshot" in pieces) == (seen.picture == "taken")
    if "screenshot" in pieces:
        assert codes_in(pieces["screenshot"]) == []
    bundle = client.get(f"/v1/accounts/{story.id}/bundle").content
    logged = installation.output.read_bytes()
    assert story.id.encode() in bundle
    assert installation.url.encode() in logged
    for secret in secrets:
        assert secret.encode() not in pieces["console"] + pieces["browser"] + bundle + logged
    ended = {"DISCONNECTED": "ConnectionLost"}.get(seen.status, "LinkFailed")
    names = story.names()
    assert names.index("EvidenceKept") > names.index(ended)
    client.delete(f"/v1/accounts/{story.id}")


def test_an_attempt_that_was_cancelled_leaves_none_and_a_hasty_retry_loses_none(
    client: httpx.Client,
) -> None:
    story = Story(client, workspace="evidence-hasty")
    story.link()
    story.post("cancel")
    story.scene("page_changed")
    story.link("retry", wait_s=30)
    failed = story.until("FAILED")["attempt"]["id"]
    story.link("retry")
    pieces_of(story)
    assert {one["attempt"] for one in evidence_of(story)} == {failed}
    client.delete(f"/v1/accounts/{story.id}")
