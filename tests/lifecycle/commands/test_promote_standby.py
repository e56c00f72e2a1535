import pytest
from msgspec.structs import replace

from domain import events as e
from domain.account import NO_STANDBY
from domain.deadlines import Awaited
from domain.evolve import replay
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.standby import PRIMARY_LOST
from domain.status import Status
from domain.wishes import PromoteStandby
from tests.examples import (
    ATTEMPT,
    CREATED,
    GUARDED,
    HANDED_OVER,
    HELD_BY_STANDBY,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    LOST,
    NEXT_ATTEMPT,
    PROMOTED,
    RECONNECT,
    SEALED,
    SHOWING,
    STANDBY_ATTEMPT,
    STANDBY_FAILED,
    STANDBY_REQUESTED,
    TAKEN_OVER,
    at,
    until,
)
from tests.given import given

ASKED = PromoteStandby(at=at(110), attempt=STANDBY_ATTEMPT)
OFFERED = replace(ASKED, because="connection_lost")
CRASHED = replace(LOST, reason=Reason.BROWSER_CRASHED)
TAKEN_FROM_LOST = (replace(PROMOTED, because="connection_lost"), TAKEN_OVER)
NOBODY_CAME = e.ReconnectFailed(
    at=at(105), attempt=NEXT_ATTEMPT, reason=Reason.INITIALIZE_TIMED_OUT
)


def test_accepted_from_ready_when_a_client_asks() -> None:
    left = given(*GUARDED).when(ASKED).then(PROMOTED, HANDED_OVER, TAKEN_OVER)
    assert left.account.status is Status.INITIALIZING
    assert left.attempt.holder == "standby"
    assert left.attempt.kind == "reconnect"
    assert left.account.standby.stage == "promoted"
    assert left.account.link == ATTEMPT
    assert left.deadline == until(Awaited.PAGE, 140)


def test_accepted_from_ready_when_sending_has_failed() -> None:
    promoted = replace(PROMOTED, because="send_failed")
    asked = replace(ASKED, because="send_failed")
    given(*GUARDED).when(asked).then(promoted, HANDED_OVER, TAKEN_OVER)


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason in PRIMARY_LOST])
def test_accepted_when_the_primary_is_lost(reason: Reason) -> None:
    given(*GUARDED, replace(LOST, reason=reason)).when(OFFERED).then(*TAKEN_FROM_LOST)


def test_accepted_when_no_worker_came_to_the_reconnect() -> None:
    """The reconnect was faster than the standby; it must not lose the account for that."""
    story = (*GUARDED, CRASHED, RECONNECT, NOBODY_CAME)
    promoted = replace(PROMOTED, attempt=NEXT_ATTEMPT, because="connection_lost")
    given(*story).when(OFFERED).then(promoted, replace(TAKEN_OVER, number=3))


def test_ignored_when_a_worker_had_begun_the_reconnect() -> None:
    page = e.PageReached(
        at=at(103), attempt=NEXT_ATTEMPT, phase="browser_started", deadline=until(Awaited.PAGE, 133)
    )
    story = (*GUARDED, CRASHED, RECONNECT, page, NOBODY_CAME)
    given(*story).when(OFFERED).then_ignored("primary_not_lost")


def test_accepted_when_a_client_asks_and_the_network_was_lost() -> None:
    given(*GUARDED, LOST).when(ASKED).then(PROMOTED, TAKEN_OVER)


def test_ignored_when_the_standby_holds_the_link() -> None:
    given(*HELD_BY_STANDBY).when(replace(ASKED, attempt="attempt-4")).then_ignored(
        "promoted_already"
    )


@pytest.mark.parametrize(
    "reason", [Reason.NETWORK_LOST, Reason.PHONE_OFFLINE, Reason.STREAM_REPLACED]
)
def test_ignored_when_no_other_process_would_fare_better(reason: Reason) -> None:
    lost = replace(LOST, reason=reason)
    given(*GUARDED, lost).when(OFFERED).then_ignored("primary_not_lost")


def test_ignored_when_the_primary_is_well() -> None:
    given(*GUARDED).when(OFFERED).then_ignored("primary_not_lost")


@pytest.mark.parametrize(
    "story",
    [
        (*LINKED, SEALED),
        (*LINKED, SEALED, STANDBY_REQUESTED),
        (*GUARDED, STANDBY_FAILED),
    ],
)
def test_refused_when_none_is_ready(story: tuple[e.AccountEvent, ...]) -> None:
    given(*story).when(ASKED).then_refused("standby_not_ready")


def test_refused_while_the_primary_comes_back_by_itself() -> None:
    given(*GUARDED, CRASHED, RECONNECT).when(OFFERED).then_refused("attempt_in_progress")


def test_refused_before_there_is_a_link() -> None:
    given(CREATED).when(ASKED).then_refused("not_linked")
    given(*SHOWING).when(ASKED).then_refused("attempt_in_progress")


def test_refused_after_and_during_a_logout() -> None:
    given(*GUARDED, LOGOUT_REQUESTED).when(ASKED).then_refused("not_linked")
    given(*GUARDED, LOGGED_OUT).when(ASKED).then_refused("not_linked")


def test_conflict_with_the_loss_goes_on_from_there() -> None:
    lost = RecordProblem(at=at(100), attempt=ATTEMPT, reason=Reason.BROWSER_CRASHED)
    given(*GUARDED).when(ASKED).overtaken_by(lost).then(PROMOTED, TAKEN_OVER)


def test_a_lost_promoted_link_comes_back_by_the_ordinary_reconnect() -> None:
    """The standby is used up; the worker's reconnect follows, and a new standby after it."""
    crashed = RecordProblem(
        at=at(150), attempt=STANDBY_ATTEMPT, reason=Reason.BROWSER_CRASHED, jitter=0.0
    )
    lost = replace(
        CRASHED, at=at(150), attempt=STANDBY_ATTEMPT, deadline=until(Awaited.RECONNECT, 152)
    )
    left = given(*HELD_BY_STANDBY).when(crashed).then(lost)
    assert left.account.standby == NO_STANDBY
    account = replay([replace(RECONNECT, attempt=NEXT_ATTEMPT)], left.account)
    assert account.attempt is not None
    assert account.attempt.holder == "primary"
