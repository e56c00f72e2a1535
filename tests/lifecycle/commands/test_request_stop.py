"""RequestStop lets a link rest: no page, no reconnect by itself, and the session stays kept."""

from msgspec.structs import replace

from domain import events as e
from domain import facts as f
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.status import Status
from domain.wishes import RequestReconnect, RequestStop
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    LOST_FOR_GOOD,
    NEXT_ATTEMPT,
    RECONNECT,
    REGISTERED,
    RETURNING,
    SESSION_FOUND,
    SHOWING,
    SUPERSEDED,
    at,
)
from tests.given import given

STOP = RequestStop(at=at(103))
STOPPED = e.ConnectionLost(at=at(103), attempt=ATTEMPT, reason=Reason.STOPPED)
CALLED_OFF = f.ReconnectCalledOff(at=at(103), attempt=ATTEMPT)


def test_accepted_when_ready() -> None:
    left = given(*LINKED).when(STOP).then(STOPPED)
    assert left.account.deadline is None
    assert left.account.phone, "the link is kept"


def test_accepted_while_a_reconnect_is_to_come() -> None:
    left = given(*DISCONNECTED).when(STOP).then(CALLED_OFF)
    assert (left.account.status, left.account.reason) == (Status.DISCONNECTED, Reason.STOPPED)
    assert left.account.deadline is None


def test_accepted_while_a_reconnect_is_under_way() -> None:
    failed = e.ReconnectFailed(at=at(103), attempt=NEXT_ATTEMPT, reason=Reason.STOPPED)
    given(*RETURNING).when(STOP).then(failed)
    found = replace(SESSION_FOUND, attempt=NEXT_ATTEMPT)
    given(*RETURNING, found).when(STOP).then(failed)


def test_ignored_when_nothing_would_come_back_by_itself() -> None:
    for end in (STOPPED, SUPERSEDED, LOST_FOR_GOOD, LOGGED_OUT):
        given(*LINKED, end).when(STOP).then_ignored("nothing_to_stop")
    given(*DISCONNECTED, CALLED_OFF).when(STOP).then_ignored("nothing_to_stop")


def test_ignored_while_a_logout_is_under_way() -> None:
    given(*LINKED, LOGOUT_REQUESTED).when(STOP).then_ignored("logout_in_progress")


def test_refused_while_an_attempt_to_link_is_running() -> None:
    for story in (SHOWING, CHECKING):
        given(*story).when(STOP).then_refused("attempt_in_progress")


def test_refused_when_nothing_is_linked() -> None:
    given(REGISTERED).when(STOP).then_refused("not_linked")
    given(*FAILED).when(STOP).then_refused("not_linked")


def test_the_clock_does_not_bring_it_back() -> None:
    appointment = ExpireDeadline(
        at=at(110), awaited=Awaited.RECONNECT, due=at(101.5), attempt=NEXT_ATTEMPT
    )
    given(*DISCONNECTED, CALLED_OFF).when(appointment).then_ignored("deadline_moved")


def test_a_client_brings_it_back() -> None:
    back = RequestReconnect(at=at(104), attempt=NEXT_ATTEMPT)
    for story in ((*LINKED, STOPPED), (*DISCONNECTED, CALLED_OFF)):
        given(*story).when(back).then(
            replace(
                RECONNECT, at=at(104), by="client", deadline=replace(RECONNECT.deadline, at=at(134))
            )
        )


def test_conflict_with_a_loss_calls_the_reconnect_off() -> None:
    lost = RecordProblem(at=at(100), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)
    given(*LINKED).when(STOP).overtaken_by(lost).then(CALLED_OFF)
