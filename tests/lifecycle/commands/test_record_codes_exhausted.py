from msgspec.structs import replace

from domain.observations import RecordCodesExhausted, RecordScan
from tests.examples import (
    ATTEMPT,
    CHECKING,
    EXHAUSTED,
    FAILED,
    FOREIGN,
    LINKED,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

RAN_OUT = RecordCodesExhausted(at=at(69), attempt=ATTEMPT)


def test_accepted_while_the_window_is_open_and_the_window_stays() -> None:
    left = given(*SHOWING).when(RAN_OUT).then(EXHAUSTED)
    assert left.attempt.code is None
    assert left.deadline.at == at(305)


def test_accepted_before_any_code_was_seen() -> None:
    given(*STARTED).when(RAN_OUT).then(EXHAUSTED)


def test_ignored_when_they_ran_out_before() -> None:
    given(*SHOWING, EXHAUSTED).when(RAN_OUT).then_ignored("already_so")


def test_ignored_when_no_code_is_needed_any_more() -> None:
    for story in (CHECKING, LINKED, FAILED):
        given(*story).when(RAN_OUT).then_ignored("past_this_phase")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*SHOWING).when(replace(RAN_OUT, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(RAN_OUT).then_refused("not_registered")


def test_conflict_with_a_scan() -> None:
    scan = RecordScan(at=at(68), attempt=ATTEMPT)
    given(*SHOWING).when(RAN_OUT).overtaken_by(scan).then_ignored("past_this_phase")
