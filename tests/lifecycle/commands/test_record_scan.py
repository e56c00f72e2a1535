from msgspec.structs import replace

from domain.deadlines import Awaited
from domain.observations import RecordScan
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    CHECKING,
    EXHAUSTED,
    FAILED,
    FOREIGN,
    LINKED,
    PASSKEY_DEMANDED,
    SCANNED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

SCAN = RecordScan(at=at(70), attempt=ATTEMPT)


def test_accepted_when_a_code_is_on_show() -> None:
    left = given(*SHOWING).when(SCAN).then(SCANNED)
    assert left.attempt.code is None
    assert left.attempt.scanned
    assert left.account.link == ATTEMPT


def test_accepted_of_a_code_that_we_had_not_seen_or_that_had_just_run_out() -> None:
    given(*STARTED).when(SCAN).then(SCANNED)
    given(*SHOWING, EXHAUSTED).when(SCAN).then(SCANNED)


def test_accepted_behind_a_demanded_passkey_which_stays_awaited() -> None:
    """A scan told late gave the attempt a minute more, and at its end another reason."""
    demanded = replace(PASSKEY_DEMANDED, at=at(69), deadline=until(Awaited.PASSKEY, 189))
    scanned = replace(SCANNED, deadline=until(Awaited.PASSKEY, 189))
    given(*SHOWING, demanded).when(SCAN).then(scanned)


def test_ignored_when_it_was_reported_before() -> None:
    given(*CHECKING).when(SCAN).then_ignored("already_so")
    given(*LINKED).when(SCAN).then_ignored("already_so")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*SHOWING).when(replace(SCAN, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(SCAN).then_refused("illegal_step")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(69))
    given(*SHOWING).when(SCAN).overtaken_by(cancel).then_refused("illegal_step")
