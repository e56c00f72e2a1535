"""Every way the sandbox can go wrong ends in a true status with its own reason, and then works.

All scenes run at the same time on one installation, a few at once as the machine allows; each test
looks at its own story.
"""

from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import msgspec
import pytest

from tests.end_to_end.installation import Installation
from tests.end_to_end.rehearsals import REHEARSALS, Rehearsal
from tests.end_to_end.story import SETTLED, Story
from tests.waiting import wait_until

AT_ONCE = 7
LIMIT_S = 100.0


class Outcome(msgspec.Struct):
    """How a rehearsal went, and the attempt after it."""

    first: dict[str, Any]
    names: list[str]
    told: str
    second: dict[str, Any]


def rehearse(installation: Installation, rehearsal: Rehearsal) -> Outcome:
    """Run the scene once, then link again without it."""
    with installation.client() as client:
        number = f"49151{REHEARSALS.index(rehearsal):07d}"
        story = Story(client, workspace=f"w-{rehearsal.id}", policy=rehearsal.policy or None)
        story.scene(rehearsal.scene, rehearsal.times, **rehearsal.params)
        account = story.link(wait_s=30, pairing_phone=rehearsal.pairing_phone)
        if rehearsal.scans:
            assert account["status"] == "WAITING_QR", f"{account}\n{story.told()}"
            story.scan(number, refused=rehearsal.scene == "scan_rejected")
        if rehearsal.returns:
            return come_back(story)
        ends = ("FAILED", "DISCONNECTED") if rehearsal.passes_ready else SETTLED
        first = story.until(*ends[: 3 if len(ends) > 3 else None], limit_s=LIMIT_S)
        names, told = story.names(), story.told()
        if first["status"] != "READY":
            how = "retry" if first["status"] == "FAILED" else "link"
            second = link_again(story, how, number)
        else:
            second = first
        client.delete(f"/v1/accounts/{story.id}")
        return Outcome(first, names, told, second)


def come_back(story: Story) -> Outcome:
    """See the link lost, then let the page work: the standby or a reconnect brings it back."""
    wait_until(lambda: "ConnectionLost" in story.names(), LIMIT_S)
    lost = next(row for row in story.timeline() if row["name"] == "ConnectionLost")
    story.scene("normal")
    wait_until(lambda: story.names().count("LinkCompleted") > 1, LIMIT_S)
    first = {"status": lost["status_after"], "reason": {"code": lost["event"]["reason"]}}
    return Outcome(first, story.names(), story.told(), story.until("READY", "FAILED"))


def link_again(story: Story, how: str, number: str) -> dict[str, Any]:
    """Link again; a session that was kept needs no second scan."""
    account = story.link(how, wait_s=30)
    if account["status"] == "WAITING_QR":
        story.scan(number)
    return story.until("READY", "FAILED", limit_s=LIMIT_S)


@pytest.fixture(scope="module")
def outcomes(installation: Installation) -> Generator[dict[str, Future[Outcome]]]:
    """Return the outcome of every scene, being worked on."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {each.id: pool.submit(rehearse, installation, each) for each in REHEARSALS}


@pytest.mark.timeout(400)
@pytest.mark.parametrize("rehearsal", REHEARSALS, ids=lambda each: each.id)
def test_the_scene_ends_as_it_should_and_the_next_attempt_succeeds(
    rehearsal: Rehearsal, outcomes: dict[str, Future[Outcome]]
):
    outcome = outcomes[rehearsal.id].result(380)
    reason = outcome.first["reason"] and outcome.first["reason"]["code"]
    assert (outcome.first["status"], reason) == (rehearsal.status, rehearsal.reason), outcome.told
    assert outcome.second["status"] == "READY", outcome.second


def test_every_scene_is_rehearsed(client: httpx.Client):
    offered = {scene["name"] for scene in client.get("/v1/sandbox/scenes").json()["scenes"]}
    elsewhere = {"normal", "already_synced", "session_dead"}  # test_kept_sessions, and every test
    of_messages = {"send_fails", "send_hangs", "acks_late", "acks_out_of_order"}  # no link fails
    assert offered == {each.scene for each in REHEARSALS} | elsewhere | of_messages
