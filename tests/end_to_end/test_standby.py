"""One scan, two ways to deliver: what the primary loses, the standby takes up without a scan."""

import os
import signal
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import FAST
from tests.end_to_end.decided_again import assert_decided_again_alike
from tests.end_to_end.installation import Installation
from tests.end_to_end.machines import Machines
from tests.end_to_end.story import Story
from tests.waiting import wait_until

BACK_S = 60.0
QUICK_RETRY = '{"reconnect_first_s": 8, "standby_retry_s": 1}'
"""A reconnect that comes late, so that who came back first is certain."""


@pytest.fixture(scope="module", params=["proved", "warm"])
def readiness(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def started(
    tmp_path_factory: pytest.TempPathFactory, database_of_module: str, readiness: str
) -> Generator[Machines]:
    """Return a Linkwright for all tests of one readiness."""
    environment = {**FAST, "LINKWRIGHT_STANDBY": readiness, "LINKWRIGHT_POLICY": QUICK_RETRY}
    made = Machines(tmp_path_factory.mktemp(readiness), database_of_module, **environment)
    try:
        made.start()
        yield made
        with made.client() as client:
            assert_decided_again_alike(client)
    finally:
        made.stop()


@pytest.fixture
def machines(started: Machines) -> Machines:
    """Return it with a worker and a standby process on machine `a`, and no browser yet."""
    started.start_missing("a")
    with started.client() as client:
        wait_until(lambda: client.get("/health/ready").is_success, BACK_S)
    return started


@pytest.fixture
def story(machines: Machines) -> Generator[Story]:
    """Return an account that was linked by one scan and has a standby."""
    with machines.client() as client:
        story = Story(client)
        try:
            assert story.link_to_ready()["status"] == "READY", story.told()
            guarded(story)
            yield story
        finally:
            machines.start_missing("a")
            client.delete(f"/v1/accounts/{story.id}")
            wait_until(lambda: not machines.browsers("a"), BACK_S)


def guarded(story: Story) -> None:
    """Wait until a standby is ready."""
    standby_is(story, "ready")


def standby_is(story: Story, status: str) -> dict[str, Any]:
    """Wait until the standby has this status."""
    wait_until(lambda: story.show()["standby"]["status"] == status, BACK_S)
    standby: dict[str, Any] = story.show()["standby"]
    return standby


def taken_over(story: Story, machines: Machines, completed: int = 2) -> None:
    """Wait until the standby holds the link; nobody scans, and no page threw another one out."""
    wait_until(lambda: story.names().count("LinkCompleted") >= completed, BACK_S)
    account = story.show()
    assert (account["status"], account["held_by"]) == ("READY", "standby"), story.told()
    assert story.names().count("QrScanned") == 1
    assert machines.conflicts(story.id) == 0


def kill_primary_browser(machines: Machines) -> None:
    for pid in machines.browsers("a", "profiles"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_killed_browser_is_replaced_by_the_standby_and_its_loss_by_the_worker(
    machines: Machines, story: Story
):
    kill_primary_browser(machines)
    taken_over(story, machines)
    names = story.names()
    lost = names.index("ConnectionLost")
    assert names[lost + 1 : lost + 3] == ["StandbyPromoted", "ReconnectStarted"]
    # The standby is used up: what it loses comes back by the worker's reconnect, and it by it.
    for pid in machines.browsers("a", "standby"):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: story.names().count("LinkCompleted") >= 3, BACK_S)
    assert story.show()["held_by"] == "primary"
    guarded(story)
    assert machines.conflicts(story.id) == 0
    assert story.names().count("QrScanned") == 1


def test_a_killed_worker_and_what_a_new_one_may_say_of_it(machines: Machines, story: Story):
    machines.signal_process("a", signal.SIGKILL, standby=False)
    machines.start_worker("a")
    taken_over(story, machines)
    # A worker that starts anew leaves alone what the standby holds, and the other way round.
    machines.stop_worker("a")
    machines.start_worker("a")
    wait_until(lambda: story.client.get("/health/ready").is_success, BACK_S)
    assert story.show()["held_by"] == "standby"
    assert story.names().count("ConnectionLost") == 1


def test_a_client_hands_over_and_erases(machines: Machines, story: Story):
    story.post("promote-standby")
    taken_over(story, machines)
    names = story.names()
    promoted = names.index("StandbyPromoted")
    assert names[promoted : promoted + 3] == [
        "StandbyPromoted",
        "ConnectionLost",
        "ReconnectStarted",
    ]
    story.client.delete(f"/v1/accounts/{story.id}?erase=true")
    folder = machines.data("a")
    wait_until(lambda: not list(folder.glob(f"*/{story.id}")), BACK_S)
    assert not machines.browsers("a")


def test_a_new_standby_process_begins_anew(machines: Machines, story: Story):
    machines.signal_process("a", signal.SIGKILL, standby=True)
    ready = story.names().count("StandbyReady")
    machines.start_standby("a")
    wait_until(lambda: story.names().count("StandbyReady") > ready, BACK_S)
    assert story.names().count("ConnectionLost") == 0


@pytest.mark.parametrize("readiness", ["proved"], indirect=True)
def test_a_standby_process_that_stays_away_is_noticed_with_what_it_held(
    machines: Machines, story: Story
):
    story.post("promote-standby")
    taken_over(story, machines)
    machines.signal_process("a", signal.SIGKILL, standby=True)
    wait_until(lambda: story.names().count("LinkCompleted") >= 3, BACK_S)
    account = story.show()
    assert (account["held_by"], account["standby"]["status"]) == ("primary", "off")
    assert machines.conflicts(story.id) == 0


@pytest.mark.parametrize("readiness", ["proved"], indirect=True)
def test_a_worker_that_hangs_is_passed_over(machines: Machines, story: Story):
    machines.signal_process("a", signal.SIGSTOP, standby=False)
    try:
        taken_over(story, machines)
        assert not machines.browsers("a", "profiles")
    finally:
        machines.signal_process("a", signal.SIGCONT, standby=False)
    wait_until(lambda: story.client.get("/health/ready").is_success, BACK_S)
    assert story.show()["held_by"] == "standby"
    assert machines.conflicts(story.id) == 0


@pytest.mark.parametrize("readiness", ["proved"], indirect=True)
def test_a_standby_that_fails_is_tried_again(machines: Machines, story: Story):
    machines.stop_standby("a")
    usual = dict(machines.environment)
    machines.environment["LINKWRIGHT_BROWSER"] = "/bin/false"
    machines.start_standby("a")
    failed = standby_is(story, "failed")
    assert failed["reason"]["code"] in ("browser_missing", "browser_crashed")
    assert failed["retry_at"] > failed["since"]
    machines.stop_standby("a")
    machines.environment = usual
    machines.start_standby("a")
    guarded(story)


def test_up_runs_it_and_stops_it_first(tmp_path: Path):
    installation = Installation(tmp_path, {**FAST, "LINKWRIGHT_STANDBY": "warm"})
    installation.start()
    try:
        with installation.client() as client:
            story = Story(client)
            assert story.link_to_ready()["status"] == "READY", story.told()
            guarded(story)
            assert len(installation.pids("browser")) == 2
            installation.kill("worker")
            wait_until(lambda: story.names().count("LinkCompleted") >= 2, BACK_S)
            assert story.show()["held_by"] == "standby"
    finally:
        installation.stop()
    assert installation.leftovers() == []


@pytest.mark.parametrize("readiness", ["proved"], indirect=True, scope="module")
def test_a_message_that_the_primary_cannot_send_goes_through_the_standby(machines: Machines):
    with machines.client() as client:
        story = Story(client)
        story.scene("send_fails")  # on the page that is opened next, and on no other
        assert story.link_to_ready()["status"] == "READY", story.told()
        guarded(story)
        body = {"to": "+491709999999", "text": "Whoever sends it"}
        answer = client.post(f"/v1/accounts/{story.id}/messages", params={"wait": 60}, json=body)
        sent = answer.json()["message"]
        assert (sent["status"], sent["by"], sent["fallback_used"]) == ("sent", "standby", True)
        assert sent["failure"]["code"] == "page_refused"
        told = client.get(f"/v1/sandbox/accounts/{story.id}/messages").json()["messages"]
        assert [one["text"] for one in told] == ["Whoever sends it"]
        taken_over(story, machines)
        client.delete(f"/v1/accounts/{story.id}")
        wait_until(lambda: not machines.browsers("a"), BACK_S)


@pytest.mark.parametrize("readiness", ["warm"], indirect=True, scope="module")
def test_what_is_queued_when_the_worker_is_killed_goes_once(machines: Machines, story: Story):
    path = f"/v1/accounts/{story.id}/messages"
    for number in range(6):
        body = {"to": "+491709999999", "text": f"message {number}", "queue": True}
        assert story.client.post(path, json=body).status_code == 202
    machines.signal_process("a", signal.SIGKILL, standby=False)
    machines.start_worker("a")

    def all_sent() -> bool:
        listed = story.client.get(path).json()["messages"]
        return {one["status"] for one in listed} <= {"sent", "delivered", "read"}

    wait_until(all_sent, BACK_S)
    told = story.client.get(f"/v1/sandbox/accounts/{story.id}/messages").json()["messages"]
    assert [one["text"] for one in told] == [f"message {number}" for number in range(6)]
