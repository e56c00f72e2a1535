import pytest

from domain.account import NEW
from domain.deadlines import Awaited
from domain.lifecycle import next_events
from domain.observations import RecordProblem, RecordSuperseded
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import DestroyAccount, RequestLogout, RequestStop
from projections.causes import RULES_VERSION
from projections.timeline import timeline
from projections.why import STATUS_SENTENCES, Why, why
from tests.read_models import scenes
from tests.read_models.stories import CLIENT, WORKSPACE, Story, at


def ask(story: Story, seconds: float) -> Why:
    return why(story.accounts.get("acc_1", NEW), timeline(*story.of()), at(seconds))


def lost(seconds: float = 100) -> RecordProblem:
    return RecordProblem(
        at=at(seconds), attempt="att_1", reason=Reason.NETWORK_LOST, detail="offline", jitter=0.0
    )


MAY: dict[str, tuple[Story, set[str]]] = {
    "unknown": (Story(), {"register"}),
    "registered": (scenes.registered(), {"link", "link_by_pairing_code"}),
    "waiting": (scenes.waiting(), {"cancel", "destroy"}),
    "ready": (scenes.linked(), {"send", "stop", "logout", "destroy"}),
    "failed": (
        scenes.close_window(scenes.rotated({})),
        {"link", "link_by_pairing_code", "retry", "destroy"},
    ),
    "lost": (
        scenes.linked().tell(lost()),
        {"link", "link_by_pairing_code", "retry", "reconnect", "stop", "logout", "destroy"},
    ),
    "destroyed": (
        scenes.linked().tell(DestroyAccount(at=at(50)), by=CLIENT),
        {"link", "link_by_pairing_code"},
    ),
}


@pytest.mark.parametrize("name", MAY)
def test_what_may_be_done_is_what_decide_accepts(name: str) -> None:
    story, expected = MAY[name]
    answer = ask(story, 500)
    assert {wish.name for wish in answer.may} == expected
    assert answer.may_happen == next_events(answer.status)


def test_what_may_not_be_done_says_by_which_rule() -> None:
    refused = {wish.name: wish for wish in ask(scenes.waiting(), 10).may_not}
    assert refused["link"].rule == "attempt_in_progress"
    assert refused["link"].sentence == (
        "Attempt 1 (att_1) is already WAITING_QR; wait for it or cancel it."
    )


def test_a_wish_that_is_so_already_is_in_neither_list() -> None:
    story = scenes.linked().tell(RequestLogout(at=at(50)), by=CLIENT)
    answer = ask(story, 51)
    names = {wish.name for wish in (*answer.may, *answer.may_not)}
    assert "logout" not in names


def test_a_waiting_account_says_for_what_and_until_when() -> None:
    waiting = ask(scenes.waiting(), 105).waiting
    assert waiting is not None
    assert (waiting.awaited, waiting.until, waiting.remaining_s) == (Awaited.SCAN, at(305), 200.0)
    assert waiting.sentence == (
        "Waiting for a phone to use the code until 12:05:05 UTC, 200 s from now."
    )


def test_a_limit_that_has_passed_is_told() -> None:
    waiting = ask(scenes.waiting(), 306).waiting
    assert waiting is not None
    assert "its limit passed at 12:05:05 UTC" in waiting.sentence


def test_a_lost_link_says_when_it_comes_back() -> None:
    waiting = ask(scenes.linked().tell(lost()), 100).waiting
    assert waiting is not None
    assert waiting.sentence == "The next reconnect starts at 12:01:41 UTC, 1 s from now."


def test_what_led_here_is_each_change_of_status_with_its_position() -> None:
    story = scenes.linked()
    steps = ask(story, 20).led_here
    assert [step.status for step in steps] == [
        Status.NOT_CREATED,
        Status.INITIALIZING,
        Status.WAITING_QR,
        Status.AUTHENTICATING,
        Status.READY,
    ]
    proof = [story.events[step.position - 1].topic for step in steps]
    assert proof == [
        "AccountRegistered",
        "LinkRequested",
        "QrIssued",
        "QrScanned",
        "LinkCompleted",
    ]


def test_a_reconnect_says_what_it_follows() -> None:
    story = scenes.linked().tell(lost())
    scenes.expire(story, Awaited.RECONNECT, 101, attempt="att_2")
    first, second = ask(story, 102).led_here
    assert first.sentence.startswith("The link was lost")
    assert second.sentence.startswith("Attempt 2 began: a reconnect")


def test_a_failure_says_its_cause_and_the_next_step() -> None:
    answer = ask(scenes.close_window(scenes.rotated({})), 310)
    assert answer.cause is not None
    assert answer.cause.code == "code_never_fetched"
    assert answer.sentence == (f"{STATUS_SENTENCES[Status.FAILED]} {answer.cause.sentence}")
    assert answer.rules_version == RULES_VERSION


def test_the_cause_is_that_of_the_status_it_is_in_now() -> None:
    story = scenes.linked().tell(lost())
    moved = RecordSuperseded(at=at(101), by="acc_2", phone_fingerprint=scenes.PHONE_PRINT)
    answer = ask(story.tell(moved, by=WORKSPACE), 102)
    assert answer.cause is not None
    assert answer.cause.code == "duplicate_account"


def test_a_reconnect_that_was_called_off_was_stopped_by_hand() -> None:
    story = scenes.linked().tell(lost()).tell(RequestStop(at=at(101)), by=CLIENT)
    answer = ask(story, 102)
    assert answer.cause is not None
    assert answer.cause.reason is Reason.STOPPED
    assert answer.cause.positions == (story.events[-1].position,)
    assert answer.led_here[-1].position == story.events[-1].position


def test_only_a_failed_or_lost_account_has_a_cause() -> None:
    for story in (scenes.registered(), scenes.waiting(), scenes.linked()):
        assert ask(story, 20).cause is None


def test_a_cause_that_the_rows_do_not_tell_is_unknown() -> None:
    story = scenes.close_window(scenes.rotated({}))
    answer = why(story.accounts["acc_1"], timeline([], []), at(310))
    assert answer.cause is not None
    assert answer.cause.code == "unknown"


def test_every_status_has_its_sentence() -> None:
    assert set(STATUS_SENTENCES) == set(Status)


def test_the_same_question_has_the_same_answer() -> None:
    story = scenes.close_window(scenes.rotated({1: 1.0}))
    assert ask(story, 310) == ask(story, 310)
