import pytest
from msgspec.structs import replace

from domain import events as e
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.observations import RecordQr, RecordScan
from domain.policy import Policy
from domain.reasons import Reason
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DESTROYED,
    DISCONNECTED,
    EXHAUSTED,
    FETCHED,
    HALF_SYNCED,
    LINKED,
    LOGOUT_REQUESTED,
    NEXT_ATTEMPT,
    PASSKEY_DEMANDED,
    PHONE_AWAITED,
    QR_2,
    RECONNECT,
    REGISTERED,
    RETURNING,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

QUEUED = e.PageReached(
    at=at(2), attempt=ATTEMPT, phase="queued", deadline=until(Awaited.START, 302)
)
HANGING = [
    ((*STARTED, QUEUED), Awaited.START, 302, Reason.MACHINE_BUSY),
    (STARTED, Awaited.PAGE, 31, Reason.INITIALIZE_TIMED_OUT),
    (SHOWING, Awaited.SCAN, 305, Reason.QR_NOT_FETCHED),
    ((*SHOWING, FETCHED), Awaited.SCAN, 305, Reason.QR_EXPIRED),
    ((*SHOWING, FETCHED, QR_2), Awaited.SCAN, 305, Reason.QR_EXPIRED),
    ((*SHOWING, EXHAUSTED), Awaited.SCAN, 305, Reason.QR_NOT_FETCHED),
    (CHECKING, Awaited.AUTHENTICATION, 130, Reason.AUTHENTICATION_TIMED_OUT),
    ((*CHECKING, HALF_SYNCED), Awaited.AUTHENTICATION, 135, Reason.AUTHENTICATION_TIMED_OUT),
    ((*CHECKING, PHONE_AWAITED), Awaited.PHONE_NUMBER, 88, Reason.PHONE_NUMBER_UNKNOWN),
    ((*CHECKING, PASSKEY_DEMANDED), Awaited.PASSKEY, 191, Reason.PASSKEY_REQUIRED),
]


def passed(awaited: Awaited, due: float, now: float | None = None) -> ExpireDeadline:
    """Build the clock's command for a deadline, at the moment it is due unless told."""
    return ExpireDeadline(
        at=at(due if now is None else now), awaited=awaited, due=at(due), attempt=NEXT_ATTEMPT
    )


@pytest.mark.parametrize(("story", "awaited", "due", "reason"), HANGING)
def test_accepted_as_a_failure_by_name(
    story: tuple[e.AccountEvent, ...], awaited: Awaited, due: float, reason: Reason
) -> None:
    failed = e.LinkFailed(at=at(due), attempt=ATTEMPT, reason=reason)
    left = given(*story).when(passed(awaited, due)).then(failed)
    assert left.account.deadline is None


def test_accepted_long_overdue_after_a_restart() -> None:
    failed = e.LinkFailed(at=at(9000), attempt=ATTEMPT, reason=Reason.INITIALIZE_TIMED_OUT)
    given(*STARTED).when(passed(Awaited.PAGE, 31, 9000)).then(failed)


def test_accepted_as_the_appointment_for_a_reconnect() -> None:
    left = given(*DISCONNECTED).when(passed(Awaited.RECONNECT, 101.5, 102)).then(RECONNECT)
    assert left.account.reconnects == 1
    assert left.account.link == ATTEMPT, "coming back by itself is no new wish for the number"


def test_accepted_as_a_reconnect_under_the_accounts_own_policy() -> None:
    own = Policy(initialize_s=5)
    story = (replace(REGISTERED, policy=own), *DISCONNECTED[1:])
    started = replace(RECONNECT, policy=own, deadline=until(Awaited.PAGE, 107))
    given(*story).when(passed(Awaited.RECONNECT, 101.5, 102)).then(started)


def test_accepted_as_a_failed_reconnect_with_the_next_appointment() -> None:
    failed = e.ReconnectFailed(
        at=at(132),
        attempt=NEXT_ATTEMPT,
        reason=Reason.INITIALIZE_TIMED_OUT,
        deadline=until(Awaited.RECONNECT, 135.96),
    )
    expired = replace(passed(Awaited.PAGE, 132), jitter=0.98)
    given(*RETURNING).when(expired).then(failed)


def test_accepted_without_spending_the_budget_on_a_reconnect_that_no_worker_began() -> None:
    last = replace(RECONNECT, policy=Policy(reconnect_budget=1))
    failed = e.ReconnectFailed(
        at=at(132),
        attempt=NEXT_ATTEMPT,
        reason=Reason.INITIALIZE_TIMED_OUT,
        deadline=until(Awaited.RECONNECT, 133.96),
    )
    expired = replace(passed(Awaited.PAGE, 132), jitter=0.96)
    left = given(*DISCONNECTED, last).when(expired).then(failed)
    assert left.account.reconnects == 0
    begun = e.PageReached(
        at=at(102),
        attempt=NEXT_ATTEMPT,
        phase="browser_started",
        deadline=until(Awaited.PAGE, 132),
    )
    given(*DISCONNECTED, last, begun).when(expired).then(replace(failed, deadline=None))


def test_accepted_as_an_unconfirmed_logout() -> None:
    logged_out = e.LoggedOut(at=at(115), by="client", reason=Reason.LOGGED_OUT, confirmed=False)
    given(*LINKED, LOGOUT_REQUESTED).when(passed(Awaited.LOGOUT, 115)).then(logged_out)


def test_ignored_when_the_deadline_has_moved_or_gone() -> None:
    given(*SHOWING).when(passed(Awaited.PAGE, 31)).then_ignored("deadline_moved")
    moved = passed(Awaited.AUTHENTICATION, 130)
    given(*CHECKING, HALF_SYNCED).when(moved).then_ignored("deadline_moved")
    given(*LINKED).when(moved).then_ignored("deadline_moved")
    appointment = passed(Awaited.RECONNECT, 101.5)
    given(*DISCONNECTED, DESTROYED).when(appointment).then_ignored("deadline_moved")


def test_ignored_when_it_is_not_due() -> None:
    given(*STARTED).when(passed(Awaited.PAGE, 31, 30.999)).then_ignored("not_due")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(passed(Awaited.PAGE, 31)).then_refused("not_registered")


def test_conflict_with_the_sign_that_was_awaited() -> None:
    sign = RecordQr(at=at(30), attempt=ATTEMPT, fingerprint="keyed", expires_at=at(90))
    given(*STARTED).when(passed(Awaited.PAGE, 31)).overtaken_by(sign).then_ignored("deadline_moved")


def test_conflict_of_two_clocks_is_one_reconnect() -> None:
    appointment = passed(Awaited.RECONNECT, 101.5)
    given(*DISCONNECTED).when(appointment).overtaken_by(
        replace(appointment, attempt="attempt-of-the-faster-clock")
    ).then_ignored("deadline_moved")


def test_conflict_with_a_scan_in_the_last_moment() -> None:
    scan = RecordScan(at=at(304), attempt=ATTEMPT)
    given(*SHOWING).when(passed(Awaited.SCAN, 305)).overtaken_by(scan).then_ignored(
        "deadline_moved"
    )
