from msgspec.structs import replace

from domain import events as e
from domain.reasons import Reason
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    LINKED,
    NEXT_ATTEMPT,
    QR_1,
    REGISTERED,
    RETURNING,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

CANCEL = CancelLink(at=at(120))
CANCELLED = e.LinkFailed(at=at(120), attempt=ATTEMPT, reason=Reason.CANCELLED)
RETURN_CANCELLED = e.ReconnectFailed(at=at(120), attempt=NEXT_ATTEMPT, reason=Reason.CANCELLED)


def test_accepted_at_every_step_of_an_attempt() -> None:
    for story in (STARTED, SHOWING, CHECKING):
        left = given(*story).when(CANCEL).then(CANCELLED)
        assert left.attempt.code is None
        assert left.account.deadline is None


def test_accepted_for_a_reconnect_which_makes_no_further_appointment() -> None:
    left = given(*RETURNING).when(CANCEL).then(RETURN_CANCELLED)
    assert left.account.deadline is None


def test_accepted_for_a_reconnect_that_shows_codes_as_the_failure_of_a_link() -> None:
    story = (*RETURNING, replace(QR_1, attempt=NEXT_ATTEMPT))
    given(*story).when(CANCEL).then(replace(CANCELLED, attempt=NEXT_ATTEMPT))


def test_ignored_when_it_is_cancelled_already() -> None:
    given(*SHOWING, CANCELLED).when(CANCEL).then_ignored("already_cancelled")
    given(*RETURNING, RETURN_CANCELLED).when(CANCEL).then_ignored("already_cancelled")


def test_refused_when_no_attempt_is_running() -> None:
    for story in ((REGISTERED,), LINKED, DISCONNECTED):
        given(*story).when(CANCEL).then_refused("nothing_to_cancel")


def test_conflict_of_two_that_cancel_is_one_cancellation() -> None:
    given(*SHOWING).when(CANCEL).overtaken_by(CANCEL).then_ignored("already_cancelled")
