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
from tests.end_to_end.story import PHONE, SETTLED, Story

AT_ONCE = 7
LIMIT_S = 100.0


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """A scene, what the phone does, and what must come of it."""

    scene: str
    params: dict[str, Any] = {}
    times: int = 1
    """How many loads of the page are played so."""
    policy: dict[str, float] = {}
    scans: bool = True
    """False: the scene ends before there is a code."""
    pairing_phone: str = ""
    """The first attempt is to link this phone by a pairing code."""
    status: str = "FAILED"
    reason: str | None = None
    name: str = ""

    @property
    def id(self) -> str:
        """Name of the test."""
        return self.name or self.scene


REHEARSALS = (
    Rehearsal(scene="page_unreachable", scans=False, reason="page_unreachable"),
    Rehearsal(scene="page_never_answers", scans=False, reason="page_unreachable"),
    Rehearsal(scene="page_changed", scans=False, reason="page_changed"),
    Rehearsal(
        scene="page_changed",
        name="a_member_missing",
        params={"modules": [], "members": ["WAWebStreamModel.Stream"]},
        scans=False,
        reason="page_changed",
    ),
    Rehearsal(
        scene="page_changed",
        name="nothing_that_wa_js_knows",
        params={"modules": ["*"]},
        scans=False,
        reason="page_changed",
    ),
    Rehearsal(
        scene="no_pairing_code",
        pairing_phone=PHONE,
        scans=False,
        reason="pairing_code_limited",
    ),
    Rehearsal(
        scene="no_pairing_code",
        name="number_refused",
        params={"because": "refused"},
        pairing_phone=PHONE,
        scans=False,
        reason="pairing_code_refused",
    ),
    Rehearsal(
        scene="qr_never_shown",
        scans=False,
        policy={"initialize_s": 8.0},
        reason="initialize_timed_out",
    ),
    Rehearsal(
        scene="codes_run_out",
        name="codes_never_come",
        params={"always": True},
        scans=False,
        policy={"initialize_s": 8.0},
        reason="initialize_timed_out",
    ),
    Rehearsal(scene="codes_run_out", status="READY"),
    Rehearsal(scene="late_bundles", status="READY"),
    Rehearsal(scene="scan_rejected", reason="scan_rejected"),
    Rehearsal(
        scene="authentication_hangs",
        policy={"authentication_s": 5.0},
        reason="authentication_timed_out",
    ),
    Rehearsal(
        scene="sync_hangs", policy={"authentication_s": 5.0}, reason="authentication_timed_out"
    ),
    Rehearsal(
        scene="slow_sync",
        params={"sync_s": 100.0},  # ten seconds at this installation's scale
        policy={"authentication_s": 6.0},
        status="READY",
    ),
    Rehearsal(scene="phone_number_late", status="READY"),
    Rehearsal(
        scene="phone_number_never", policy={"phone_number_s": 4.0}, reason="phone_number_unknown"
    ),
    Rehearsal(scene="passkey", policy={"passkey_s": 4.0}, reason="passkey_required"),
    Rehearsal(scene="banned", reason="temporarily_banned"),
    Rehearsal(scene="outdated", scans=False, reason="client_outdated"),
    Rehearsal(
        scene="logout", params={"after_s": 30.0}, status="DISCONNECTED", reason="phone_unlinked"
    ),
    Rehearsal(
        scene="conflict", params={"after_s": 30.0}, status="DISCONNECTED", reason="stream_replaced"
    ),
    Rehearsal(scene="open_elsewhere", reason="already_linked_elsewhere"),
    # As below, for a page that lives on but whose modules answer nothing any more.
    Rehearsal(
        scene="page_falls_silent",
        params={"after_s": 20.0},
        times=2,
        policy={"health_look_s": 1.0, "reconnect_first_s": 60.0},
        status="DISCONNECTED",
        reason="page_hung",
    ),
    Rehearsal(scene="crash", params={"at": "qr"}, scans=False, reason="browser_crashed"),
    # A page that hangs is loaded anew once; only when it hangs again the attempt is over.
    Rehearsal(scene="page_hangs", params={"at": "qr"}, times=2, scans=False, reason="page_hung"),
)
PASSES_READY = ("logout", "conflict", "page_falls_silent")
"""Scenes whose mishap comes after READY: READY is not their end."""


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
        ends = ("FAILED", "DISCONNECTED") if rehearsal.scene in PASSES_READY else SETTLED
        first = story.until(*ends[: 3 if len(ends) > 3 else None], limit_s=LIMIT_S)
        names, told = story.names(), story.told()
        if first["status"] != "READY":
            how = "retry" if first["status"] == "FAILED" else "link"
            second = link_again(story, how, number)
        else:
            second = first
        client.delete(f"/v1/accounts/{story.id}")
        return Outcome(first, names, told, second)


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
    assert offered == {each.scene for each in REHEARSALS} | elsewhere
