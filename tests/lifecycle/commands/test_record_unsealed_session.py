from msgspec.structs import replace

from domain import facts as f
from domain.observations import RecordLogout, RecordUnsealedSession
from domain.reasons import Reason
from tests.examples import ATTEMPT, CHECKING, FOREIGN, LINKED, LOGGED_OUT, SHOWING, at
from tests.given import given

UNSEALED = RecordUnsealedSession(
    at=at(95), attempt=ATTEMPT, reason=Reason.SESSION_TOO_LARGE, detail="70 MB"
)
FAILED = f.SealingFailed(
    at=at(95), attempt=ATTEMPT, reason=Reason.SESSION_TOO_LARGE, detail="70 MB"
)
SEALED = f.SessionSealed(at=at(96), attempt=ATTEMPT, digest="sha-1", size_bytes=900_000)


def test_accepted_when_linked() -> None:
    left = given(*LINKED).when(UNSEALED).then(FAILED)
    assert left.account.unsealed is Reason.SESSION_TOO_LARGE


def test_accepted_just_before_the_link_is_complete() -> None:
    given(*CHECKING).when(UNSEALED).then(FAILED)


def test_accepted_again_when_it_was_sealed_meanwhile() -> None:
    given(*LINKED, FAILED, SEALED).when(UNSEALED).then(FAILED)


def test_ignored_when_that_is_known() -> None:
    given(*LINKED, FAILED).when(UNSEALED).then_ignored("already_so")


def test_ignored_when_it_comes_after_a_logout() -> None:
    given(*LINKED, LOGGED_OUT).when(UNSEALED).then_ignored("not_linked")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(UNSEALED, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_while_a_code_is_shown() -> None:
    given(*SHOWING).when(UNSEALED).then_refused("illegal_step")


def test_conflict_with_a_logout_says_nothing() -> None:
    logout = RecordLogout(at=at(94), attempt=ATTEMPT, by="phone")
    given(*LINKED).when(UNSEALED).overtaken_by(logout).then_ignored("not_linked")
