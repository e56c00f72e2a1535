import pytest
from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.account import Standby
from domain.observations import RecordLogout, RecordStandby
from domain.reasons import Reason
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FOREIGN,
    GUARDED,
    HANDED_OVER,
    LINKED,
    LOGGED_OUT,
    LOST,
    NEXT_ATTEMPT,
    PROMOTED,
    RECONNECT,
    SEALED,
    SESSION_FOUND,
    STANDBY_ATTEMPT,
    STANDBY_FAILED,
    STANDBY_READY,
    STANDBY_REQUESTED,
    SUPERSEDED,
    TAKEN_OVER,
    at,
)
from tests.given import given

REQUEST = RecordStandby(at=at(82), attempt=ATTEMPT, stage="requested", digest="sealed-1")
PROVE = replace(REQUEST, at=at(84), stage="ready")
FAIL = replace(REQUEST, at=at(84), stage="failed", reason=Reason.SESSION_UNREADABLE, detail="empty")
CALLED_OFF = f.ReconnectCalledOff(at=at(101), attempt=ATTEMPT)
KEPT = (*LINKED, SEALED)
PREPARING = (*KEPT, STANDBY_REQUESTED)


def test_accepted_when_a_session_is_sealed() -> None:
    left = given(*KEPT).when(REQUEST).then(STANDBY_REQUESTED)
    assert left.account.standby == Standby(stage="requested", since=at(82), digest="sealed-1")


def test_accepted_when_it_has_opened_the_session() -> None:
    left = given(*PREPARING).when(PROVE).then(STANDBY_READY)
    assert left.account.standby == Standby(stage="ready", since=at(84), digest="sealed-1")


def test_accepted_when_it_fails_and_says_when_it_is_tried_again() -> None:
    left = given(*PREPARING).when(FAIL).then(STANDBY_FAILED)
    failed = Standby(
        stage="failed",
        since=at(84),
        digest="sealed-1",
        reason=Reason.SESSION_UNREADABLE,
        retry_at=at(384),
    )
    assert left.account.standby == failed


def test_accepted_when_a_failed_one_is_tried_again() -> None:
    again = replace(REQUEST, at=at(384))
    requested = replace(STANDBY_REQUESTED, at=at(384))
    left = given(*PREPARING, STANDBY_FAILED).when(again).then(requested)
    assert left.account.standby.retry_at is None


def test_accepted_while_the_primary_is_away() -> None:
    given(*DISCONNECTED, SEALED).when(REQUEST).then(STANDBY_REQUESTED)


def test_accepted_with_a_newer_session_and_ready_since_the_first() -> None:
    newer = replace(PROVE, at=at(90), digest="sealed-2")
    renewed = f.StandbyReady(at=at(90), attempt=ATTEMPT, digest="sealed-2", renewed=True)
    left = given(*GUARDED).when(newer).then(renewed)
    assert left.account.standby == Standby(stage="ready", since=at(84), digest="sealed-2")


def test_accepted_when_one_that_was_ready_is_prepared_by_another_process() -> None:
    again = replace(REQUEST, at=at(90))
    given(*GUARDED).when(again).then(replace(STANDBY_REQUESTED, at=at(90)))


def test_accepted_when_one_that_was_ready_is_gone() -> None:
    given(*GUARDED).when(FAIL).then(STANDBY_FAILED)


def test_accepted_when_it_is_gone_while_the_primary_comes_back() -> None:
    """Or it would be ready for ever: whoever watches its process tells each silence once."""
    gone = replace(FAIL, attempt=NEXT_ATTEMPT)
    failed = replace(STANDBY_FAILED, attempt=NEXT_ATTEMPT)
    opening = (*GUARDED, LOST, RECONNECT)
    for story in (opening, (*opening, replace(SESSION_FOUND, at=at(103), attempt=NEXT_ATTEMPT))):
        left = given(*story).when(gone).then(failed)
        assert left.account.standby.stage == "failed"


@pytest.mark.parametrize(("command", "story"), [(REQUEST, PREPARING), (PROVE, GUARDED)])
def test_ignored_when_it_is_so_already(
    command: RecordStandby, story: tuple[e.AccountEvent, ...]
) -> None:
    given(*story).when(command).then_ignored("already_so")


@pytest.mark.parametrize("command", [PROVE, FAIL])
def test_ignored_when_none_is_being_prepared(command: RecordStandby) -> None:
    given(*KEPT).when(command).then_ignored("not_requested")


@pytest.mark.parametrize("command", [REQUEST, PROVE, FAIL])
def test_ignored_when_no_session_is_sealed(command: RecordStandby) -> None:
    given(*LINKED).when(command).then_ignored("not_sealed")


@pytest.mark.parametrize("command", [REQUEST, PROVE, FAIL])
def test_ignored_when_it_has_taken_over(command: RecordStandby) -> None:
    story = (*GUARDED, PROMOTED, HANDED_OVER, TAKEN_OVER)
    late = replace(command, attempt=STANDBY_ATTEMPT)
    given(*story).when(late).then_ignored("promoted_already")


def test_ignored_when_it_only_says_that_it_was_promoted() -> None:
    given(*GUARDED).when(replace(PROVE, stage="promoted")).then_ignored("promoted_by_wish_only")


def test_ignored_when_it_comes_after_a_logout() -> None:
    given(*PREPARING, LOGGED_OUT).when(PROVE).then_ignored("not_linked")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*KEPT).when(replace(REQUEST, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_before_the_link_is_complete() -> None:
    given(*CHECKING, SEALED).when(REQUEST).then_refused("illegal_step")


def test_conflict_with_a_logout_keeps_no_standby() -> None:
    logout = RecordLogout(at=at(83), attempt=ATTEMPT, by="phone")
    given(*PREPARING).when(PROVE).overtaken_by(logout).then_ignored("not_linked")


def test_ignored_when_the_account_was_stopped() -> None:
    stopped = replace(LOST, reason=Reason.STOPPED, deadline=None)
    left = given(*GUARDED, stopped)
    left.when(PROVE).then_ignored("not_requested")
    given(*GUARDED, LOST, CALLED_OFF).when(PROVE).then_ignored("not_requested")


def test_ignored_when_the_number_has_moved() -> None:
    given(*GUARDED, SUPERSEDED).when(PROVE).then_ignored("not_requested")
