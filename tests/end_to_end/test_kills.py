"""Kill any part at any step: afterwards every account is in a true status, and goes on working."""

from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest

from tests.end_to_end.conftest import FAST
from tests.end_to_end.decided_again import assert_decided_again_alike
from tests.end_to_end.installation import Installation
from tests.end_to_end.story import PHONE, Story
from tests.waiting import wait_until

SLOW_SYNC_S = 100.0
"""Ten seconds at this installation's scale: time to kill something in the middle of it."""


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Return an installation whose parts are killed one after the other."""
    made = Installation(tmp_path_factory.mktemp("victim"), FAST)
    made.start()
    try:
        yield made
        wait_until(lambda: all_parts_work(made), 30.0)
        with made.client() as client:
            assert_decided_again_alike(client)
    finally:
        made.stop()


@pytest.fixture
def client(victim: Installation) -> Generator[httpx.Client]:
    """Return a client that bears with a service that is away for a moment."""
    with victim.client() as made:
        made.event_hooks = {}
        yield made


def all_parts_work(victim: Installation) -> bool:
    """Tell whether the API answers and finds every part well."""
    try:
        with victim.client() as client:
            return client.get("/health/ready").is_success
    except httpx.HTTPError:
        return False


def kill(victim: Installation, part: str) -> None:
    """Kill a part, and wait until a new one works."""
    before = set(victim.pids(part))
    victim.kill(part)
    wait_until(lambda: (now := set(victim.pids(part))) and not now & before, 30.0)
    wait_until(lambda: all_parts_work(victim), 60.0)


def linked_for_good(client: httpx.Client, phone: str = PHONE) -> Story:
    """Link an account: from READY on no crash loses the link."""
    story = Story(client, workspace=f"w-{phone}")
    assert story.link_to_ready(phone=phone)["status"] == "READY"
    return story


def test_a_browser_killed_while_a_code_is_shown_ends_the_attempt_by_name(
    victim: Installation, client: httpx.Client
):
    story = Story(client)
    assert story.link()["status"] == "WAITING_QR"
    victim.kill("browser")
    failed = story.until("FAILED")
    assert failed["reason"]["code"] == "browser_crashed"
    assert story.link_to_ready("retry")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_browser_killed_while_linked_is_lost_and_comes_back_without_a_scan(
    victim: Installation, client: httpx.Client
):
    story = linked_for_good(client)
    victim.kill("browser")
    story.until("DISCONNECTED", "INITIALIZING", "AUTHENTICATING")
    story.until("READY")
    assert "ConnectionLost" in story.names()
    assert story.names().count("QrScanned") == 1
    client.delete(f"/v1/accounts/{story.id}")


def test_a_worker_killed_while_a_code_is_shown_goes_on_with_the_same_attempt(
    victim: Installation, client: httpx.Client
):
    story = Story(client)
    attempt = story.link()["attempt"]
    codes = story.names().count("QrIssued")
    kill(victim, "worker")
    wait_until(lambda: story.names().count("QrIssued") > codes)
    story.scan()
    ready = story.until("READY", "FAILED")
    assert (ready["status"], ready["attempt"]) == ("READY", attempt)
    client.delete(f"/v1/accounts/{story.id}")


def test_a_worker_killed_while_syncing_ends_the_attempt_by_name(
    victim: Installation, client: httpx.Client
):
    story = Story(client)
    story.scene("slow_sync", sync_s=SLOW_SYNC_S)
    story.link()
    story.scan()
    story.until("AUTHENTICATING")
    kill(victim, "worker")
    failed = story.until("FAILED", "READY")
    assert (failed["status"], failed["reason"]["code"]) == ("FAILED", "worker_lost")
    account = story.link("retry")
    if account["status"] == "WAITING_QR":
        story.scan()
    assert story.until("READY", "FAILED")["status"] == "READY"
    client.delete(f"/v1/accounts/{story.id}")


def test_a_worker_killed_while_linked_comes_back_without_a_scan(
    victim: Installation, client: httpx.Client
):
    story = linked_for_good(client)
    kill(victim, "worker")
    story.until("DISCONNECTED", "INITIALIZING", "AUTHENTICATING", "READY")
    wait_until(lambda: story.names().count("LinkCompleted") > 1, 60.0)
    assert story.show()["status"] == "READY"
    lost = next(row for row in story.timeline() if row["name"] == "ConnectionLost")
    assert lost["event"]["reason"] == "worker_lost"
    assert story.names().count("QrScanned") == 1
    client.delete(f"/v1/accounts/{story.id}")


@pytest.mark.parametrize("part", ["serve", "postgres", "sandbox"])
def test_another_part_killed_while_a_code_is_shown_does_not_end_the_attempt(
    victim: Installation, client: httpx.Client, part: str
):
    story = Story(client)
    attempt = story.link()["attempt"]
    codes = story.names().count("QrIssued")
    kill(victim, part)
    wait_until(lambda: story.names().count("QrIssued") > codes, 60.0)
    story.scan()
    ready = story.until("READY", "FAILED")
    assert (ready["status"], ready["attempt"]) == ("READY", attempt), story.told()
    assert "Traceback" not in victim.said()
    client.delete(f"/v1/accounts/{story.id}")


def test_the_database_killed_while_linked_costs_no_link(victim: Installation, client: httpx.Client):
    story = linked_for_good(client)
    worker = victim.pids("worker")
    kill(victim, "postgres")
    story.phone("logout")  # only the page that was open all the time can tell of it
    assert story.until("DISCONNECTED")["reason"]["code"] == "phone_unlinked", story.told()
    assert "ConnectionLost" not in story.names(), story.told()
    assert victim.pids("worker") == worker
    client.delete(f"/v1/accounts/{story.id}")


STEPS: dict[str, tuple[str, dict[str, float]]] = {
    # A status, and the scene that keeps an account in it long enough to be hit there.
    "INITIALIZING": ("late_bundles", {"gap_s": 5.0}),
    "AUTHENTICATING": ("slow_sync", {"sync_s": SLOW_SYNC_S}),
    "READY": ("normal", {}),
}


@pytest.mark.parametrize(
    ("part", "step"),
    [
        ("browser", "INITIALIZING"),
        ("browser", "AUTHENTICATING"),
        ("worker", "INITIALIZING"),
        ("serve", "INITIALIZING"),
        ("serve", "AUTHENTICATING"),
        ("serve", "READY"),
    ],
)
def test_killed_at_any_other_step_the_account_is_true_and_can_be_linked(
    victim: Installation, client: httpx.Client, part: str, step: str
):
    story = Story(client)
    scene, params = STEPS[step]
    story.scene(scene, 1, **params)
    if step == "INITIALIZING":
        story.link(wait_s=0)
        wait_until(lambda: "PageReached" in story.names())
    else:
        story.link()
        story.scan()
        story.until(step)
    if part == "browser":
        victim.kill(part)
    else:
        kill(victim, part)
    bring_to_ready(story)
    client.delete(f"/v1/accounts/{story.id}")


def bring_to_ready(story: Story) -> None:
    """Do what the API says may be done, until the account is READY; each status must be true."""
    for _ in range(4):
        account = story.until("WAITING_QR", "READY", "FAILED", "DISCONNECTED")
        if account["status"] == "READY":
            return
        if account["status"] == "WAITING_QR":
            story.scan()
            story.until("AUTHENTICATING", "READY", "FAILED")
            story.until("READY", "FAILED", "DISCONNECTED")
        else:
            assert account["reason"]["code"] in ("browser_crashed", "worker_lost"), story.told()
            story.link("retry")
    assert story.show()["status"] == "READY", story.told()


def test_deadlines_that_pass_while_the_service_is_down_fire_when_it_is_back(
    victim: Installation, client: httpx.Client
):
    story = Story(client, policy={"link_window_s": 3.0})
    story.link()
    kill(victim, "serve")
    failed = story.until("FAILED")
    assert failed["reason"]["code"] in ("qr_expired", "qr_not_fetched")
    client.delete(f"/v1/accounts/{story.id}")


def test_everything_killed_at_once_leaves_no_process_and_is_true_after_the_next_start(
    fresh_installation: Callable[..., Installation], tmp_path: Path
):
    del tmp_path
    victim = fresh_installation()
    victim.start()
    with victim.client() as client:
        linked = linked_for_good(client)
        waiting = Story(client)
        waiting.link()
        attempt = waiting.show()["attempt"]
        victim.kill("up")
        wait_until(lambda: not victim.leftovers(), 30.0)
        victim.start()
        wait_until(lambda: linked.names().count("LinkCompleted") > 1, 60.0)
        assert linked.show()["status"] == "READY"
        waiting.until("WAITING_QR")
        assert waiting.show()["attempt"] == attempt
    assert victim.stop() == 0
    wait_until(lambda: not victim.leftovers())
