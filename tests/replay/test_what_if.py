"""What another policy or other inputs would have made of an attempt, verdict by verdict."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordCodesExhausted, RecordProblem, RecordScan
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import CancelLink, RequestLogout
from projections.replay.account_log import AccountLog
from projections.replay.edits import Delay, Drop, Edit, Insert
from projections.replay.what_if import Changes, Verdict, WhatIf, what_if
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, Story, at
from tests.replay.test_account_log import log_of


def only(story: Story) -> AccountLog:
    """Give the story's one attempt."""
    (attempt,) = log_of(story).attempts()
    return attempt


def under(story: Story, **policy: float) -> WhatIf:
    return what_if(only(story), Changes(policy=policy))


def edited(story: Story, *edits: Edit) -> WhatIf:
    return what_if(only(story), Changes(edits=edits))


def input_of(story: Story, kind: str, number: int = 0) -> int:
    return [one.input_id for one in story.inputs if one.kind == kind][number]


# Another policy


def test_same_when_no_limit_that_is_changed_was_run_into() -> None:
    told = under(scenes.linked(), link_window_s=60, authentication_s=20)

    assert told.verdict is Verdict.SAME
    assert told.first_difference is None
    assert (told.status_before, told.status_after) == (Status.READY, Status.READY)
    link = told.events[0]
    assert isinstance(link, e.LinkRequested)
    assert link.policy.link_window_s == 60


def test_broken_when_the_window_would_have_closed_before_the_scan() -> None:
    story = scenes.linked()
    told = under(story, link_window_s=8)

    assert told.verdict is Verdict.BROKEN
    assert told.reason_after is Reason.QR_EXPIRED
    assert told.events[-1].at == at(13)
    scan = next(one for one in story.events if one.topic == "QrScanned")
    assert told.first_difference == scan.position
    assert told.same_events == scan.version - 2


def test_diverged_when_it_would_have_failed_earlier() -> None:
    told = under(scenes.close_window(scenes.waiting()), link_window_s=100)

    assert told.verdict is Verdict.DIVERGED
    assert (told.status_before, told.status_after) == (Status.FAILED, Status.FAILED)
    assert told.events[-1].at == at(105)


def test_diverged_when_the_reconnect_would_have_been_at_another_time() -> None:
    lost = RecordProblem(at=at(40), attempt=scenes.A1, reason=Reason.NETWORK_LOST)
    told = under(scenes.linked().tell(lost), reconnect_first_s=60)

    assert told.verdict is Verdict.DIVERGED
    assert told.reason_after is Reason.NETWORK_LOST


def test_undecidable_when_it_would_have_waited_beyond_the_recorded_browser() -> None:
    """The page was closed at 305.5 s; nobody knows whether the phone would have come after."""
    told = under(scenes.close_window(scenes.waiting()), link_window_s=600)

    assert told.verdict is Verdict.UNDECIDABLE
    assert "closed at 2026-03-01 12:05:05.500 (LinkFailed)" in told.missing
    assert "waited for scan until 2026-03-01 12:10:05" in told.missing
    assert told.status_after is Status.WAITING_QR


def test_undecidable_even_by_the_clocks_lateness() -> None:
    assert under(scenes.close_window(scenes.waiting()), link_window_s=300.1).missing


def test_undecidable_when_the_record_ends_while_it_waits() -> None:
    told = under(scenes.waiting(), link_window_s=600)

    assert told.verdict is Verdict.UNDECIDABLE
    assert "the record's end" in told.missing
    assert under(scenes.waiting(), authentication_s=600).verdict is Verdict.SAME


def test_another_window_fires_between_the_inputs_and_silences_the_page() -> None:
    story = scenes.rotated({1: 2.0}, last=5)
    told = under(scenes.close_window(story), link_window_s=70)

    assert [type(event) for event in told.events[-2:]] == [e.QrIssued, e.LinkFailed]
    assert told.events[-1].at == at(75)


# Other inputs


def test_broken_when_readiness_was_never_heard_of() -> None:
    story = scenes.linked()
    told = edited(story, Drop(input_of(story, "RecordReady")))

    assert told.verdict is Verdict.BROKEN
    assert told.reason_after is Reason.AUTHENTICATION_TIMED_OUT
    assert told.events[-1].at == at(16 + 60)


def test_same_end_when_the_scan_was_missed_and_the_sync_told_of_it() -> None:
    story = scenes.linked()
    told = edited(story, Drop(input_of(story, "RecordScan")))

    assert told.verdict is Verdict.DIVERGED
    assert told.status_after is Status.READY


def test_broken_when_readiness_came_too_late() -> None:
    story = scenes.linked()
    told = edited(story, Delay(input_of(story, "RecordReady"), 100))

    assert told.verdict is Verdict.BROKEN
    assert told.reason_after is Reason.AUTHENTICATION_TIMED_OUT


def test_a_delay_within_the_limit_is_other_events_and_the_same_end() -> None:
    story = scenes.linked()
    told = edited(story, Delay(input_of(story, "RecordReady"), 10))

    assert told.verdict is Verdict.DIVERGED
    assert told.events[-1].at == at(28)


def test_fixed_when_a_lost_answer_of_the_page_is_told() -> None:
    """Readiness is told one second before the check would have timed out."""
    story = scenes.expire(scenes.synced(), Awaited.AUTHENTICATION, 76)
    ready = scenes.ready()
    told = edited(
        story,
        Insert(
            "RecordReady",
            before=input_of(story, "ExpireDeadline"),
            body={
                "at": at(75).isoformat(),
                "phone": ready.phone,
                "phone_fingerprint": ready.phone_fingerprint,
            },
        ),
    )

    assert told.verdict is Verdict.FIXED
    assert told.reason_before is Reason.AUTHENTICATION_TIMED_OUT
    assert told.status_after is Status.READY


def test_an_inserted_scan_asks_for_an_answer_that_nobody_has() -> None:
    """The recorded page was not scanned: what it showed afterwards says nothing."""
    story = scenes.close_window(scenes.rotated({1: 2.0}, last=5))
    told = edited(story, Insert("RecordScan", before=input_of(story, "RecordQr", 1)))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "inserted" in told.missing


def test_a_whole_inserted_answer_is_decidable() -> None:
    story = scenes.close_window(scenes.rotated({1: 2.0}, last=5))
    second = input_of(story, "RecordQr", 1)
    told = edited(
        story,
        Insert("RecordScan", before=second),
        Insert("RecordReady", before=second, body={"phone": "62", "phone_fingerprint": "p"}),
    )

    assert told.verdict is Verdict.FIXED
    assert [type(event) for event in told.events[-2:]] == [e.PhoneIdentified, e.LinkCompleted]


def test_a_callback_that_arrives_twice_changes_nothing() -> None:
    story = scenes.linked()
    told = edited(story, Insert("RecordScan", before=input_of(story, "RecordSyncProgress")))

    assert told.verdict is Verdict.SAME


def test_undecidable_when_nobody_had_fetched_the_code_that_was_scanned() -> None:
    story = scenes.linked()
    told = edited(story, Drop(input_of(story, "RecordQrFetch")))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "fetched" in told.missing
    assert told.status_after is Status.WAITING_QR


def test_a_dropped_fetch_is_decidable_where_nobody_scanned() -> None:
    story = scenes.close_window(scenes.rotated({1: 2.0}))
    told = edited(story, Drop(input_of(story, "RecordQrFetch")))

    assert told.verdict is Verdict.DIVERGED
    assert (told.reason_before, told.reason_after) == (Reason.QR_EXPIRED, Reason.QR_NOT_FETCHED)


def test_undecidable_when_a_code_was_fetched_that_nobody_had_seen() -> None:
    story = scenes.close_window(scenes.waiting())
    fetch = Insert(
        "RecordQrFetch",
        before=input_of(story, "ExpireDeadline"),
        body={"at": at(20).isoformat(), "fingerprint": "code-1"},
    )

    assert edited(story, fetch).verdict is Verdict.UNDECIDABLE


def test_undecidable_when_the_page_was_not_asked_for_the_codes_that_it_showed() -> None:
    story = scenes.waiting().tell(RecordCodesExhausted(at=at(66), attempt=scenes.A1))
    scenes.show(story, 2, 70, lives_s=20)
    told = edited(story, Drop(input_of(story, "RecordCodesExhausted")))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "asked for new codes" in told.missing


def test_undecidable_when_the_browser_would_have_started_later() -> None:
    story = scenes.linked()
    told = edited(story, Delay(input_of(story, "RequestLink"), 5))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "opened" in told.missing


def test_broken_when_nobody_had_asked_to_link() -> None:
    story = scenes.linked()
    told = edited(story, Drop(input_of(story, "RequestLink")))

    assert told.verdict is Verdict.BROKEN
    assert told.events == ()


def test_undecidable_when_the_trouble_that_closed_the_page_is_taken_away() -> None:
    crash = RecordProblem(at=at(17), attempt=scenes.A1, reason=Reason.BROWSER_CRASHED)
    story = scenes.synced().tell(crash)

    assert edited(story, Drop(input_of(story, "RecordProblem"))).verdict is Verdict.UNDECIDABLE


def test_ready_is_decided_even_if_the_link_was_lost_later_in_the_record() -> None:
    crash = RecordProblem(at=at(50), attempt=scenes.A1, reason=Reason.BROWSER_CRASHED)
    story = scenes.linked().tell(crash)
    told = edited(story, Drop(input_of(story, "RecordProblem")))

    assert told.verdict is Verdict.DIVERGED
    assert (told.status_before, told.status_after) == (Status.DISCONNECTED, Status.READY)


def test_undecidable_when_a_logout_was_never_answered() -> None:
    story = scenes.linked().tell(RequestLogout(at=at(30)), by=CLIENT)
    scenes.expire(story, Awaited.LOGOUT, 45)

    assert under(story, logout_s=60).verdict is Verdict.UNDECIDABLE


def test_a_clients_wish_comes_when_it_came() -> None:
    """Cancelled at 20 s, before either window closes."""
    story = scenes.waiting().tell(CancelLink(at=at(20)), by=CLIENT)

    assert under(story, link_window_s=600).verdict is Verdict.SAME
    assert under(story, link_window_s=10).verdict is Verdict.DIVERGED


def test_an_input_that_this_build_does_not_know_is_a_missing_answer() -> None:
    log = only(scenes.linked())
    unknown = replace(log.inputs[3], kind="RecordMood", command=None)
    told = what_if(replace(log, inputs=(*log.inputs[:3], unknown, *log.inputs[4:])))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "RecordMood" in told.missing


def test_an_input_that_is_not_at_hand_is_a_missing_answer() -> None:
    log = only(scenes.linked())
    told = what_if(replace(log, inputs=(*log.inputs[:3], *log.inputs[4:])))

    assert told.verdict is Verdict.UNDECIDABLE
    assert "not here" in told.missing


@pytest.mark.parametrize("late_s", [0.25, 40])
def test_the_clock_is_as_late_as_it_was(late_s: float) -> None:
    """A scan between the window's end and the clock's look at it was in time, and is again."""
    story = scenes.fetch(scenes.waiting(), 1, 6)
    story.tell(RecordScan(at=at(305) + timedelta(seconds=late_s), attempt=scenes.A1))
    story.tell(scenes.ready(307 + late_s))

    assert under(story, authentication_s=90).verdict is Verdict.SAME
    assert under(story, link_window_s=299).verdict is Verdict.BROKEN
