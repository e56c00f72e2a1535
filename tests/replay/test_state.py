"""The account at any event and time, and the steps between."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reasons import Reason
from domain.status import Status
from domain.wishes import CancelLink, RequestLink
from projections.replay.state import To, state_at, step, version_at
from tests.read_models import scenes
from tests.read_models.generated import stories
from tests.read_models.stories import CLIENT, NOON, WRITE_TAKES, Story, at
from tests.replay.test_account_log import log_of


def walk(story: Story, to: To, start: int = 0) -> list[str]:
    """Step until there is nowhere to go; give the topics that were stopped at."""
    log = log_of(story)
    topics: list[str] = []
    version: int | None = start
    while (version := step(log, version, to)) is not None:
        event = state_at(log, version).event
        topics.append(event.topic if event else "")
    return topics


def test_a_state_reads_as_the_account_was() -> None:
    log = log_of(scenes.fetch(scenes.waiting(), 1, 6))
    state = state_at(log, 7)

    assert (state.status, state.since) == (Status.WAITING_QR, at(5))
    assert (state.awaits, state.deadline) == ("a phone to use the code", at(305))
    assert state.event is not None
    assert (state.event.topic, state.event.position) == ("QrFetched", 7)
    assert state.attempt is not None
    assert state.attempt.phases == ("browser_started", "page_loaded", "bridge_started")
    assert (state.attempt.codes_issued, state.attempt.codes_fetched) == (1, 1)
    assert state.attempt.code is not None
    assert state.attempt.code.ordinal == 1
    assert (state.session, state.standby.stage) == ("none", "none")


def test_before_all_events_there_is_no_account() -> None:
    state = state_at(log_of(scenes.linked()), 0)

    assert (state.version, state.event, state.attempt) == (0, None, None)
    assert state.status is Status.NOT_CREATED


def test_a_time_is_the_logs_own() -> None:
    """The scan at 15 s is known from when it was written."""
    log = log_of(scenes.scanned())
    scan = log.version

    assert version_at(log, at(15)) == scan - 1
    assert version_at(log, at(15) + WRITE_TAKES) == scan
    assert version_at(log, NOON - timedelta(days=1)) == 0
    assert version_at(log, NOON + timedelta(days=1)) == scan


def test_steps_go_from_event_to_event_and_back() -> None:
    log = log_of(scenes.linked())

    assert walk(scenes.linked(), "event") == [one.topic for one in log.events]
    assert step(log, log.version, "event") is None
    assert step(log, 3, "previous") == 2
    assert step(log, 0, "previous") is None


def test_a_run_stops_at_each_change_of_status() -> None:
    assert walk(scenes.linked(), "status") == [
        "LinkRequested",
        "QrIssued",
        "QrScanned",
        "LinkCompleted",
    ]


def test_a_run_stops_at_failures_but_not_at_what_was_asked_for() -> None:
    story = scenes.close_window(scenes.waiting())
    story.tell(RequestLink(at=at(400), attempt="att_2"), by=CLIENT)
    story.tell(CancelLink(at=at(401)), by=CLIENT)

    assert walk(story, "failure") == ["LinkFailed"]
    log = log_of(story)
    failed = step(log, 0, "failure")
    assert failed is not None
    assert state_at(log, failed).reason is Reason.QR_NOT_FETCHED


@pytest.mark.parametrize("to", ["event", "status", "failure"])
def test_an_attempt_is_stepped_through_alone(to: To) -> None:
    (attempt,) = log_of(scenes.close_window(scenes.waiting())).attempts()
    first = step(attempt, attempt.before.version, to)

    assert first is not None
    assert attempt.before.version < first <= attempt.version
    assert step(attempt, attempt.before.version, "previous") is None


@settings(deadline=None, max_examples=40)
@given(stories, st.data())
def test_an_attempts_state_is_the_accounts(story: Story, data: st.DataObject) -> None:
    log = log_of(story)
    version = data.draw(st.integers(0, log.version))
    whole = state_at(log, version)

    assert whole.version == version
    for part in log.attempts():
        if part.before.version < version <= part.version:
            assert state_at(part, version) == whole
    assert state_at(log, log.version).status is story.accounts["acc_1"].status
