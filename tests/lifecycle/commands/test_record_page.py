from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordPage
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    BROWSER_STARTED,
    FOREIGN,
    SESSION_FOUND,
    SESSION_REJECTED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

STARTED_BROWSER = RecordPage(at=at(2), attempt=ATTEMPT, phase="browser_started")


def test_accepted_once_for_each_phase_and_the_deadline_starts_anew() -> None:
    given(*STARTED).when(STARTED_BROWSER).then(BROWSER_STARTED)
    loaded = RecordPage(at=at(4), attempt=ATTEMPT, phase="page_loaded")
    left = (
        given(*STARTED, BROWSER_STARTED)
        .when(loaded)
        .then(
            e.PageReached(
                at=at(4),
                attempt=ATTEMPT,
                phase="page_loaded",
                deadline=until(Awaited.PAGE, 34),
            )
        )
    )
    assert left.attempt.phases == ("browser_started", "page_loaded")


def test_accepted_with_the_version_that_the_page_says() -> None:
    told = RecordPage(at=at(4), attempt=ATTEMPT, phase="bridge_started", whatsapp="2.3000.10")
    recorded = e.PageReached(
        at=at(4),
        attempt=ATTEMPT,
        phase="bridge_started",
        deadline=until(Awaited.PAGE, 34),
        whatsapp="2.3000.10",
    )
    given(*STARTED, BROWSER_STARTED).when(told).then(recorded)


def queued(second: float, start: str) -> tuple[RecordPage, e.PageReached]:
    """A start of a browser waits for its turn: as it is told, and as it is recorded."""
    told = RecordPage(at=at(second), attempt=ATTEMPT, phase="queued", start=start)
    deadline = until(Awaited.START, second + 300)
    event = e.PageReached(
        at=at(second), attempt=ATTEMPT, phase="queued", deadline=deadline, start=start
    )
    return told, event


def test_accepted_when_it_waits_for_its_turn_which_has_a_limit_of_its_own() -> None:
    told, recorded = queued(2, "start-1")
    left = given(*STARTED).when(told).then(recorded)
    assert left.attempt.phases == ("queued",)


def test_accepted_when_a_worker_that_takes_over_queues_it_once_more() -> None:
    _, earlier = queued(2, "start-1")
    told, recorded = queued(9, "start-2")
    left = given(*STARTED, earlier, BROWSER_STARTED).when(told).then(recorded)
    assert left.attempt.phases == ("queued",)


def test_ignored_when_the_same_start_waited_before_and_has_begun_since() -> None:
    told, recorded = queued(2, "start-1")
    given(*STARTED, recorded).when(told).then_ignored("already_so")
    given(*STARTED, recorded, BROWSER_STARTED).when(told).then_ignored("already_so")


def test_accepted_again_after_a_dead_session_made_the_page_start_over() -> None:
    story = (*STARTED, BROWSER_STARTED, SESSION_FOUND, SESSION_REJECTED)
    again = replace(BROWSER_STARTED, at=at(8), deadline=until(Awaited.PAGE, 38))
    given(*story).when(replace(STARTED_BROWSER, at=at(8))).then(again)


def test_ignored_when_the_phase_was_reached_before() -> None:
    given(*STARTED, BROWSER_STARTED).when(STARTED_BROWSER).then_ignored("already_so")


def test_ignored_when_a_code_is_on_show_already() -> None:
    given(*SHOWING).when(STARTED_BROWSER).then_ignored("past_this_phase")


def test_ignored_when_it_is_of_another_attempt() -> None:
    foreign = replace(STARTED_BROWSER, attempt=FOREIGN)
    given(*STARTED).when(foreign).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(STARTED_BROWSER).then_refused("not_registered")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(2))
    given(*STARTED).when(STARTED_BROWSER).overtaken_by(cancel).then_ignored("past_this_phase")
