"""The twelve failed scans of qr-scan-failure-flow, as they would reach an account here.

Six were a unique constraint on (phone, workspace, status), three an authentication strategy that
was a string, three a webhook receiver that answered 404, 429 or too late. Each is now impossible
(the story becomes READY) or named; the expected finding says which.
"""

from collections.abc import Callable

import pytest

from domain.observations import RecordProblem, RecordQr, RecordScan, RecordSuperseded
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import CancelLink, RequestLink
from projections.timeline import timeline
from projections.why import Why, why
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, WORKSPACE, Story, at


def again(story: Story, seconds: float) -> Story:
    """Link once more, to the end: the failure before has left nothing in the way."""
    story.tell(RequestLink(at=at(seconds), attempt="att_2"), by=CLIENT)
    scenes.show(story, 99, seconds + 3, lives_s=60, attempt="att_2")
    scenes.fetch(story, 99, seconds + 4, attempt="att_2")
    return story.tell(
        RecordScan(at=at(seconds + 9), attempt="att_2"),
        scenes.ready(seconds + 12, attempt="att_2"),
    )


def explained(story: Story, account: str = "acc_1") -> Why:
    told = timeline(*story.of(account))
    return why(story.accounts[account], told, told.rows[-1].at)


def blocked_by_an_abandoned_attempt() -> Story:
    return scenes.waiting().tell(RequestLink(at=at(9), attempt="att_x"), by=CLIENT)


def abandoned_until_its_window_closed() -> Story:
    return scenes.close_window(scenes.rotated({}))


def the_same_code_reported_twice() -> Story:
    twice = RecordQr(at=at(5.1), attempt="att_1", fingerprint="code-1", expires_at=at(65))
    return scenes.waiting().tell(twice)


def the_number_linked_by_another_account() -> Story:
    moved = RecordSuperseded(at=at(40), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    return scenes.linked().tell(moved, by=WORKSPACE)


def a_late_report_of_the_old_attempt() -> Story:
    story = scenes.waiting().tell(CancelLink(at=at(9)), by=CLIENT)
    story.tell(RequestLink(at=at(10), attempt="att_2"), by=CLIENT)
    late = RecordQr(at=at(11), attempt="att_1", fingerprint="code-2", expires_at=at(31))
    return story.tell(late)


def a_second_request_while_linked() -> Story:
    return scenes.linked().tell(RequestLink(at=at(30), attempt="att_x"), by=CLIENT)


def broken_bridge(detail: str) -> Callable[[], Story]:
    def story() -> Story:
        problem = RecordProblem(
            at=at(4), attempt="att_1", reason=Reason.PAGE_CHANGED, detail=detail
        )
        return scenes.opened().tell(problem)

    return story


def the_receiver_was_never_told() -> Story:
    return scenes.close_window(scenes.rotated({}))


def the_receiver_was_told_of_the_first_code_only() -> Story:
    return scenes.close_window(scenes.rotated({1: 1.0}))


def the_receiver_was_told_too_late() -> Story:
    late = {1: 58.0} | dict.fromkeys(range(2, 14), 17.0)
    return scenes.close_window(scenes.rotated(late))


RETRIED = (Status.FAILED, Status.DISCONNECTED)
TWELVE: dict[str, tuple[Callable[[], Story], Status, str]] = {
    "constraint 1": (blocked_by_an_abandoned_attempt, Status.WAITING_QR, "second_start_refused"),
    "constraint 2": (abandoned_until_its_window_closed, Status.FAILED, "code_never_fetched"),
    "constraint 3": (the_same_code_reported_twice, Status.WAITING_QR, ""),
    "constraint 4": (
        the_number_linked_by_another_account,
        Status.DISCONNECTED,
        "duplicate_account",
    ),
    "constraint 5": (
        a_late_report_of_the_old_attempt,
        Status.INITIALIZING,
        "late_callbacks_ignored",
    ),
    "constraint 6": (a_second_request_while_linked, Status.READY, ""),
    "strategy 1": (broken_bridge("setup is not a function"), Status.FAILED, "page_changed"),
    "strategy 2": (broken_bridge("setup is undefined"), Status.FAILED, "page_changed"),
    "strategy 3": (
        broken_bridge("onAuthenticationNeeded is not a function"),
        Status.FAILED,
        "page_changed",
    ),
    "webhook 404": (the_receiver_was_never_told, Status.FAILED, "code_never_fetched"),
    "webhook 429": (
        the_receiver_was_told_of_the_first_code_only,
        Status.FAILED,
        "stale_code_shown",
    ),
    "webhook timeout": (the_receiver_was_told_too_late, Status.FAILED, "codes_fetched_late"),
}


@pytest.mark.parametrize("name", TWELVE)
def test_each_is_named_or_changes_nothing(name: str) -> None:
    make, status, finding = TWELVE[name]
    answer = explained(make())
    assert answer.status is status
    found = {answer.cause.code} if answer.cause else set[str]()
    found |= {remark.code for remark in answer.remarks}
    assert finding in found or not finding
    assert (answer.cause is not None) == (status in RETRIED)


@pytest.mark.parametrize("name", [name for name, told in TWELVE.items() if told[1] in RETRIED])
def test_the_next_attempt_succeeds(name: str) -> None:
    answer = explained(again(TWELVE[name][0](), 400))
    assert (answer.status, answer.cause) == (Status.READY, None)


def test_an_abandoned_attempt_is_cancelled_and_the_next_one_succeeds() -> None:
    story = blocked_by_an_abandoned_attempt().tell(CancelLink(at=at(10)), by=CLIENT)
    assert explained(again(story, 11)).status is Status.READY


def test_a_broken_bridge_is_named_with_what_is_missing() -> None:
    answer = explained(TWELVE["strategy 3"][0]())
    assert answer.cause is not None
    assert "onAuthenticationNeeded is not a function" in answer.cause.sentence
    assert (answer.cause.actor, answer.cause.retry_helps) == ("operator", False)
