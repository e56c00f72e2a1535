from msgspec.structs import replace

from domain.observations import RecordActionRequired
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    CHECKING,
    FAILED,
    FOREIGN,
    LINKED,
    PASSKEY_DEMANDED,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

DEMAND = RecordActionRequired(at=at(71), attempt=ATTEMPT, action="passkey")


def test_accepted_at_every_step_of_an_attempt_and_a_person_gets_time() -> None:
    for story in (STARTED, SHOWING, CHECKING):
        left = given(*story).when(DEMAND).then(PASSKEY_DEMANDED)
        assert left.deadline.at == at(71 + 120)


def test_ignored_when_it_was_demanded_before() -> None:
    given(*CHECKING, PASSKEY_DEMANDED).when(DEMAND).then_ignored("already_so")


def test_ignored_when_the_account_is_linked() -> None:
    given(*LINKED).when(DEMAND).then_ignored("already_so")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*CHECKING).when(replace(DEMAND, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(DEMAND).then_refused("illegal_step")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(71))
    given(*CHECKING).when(DEMAND).overtaken_by(cancel).then_refused("illegal_step")
