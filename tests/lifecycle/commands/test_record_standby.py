import pytest
from msgspec.structs import replace

from domain import facts as f
from domain.observations import RecordLogout, RecordStandby
from domain.reasons import Reason
from tests.examples import ATTEMPT, CHECKING, DISCONNECTED, FOREIGN, LINKED, LOGGED_OUT, at
from tests.given import given

REQUEST = RecordStandby(at=at(96), attempt=ATTEMPT, stage="requested")
REQUESTED = f.StandbyRequested(at=at(96), attempt=ATTEMPT)
FAILED = f.StandbyFailed(
    at=at(96), attempt=ATTEMPT, reason=Reason.OUT_OF_MEMORY, retry_at=at(396), detail="no room"
)
PROMOTED = f.StandbyPromoted(at=at(96), attempt=ATTEMPT, because="send_failed")
FAIL = replace(REQUEST, stage="failed", reason=Reason.OUT_OF_MEMORY, detail="no room")
STAGES = [
    (REQUEST, REQUESTED),
    (replace(REQUEST, stage="ready"), f.StandbyReady(at=at(96), attempt=ATTEMPT)),
    (FAIL, FAILED),
    (replace(REQUEST, stage="promoted", because="send_failed"), PROMOTED),
]


@pytest.mark.parametrize(("command", "event"), STAGES)
def test_accepted_at_each_stage(command: RecordStandby, event: f.AttemptEvent) -> None:
    left = given(*LINKED).when(command).then(event)
    assert left.account.standby == command.stage
    given(*DISCONNECTED).when(command).then(event)


@pytest.mark.parametrize(("command", "event"), STAGES)
def test_ignored_when_it_is_at_this_stage(command: RecordStandby, event: f.AttemptEvent) -> None:
    given(*LINKED, event).when(command).then_ignored("already_so")


def test_ignored_when_it_comes_after_a_logout() -> None:
    given(*LINKED, REQUESTED, LOGGED_OUT).when(REQUEST).then_ignored("not_linked")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(REQUEST, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_before_the_link_is_complete() -> None:
    given(*CHECKING).when(REQUEST).then_refused("illegal_step")


def test_conflict_with_a_logout_keeps_no_standby() -> None:
    logout = RecordLogout(at=at(94), attempt=ATTEMPT, by="phone")
    given(*LINKED).when(REQUEST).overtaken_by(logout).then_ignored("not_linked")
