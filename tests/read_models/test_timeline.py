import pytest

from domain.log import RecordedEvent
from domain.observations import RecordQr, RecordScan, RecordSuperseded
from domain.status import Status
from domain.wishes import RequestLink
from projections.timeline import TimelineRow, timeline
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, WORKSPACE, Story, at


def rows(story: Story) -> tuple[TimelineRow, ...]:
    return timeline(*story.of()).rows


def test_every_row_has_both_clocks_its_gap_and_its_time_since_the_start() -> None:
    scan = next(row for row in rows(scenes.linked()) if row.name == "QrScanned")
    assert scan.at == at(15)
    assert scan.recorded_at == at(15.003)
    assert scan.recorded_after_s == pytest.approx(0.003)
    assert (scan.since_start_s, scan.gap_s) == (14.0, 9.0)
    assert (scan.status_before, scan.status_after) == (Status.WAITING_QR, Status.AUTHENTICATING)


def test_every_row_says_who_caused_it_and_by_which_input() -> None:
    told = {row.name: row.cause for row in rows(scenes.linked())}
    assert (told["LinkRequested"].actor, told["LinkRequested"].kind) == ("key:erp", "RequestLink")
    assert told["PhoneIdentified"] == told["LinkCompleted"]
    assert told["LinkCompleted"].kind == "RecordReady"
    assert told["LinkCompleted"].correlation_id == "order-7"


def test_an_ignored_input_stands_in_its_place() -> None:
    story = scenes.waiting().tell(RecordScan(at=at(7), attempt="att_of_old"))
    scenes.fetch(story, 1, 8)
    late, fetched = rows(story)[-2:]
    assert (late.what, late.name, late.rule) == ("ignored", "RecordScan", "foreign_attempt")
    assert (late.attempt, late.position, late.gap_s) == ("att_of_old", None, 2.0)
    assert late.status_before is late.status_after is Status.WAITING_QR
    assert late.sentence == (
        "The page reported that a phone used the code: ignored, it belongs to an attempt that is"
        " not the current one."
    )
    assert (fetched.name, fetched.gap_s) == ("QrFetched", 1.0)


def test_a_refused_input_stands_in_its_place() -> None:
    story = scenes.waiting().tell(RequestLink(at=at(9), attempt="att_2"), by=CLIENT)
    refused = rows(story)[-1]
    assert (refused.what, refused.rule, refused.cause.actor) == (
        "refused",
        "attempt_in_progress",
        "key:erp",
    )


def test_the_story_is_told_by_attempts() -> None:
    story = scenes.close_window(scenes.rotated({}))
    story.tell(RequestLink(at=at(400), attempt="att_2", retry=True), by=CLIENT)
    before, first, second = timeline(*story.of()).attempts
    assert before.attempt is None
    assert [row.name for row in before.rows] == ["AccountRegistered"]
    assert first.attempt is not None
    assert (first.attempt.number, first.attempt.outcome) == (1, "failed")
    assert second.attempt is not None
    assert (second.attempt.number, second.attempt.outcome) == (2, "running")
    assert second.rows[0].since_start_s == 0.0


def test_time_in_status_goes_on_until_the_next_attempt() -> None:
    story = scenes.close_window(scenes.rotated({}))
    story.tell(RequestLink(at=at(400), attempt="att_2", retry=True), by=CLIENT)
    first = timeline(*story.of()).attempts[1]
    assert first.time_in_status_s == {
        Status.INITIALIZING: 4.0,
        Status.WAITING_QR: 300.5,
        Status.FAILED: 94.5,
    }
    assert first.span_s == 399.0


def test_the_last_status_lasts_until_the_time_looked_at() -> None:
    inputs, events = scenes.linked().of()
    told = timeline(inputs, events, until=at(118))
    assert told.time_in_status_s[Status.READY] == 100.0
    assert told.span_s == 118.0


def test_a_clock_that_runs_ahead_shows_as_a_negative_gap() -> None:
    story = scenes.opened()
    early = RecordQr(at=at(3.5), attempt="att_1", fingerprint="code-1", expires_at=at(63.5))
    assert rows(story.tell(early))[-1].gap_s == -0.5


def test_an_event_without_its_input_at_hand_is_told_all_the_same() -> None:
    _, events = scenes.linked().of()
    told = timeline([], events)
    assert [row.name for row in told.rows] == [recorded.topic for recorded in events]
    assert {row.cause.kind for row in told.rows} == {""}
    assert told.rows[1].cause.actor == "key:erp"


def test_a_story_may_begin_with_a_refusal() -> None:
    story = Story().tell(RequestLink(at=at(1), attempt="att_1"), by=CLIENT)
    (refused,) = rows(story)
    assert (refused.rule, refused.version) == ("not_registered", 0)
    assert timeline(*story.of()).account_id == "acc_1"


def test_no_story_is_an_empty_timeline() -> None:
    told = timeline([], [])
    assert (told.account_id, told.attempts, told.span_s) == ("", (), 0.0)


def test_what_the_workspace_did_is_told_with_its_actor() -> None:
    moved = RecordSuperseded(at=at(40), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    row = rows(scenes.linked().tell(moved, by=WORKSPACE))[-1]
    assert row.cause.actor == "workspace"
    assert row.sentence.startswith("Account acc_2 of the same workspace")


def positions(events: list[RecordedEvent]) -> list[int]:
    return [recorded.position for recorded in events]


def test_positions_are_those_of_the_log() -> None:
    story = scenes.linked()
    told = [row.position for row in rows(story)]
    assert told == positions(story.events)
