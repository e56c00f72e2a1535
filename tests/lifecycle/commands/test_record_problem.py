import pytest
from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordProblem
from domain.policy import Policy
from domain.reasons import RECONNECTABLE, Reason
from domain.status import Status
from domain.wishes import DestroyAccount
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    FOREIGN,
    LINK,
    LINK_FAILED,
    LINKED,
    LOGOUT_REQUESTED,
    LOST,
    NEXT_ATTEMPT,
    QR_1,
    RETURNING,
    SCANNED,
    SESSION_FOUND,
    SESSION_REJECTED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

CRASH = RecordProblem(at=at(90), attempt=ATTEMPT, reason=Reason.BROWSER_CRASHED)
NETWORK = RecordProblem(at=at(100), attempt=ATTEMPT, reason=Reason.NETWORK_LOST)
UNLINKED = RecordProblem(at=at(100), attempt=ATTEMPT, reason=Reason.PHONE_UNLINKED)
AFTER_RECONNECT = RecordProblem(at=at(110), attempt=NEXT_ATTEMPT, reason=Reason.NETWORK_LOST)
RECONNECT_FAILED = e.ReconnectFailed(
    at=at(110),
    attempt=NEXT_ATTEMPT,
    reason=Reason.NETWORK_LOST,
    deadline=until(Awaited.RECONNECT, 113),
)


def test_accepted_as_the_failure_of_a_running_attempt() -> None:
    for story in (STARTED, SHOWING, CHECKING):
        left = given(*story).when(CRASH).then(LINK_FAILED)
        assert left.account.deadline is None
        assert left.account.reason is Reason.BROWSER_CRASHED
        assert left.attempt.code is None


def test_accepted_as_a_lost_link_with_an_appointment_to_come_back() -> None:
    left = given(*LINKED).when(NETWORK).then(LOST)
    assert left.deadline.awaited is Awaited.RECONNECT
    assert left.account.ready_at is None


@pytest.mark.parametrize("reason", list(Reason))
def test_accepted_and_only_some_reasons_bring_a_reconnect(reason: Reason) -> None:
    if reason in (Reason.PHONE_UNLINKED, Reason.LOGGED_OUT):
        return  # the next example but one
    deadline = until(Awaited.RECONNECT, 101.5) if reason in RECONNECTABLE else None
    lost = replace(LOST, reason=reason, deadline=deadline)
    given(*LINKED).when(replace(NETWORK, reason=reason)).then(lost)


def test_accepted_as_a_failed_reconnect_with_a_later_appointment() -> None:
    left = given(*RETURNING).when(AFTER_RECONNECT).then(RECONNECT_FAILED)
    assert left.account.status is Status.DISCONNECTED
    assert left.account.reconnects == 1


def test_accepted_as_an_unlinking_when_that_is_the_problem() -> None:
    unlinked = e.LoggedOut(at=at(100), by="phone", reason=Reason.PHONE_UNLINKED)
    given(*LINKED).when(UNLINKED).then(unlinked)
    logged_out = e.LoggedOut(at=at(100), by="client", reason=Reason.LOGGED_OUT)
    given(*LINKED).when(replace(UNLINKED, reason=Reason.LOGGED_OUT)).then(logged_out)
    rejected = replace(SESSION_REJECTED, at=at(100), deadline=until(Awaited.PAGE, 130))
    given(*STARTED, SESSION_FOUND).when(UNLINKED).then(rejected)


def test_accepted_without_an_appointment_when_the_budget_is_spent() -> None:
    policy = Policy(reconnect_budget=1)
    story = (STARTED[0], replace(LINK, policy=policy), *LINKED[2:], LOST)
    returning = replace(RETURNING[-1], policy=policy)
    failed = replace(RECONNECT_FAILED, deadline=None)
    given(*story, returning).when(AFTER_RECONNECT).then(failed)


def test_accepted_with_the_whole_budget_after_a_good_while_ready() -> None:
    found = replace(SESSION_FOUND, at=at(103), attempt=NEXT_ATTEMPT)
    ready = e.LinkCompleted(at=at(104), attempt=NEXT_ATTEMPT)
    story = (*RETURNING, found, ready)
    network = replace(NETWORK, attempt=NEXT_ATTEMPT, at=at(403))
    early = replace(LOST, at=at(403), attempt=NEXT_ATTEMPT, deadline=until(Awaited.RECONNECT, 406))
    assert given(*story).when(network).then(early).account.reconnects == 1
    late = replace(LOST, at=at(404), attempt=NEXT_ATTEMPT, deadline=until(Awaited.RECONNECT, 405.5))
    left = given(*story).when(replace(network, at=at(404))).then(late)
    assert left.account.reconnects == 0


def test_accepted_as_an_unconfirmed_logout_while_logging_out() -> None:
    logged_out = e.LoggedOut(
        at=at(103), by="client", reason=Reason.LOGGED_OUT, confirmed=False, detail="gone"
    )
    crash = replace(CRASH, at=at(103), detail="gone")
    given(*LINKED, LOGOUT_REQUESTED).when(crash).then(logged_out)


def test_accepted_as_the_failure_of_a_link_once_the_reconnect_has_lost_its_session() -> None:
    shown = replace(QR_1, attempt=NEXT_ATTEMPT, at=at(105))
    scanned = replace(SCANNED, attempt=NEXT_ATTEMPT, at=at(106))
    found = replace(SESSION_FOUND, attempt=NEXT_ATTEMPT, at=at(105))
    rejected = replace(SESSION_REJECTED, attempt=NEXT_ATTEMPT, at=at(106))
    failed = e.LinkFailed(at=at(110), attempt=NEXT_ATTEMPT, reason=Reason.NETWORK_LOST)
    for events in ((shown,), (shown, scanned), (scanned,), (found, rejected)):
        given(*RETURNING, *events).when(AFTER_RECONNECT).then(failed)


def test_ignored_when_the_attempt_is_over() -> None:
    given(*FAILED).when(CRASH).then_ignored("attempt_over")
    given(*DISCONNECTED).when(CRASH).then_ignored("attempt_over")
    given(*DISCONNECTED).when(UNLINKED).then_ignored("attempt_over")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(NETWORK, attempt=FOREIGN)).then_ignored("foreign_attempt")
    given(*RETURNING).when(NETWORK).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(CRASH).then_refused("not_registered")


def test_conflict_of_two_that_see_the_same_crash_is_one_loss() -> None:
    given(*LINKED).when(NETWORK).overtaken_by(NETWORK).then_ignored("attempt_over")


def test_conflict_with_a_destruction_leaves_nothing_to_lose() -> None:
    destroy = DestroyAccount(at=at(99))
    given(*LINKED).when(NETWORK).overtaken_by(destroy).then_ignored("foreign_attempt")


def test_accepted_as_the_failure_of_a_link_when_a_reconnect_learns_that_it_is_unlinked() -> None:
    unlinked = replace(AFTER_RECONNECT, reason=Reason.PHONE_UNLINKED)
    failed = e.LinkFailed(at=at(110), attempt=NEXT_ATTEMPT, reason=Reason.PHONE_UNLINKED)
    given(*RETURNING).when(unlinked).then(failed)
