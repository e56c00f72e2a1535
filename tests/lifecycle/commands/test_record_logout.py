from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordLogout
from domain.reasons import Reason
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    FOREIGN,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    NEXT_ATTEMPT,
    RETURNING,
    SESSION_FOUND,
    SESSION_REJECTED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

BY_PHONE = RecordLogout(at=at(101), attempt=ATTEMPT, by="phone")
UNLINKED = e.LoggedOut(at=at(101), by="phone", reason=Reason.PHONE_UNLINKED)


def test_accepted_when_the_phone_unlinks_a_ready_account() -> None:
    left = given(*LINKED).when(BY_PHONE).then(UNLINKED)
    assert left.account.phone is None
    assert left.account.phone_fingerprint is None
    assert left.account.link == ""


def test_accepted_as_the_clients_own_when_it_had_asked() -> None:
    left = given(*LINKED, LOGOUT_REQUESTED).when(BY_PHONE).then(LOGGED_OUT)
    assert not left.account.logout_requested
    given(*LINKED).when(replace(BY_PHONE, by="client")).then(LOGGED_OUT)


def test_accepted_when_the_link_was_lost_and_no_reconnect_follows() -> None:
    left = given(*DISCONNECTED).when(BY_PHONE).then(UNLINKED)
    assert left.account.deadline is None


def test_accepted_as_a_dead_session_which_goes_back_towards_a_code() -> None:
    logout = replace(BY_PHONE, at=at(7))
    left = given(*STARTED, SESSION_FOUND).when(logout).then(SESSION_REJECTED)
    assert left.account.session_digest is None
    assert not left.attempt.session_found


def test_accepted_as_a_failure_when_a_second_session_is_dead_too() -> None:
    story = (*STARTED, SESSION_FOUND, SESSION_REJECTED, replace(SESSION_FOUND, at=at(8)))
    failed = e.LinkFailed(at=at(101), attempt=ATTEMPT, reason=Reason.PHONE_UNLINKED)
    given(*story).when(BY_PHONE).then(failed)


def test_accepted_as_a_failure_while_a_scan_is_checked() -> None:
    failed = e.LinkFailed(at=at(101), attempt=ATTEMPT, reason=Reason.PHONE_UNLINKED)
    given(*CHECKING).when(BY_PHONE).then(failed)


def test_accepted_as_a_dead_session_of_a_reconnect() -> None:
    found = replace(SESSION_FOUND, at=at(103), attempt=NEXT_ATTEMPT)
    logout = replace(BY_PHONE, at=at(104), attempt=NEXT_ATTEMPT)
    rejected = replace(
        SESSION_REJECTED, at=at(104), attempt=NEXT_ATTEMPT, deadline=until(Awaited.PAGE, 134)
    )
    given(*RETURNING, found).when(logout).then(rejected)


def test_ignored_when_nothing_is_linked() -> None:
    for story in (STARTED, SHOWING, FAILED):
        given(*story).when(BY_PHONE).then_ignored("not_linked")


def test_ignored_when_logged_out_already() -> None:
    given(*LINKED, LOGGED_OUT).when(BY_PHONE).then_ignored("not_linked")
    given(*LINKED, UNLINKED).when(BY_PHONE).then_ignored("not_linked")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(BY_PHONE, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(BY_PHONE).then_refused("not_registered")


def test_conflict_of_two_callbacks_is_one_logout() -> None:
    given(*LINKED).when(BY_PHONE).overtaken_by(BY_PHONE).then_ignored("not_linked")
