from msgspec.structs import replace

from domain import events as e
from domain.observations import RecordLogout
from domain.reasons import Reason
from domain.wishes import RequestLogout
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    REGISTERED,
    SUPERSEDED,
    at,
)
from tests.given import given

LOGOUT = RequestLogout(at=at(100))
UNCONFIRMED = e.LoggedOut(at=at(110), by="client", reason=Reason.LOGGED_OUT, confirmed=False)


def test_accepted_when_ready_and_the_page_has_until_the_deadline() -> None:
    left = given(*LINKED).when(LOGOUT).then(LOGOUT_REQUESTED)
    assert left.account.logout_requested


def test_accepted_without_a_page_when_disconnected() -> None:
    for story in (DISCONNECTED, (*LINKED, SUPERSEDED)):
        left = given(*story).when(replace(LOGOUT, at=at(110))).then(UNCONFIRMED)
        assert left.account.phone is None
        assert left.account.deadline is None, "no reconnect may follow"


def test_ignored_while_a_logout_is_under_way() -> None:
    given(*LINKED, LOGOUT_REQUESTED).when(LOGOUT).then_ignored("logout_in_progress")


def test_ignored_when_logged_out_already() -> None:
    given(*LINKED, LOGGED_OUT).when(LOGOUT).then_ignored("already_logged_out")


def test_refused_while_an_attempt_is_running() -> None:
    given(*CHECKING).when(LOGOUT).then_refused("attempt_in_progress")


def test_refused_when_nothing_is_linked() -> None:
    given(REGISTERED).when(LOGOUT).then_refused("not_linked")
    given(*FAILED).when(LOGOUT).then_refused("not_linked")


def test_conflict_with_a_logout_on_the_phone() -> None:
    on_the_phone = RecordLogout(at=at(99), attempt=ATTEMPT, by="phone")
    given(*LINKED).when(LOGOUT).overtaken_by(on_the_phone).then_ignored("already_logged_out")
