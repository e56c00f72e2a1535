"""An installation whose accounts share a browser: linked, killed, stopped, and back each time."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress

from adapters.shared_browser.presence import present
from tests.end_to_end.installation import Installation
from tests.end_to_end.story import Story
from tests.shared_browser.running import needs_the_browser
from tests.waiting import wait_until

PHONES = ("4915112345601", "4915112345602")


def browsers_of(installation: Installation, stories: list[Story]) -> set[int | None]:
    """Find the shared browsers that have these accounts open."""
    profiles = installation.data / "profiles"
    return {present(profiles / story.id / "shared") for story in stories}


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@needs_the_browser
def test_accounts_share_a_browser_and_come_back_from_its_death_and_from_a_stop(
    fresh_installation: Callable[..., Installation],
):
    installation = fresh_installation(LINKWRIGHT_ACCOUNTS_PER_BROWSER="2")
    installation.start()
    with installation.client() as client:
        stories = [Story(client) for _ in PHONES]
        for story, phone in zip(stories, PHONES, strict=True):
            assert story.link_to_ready(phone=phone)["status"] == "READY"
        [first] = browsers_of(installation, stories)
        assert first is not None
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: all("ConnectionLost" in story.names() for story in stories))
        for story in stories:
            assert story.until("READY", "FAILED")["status"] == "READY"
        [second] = browsers_of(installation, stories)
        assert second not in (None, first)
    assert second is not None
    installation.stop()
    assert not lives(second)
    assert installation.leftovers() == []
    installation.start()
    with installation.client() as client:
        for story in stories:
            story.client = client
            assert story.until("READY", "FAILED")["status"] == "READY"
            assert story.names().count("QrScanned") == 1


def test_without_the_shared_browser_the_start_says_what_to_do(
    fresh_installation: Callable[..., Installation],
):
    installation = fresh_installation(
        LINKWRIGHT_ACCOUNTS_PER_BROWSER="2", LINKWRIGHT_SHARED_BROWSER=""
    )
    process = installation.launch()
    assert process.wait(30) != 0
    assert "LINKWRIGHT_SHARED_BROWSER names no folder with Qt WebEngine" in installation.said()
    assert "Traceback" not in installation.said()
