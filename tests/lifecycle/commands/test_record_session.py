from msgspec.structs import replace

from domain.observations import RecordSession
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    FOREIGN,
    LINK_FAILED,
    LINKED,
    SCANNED,
    SESSION_FOUND,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

FOUND = RecordSession(at=at(6), attempt=ATTEMPT)


def test_accepted_when_the_page_opens_on_a_kept_session() -> None:
    given(*STARTED).when(FOUND).then(SESSION_FOUND)


def test_accepted_as_a_scan_when_a_code_was_on_show() -> None:
    given(*SHOWING).when(replace(FOUND, at=at(70))).then(SCANNED)


def test_ignored_when_the_answer_is_known() -> None:
    given(*STARTED, SESSION_FOUND).when(FOUND).then_ignored("already_so")
    given(*LINKED).when(FOUND).then_ignored("already_so")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*STARTED).when(replace(FOUND, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*STARTED, LINK_FAILED).when(FOUND).then_refused("illegal_step")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(5))
    given(*STARTED).when(FOUND).overtaken_by(cancel).then_refused("illegal_step")
