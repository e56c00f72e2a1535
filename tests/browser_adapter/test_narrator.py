"""Handing over: in order, the vault first, again when it was not taken, never after the end."""

from datetime import datetime

import pytest

from adapters.browser.narrator import Narrator, fingerprint_with
from adapters.browser.recorder import MOST_RECORDS, Recorder
from adapters.browser.spec import Limits, NotRecorded, SessionSpec
from domain.observations import Observation
from domain.policy import Policy
from tests.browser_adapter.looks import LEFT, LOADED, MAIN, SHOWING_1, TO_READY, brief
from tests.examples import ATTEMPT

SPEC = SessionSpec(
    account_id="acc_1",
    attempt_id=ATTEMPT,
    url="http://127.0.0.1/",
    allowed_hosts=(),
    fingerprint_key=b"one key",
)


class Ear:
    """Hears what a narrator hands over, and can be deaf for a while."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.takes = 1000
        self.narrator = Narrator(SPEC, Recorder(0), record=self.record, show_code=self.show_code)

    async def record(self, observation: Observation) -> None:
        if self.takes == 0:
            raise NotRecorded
        self.takes -= 1
        self.heard.append(brief(observation))

    async def show_code(
        self, *, attempt: str, fingerprint: str, text: str, expires_at: datetime
    ) -> None:
        assert (attempt, fingerprint) == (ATTEMPT, fingerprint_with(b"one key")("code", text))
        assert expires_at
        self.heard.append("vault")


async def test_a_code_is_in_the_vault_before_it_is_told():
    ear = Ear()
    await ear.narrator.tell(SHOWING_1, "page-1")
    assert ear.heard == ["Page page_loaded", "Page bridge_started", "vault", "Qr"]


async def test_what_was_not_taken_is_handed_over_again():
    ear = Ear()
    ear.takes = 2
    with pytest.raises(NotRecorded):
        await ear.narrator.tell(MAIN, "page-1")
    first = ["Page page_loaded", "Page bridge_started"]
    assert ear.heard == first
    ear.takes = 1000
    await ear.narrator.tell(MAIN, "page-1")
    assert ear.heard == [*first, *first, "Session", "Ready"]
    await ear.narrator.tell(MAIN, "page-1")
    assert len(ear.heard) == 6


async def test_nothing_is_handed_over_after_the_end():
    ear = Ear()
    original = ear.record

    async def ends(observation: Observation) -> None:
        await original(observation)
        ear.narrator.silent = True

    narrator = ear.narrator = Narrator(SPEC, Recorder(0), record=ends, show_code=ear.show_code)
    with pytest.raises(NotRecorded):
        await narrator.tell(MAIN, "page-1")
    assert ear.heard == ["Page page_loaded"]


async def test_time_alone_is_no_news():
    ear = Ear()
    await ear.narrator.tell_again()
    await ear.narrator.tell(LOADED, "page-1")
    await ear.narrator.tell_again()
    assert ear.heard == ["Page page_loaded"]


async def test_a_logout_counts_once_it_is_recorded():
    ear = Ear()
    for look in TO_READY:
        await ear.narrator.tell(look, "page-1")
    ear.takes = 0
    with pytest.raises(NotRecorded):
        await ear.narrator.tell(LEFT, "page-2")
    assert not ear.narrator.logged_out.is_set()
    ear.takes = 1
    await ear.narrator.tell(LEFT, "page-2")
    assert ear.narrator.logged_out.is_set()
    assert ear.heard[-1] == "Logout phone"


def test_fingerprints_are_keyed_and_of_one_kind():
    one = fingerprint_with(b"one key")
    assert one("code", "text") == one("code", "text")
    others = {one("ref", "text"), fingerprint_with(b"another")("code", "text"), one("code", "txt")}
    assert one("code", "text") not in others
    assert len(one("phone", "62811555001")) == 32
    assert "62811555001" not in one("phone", "62811555001")


def test_the_recorder_forgets_the_oldest():
    recorder = Recorder(started_s=10)
    for number in range(MOST_RECORDS + 1):
        recorder.add(10 + number, "snapshot", {"phase": "loading"})
    records = recorder.to_json()
    assert records.count(b"snapshot") == MOST_RECORDS
    assert records.startswith(b'[{"after_s":1')


def test_a_spec_hides_its_key():
    assert "one key" not in repr(SPEC)


def test_a_browser_and_a_page_are_given_up_by_name_before_the_domain_gives_up_waiting():
    limits = Limits()
    assert max(limits.launch_s, limits.goto_s) + 1 < Policy().initialize_s
