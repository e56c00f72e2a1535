"""RequestReconnect is never ignored: it brings a new attempt, which either starts or is refused."""

from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.policy import Policy
from domain.reasons import Reason
from domain.wishes import RequestReconnect
from tests.examples import (
    DISCONNECTED,
    FAILED,
    LINKED,
    LOGGED_OUT,
    LOST_FOR_GOOD,
    NEXT_ATTEMPT,
    RECONNECT,
    REGISTERED,
    RETURNING,
    SUPERSEDED,
    at,
    until,
)
from tests.given import given

REQUEST = RequestReconnect(at=at(102), attempt=NEXT_ATTEMPT)
STARTED = replace(RECONNECT, by="client")
REQUEST_LATER = replace(REQUEST, at=at(200), attempt="attempt-3")
STARTED_LATER = replace(
    STARTED, at=at(200), attempt="attempt-3", number=3, deadline=until(Awaited.PAGE, 230)
)


def test_accepted_when_the_link_was_lost() -> None:
    left = given(*DISCONNECTED).when(REQUEST).then(STARTED)
    assert left.account.link == NEXT_ATTEMPT, "a wish of today wins the number back"


def test_accepted_after_losses_that_linkwright_does_not_come_back_from_by_itself() -> None:
    given(*LINKED, LOST_FOR_GOOD).when(REQUEST).then(STARTED)
    given(*LINKED, SUPERSEDED).when(REQUEST).then(STARTED)


def test_accepted_with_the_whole_budget_of_reconnects_once_more() -> None:
    failed = e.ReconnectFailed(at=at(110), attempt=NEXT_ATTEMPT, reason=Reason.NETWORK_LOST)
    assert given(*RETURNING, failed).when(REQUEST_LATER).then(STARTED_LATER).account.reconnects == 0


def test_accepted_with_the_accounts_own_policy_before_the_deployments() -> None:
    own = Policy(initialize_s=5)
    story = (replace(REGISTERED, policy=own), *DISCONNECTED[1:])
    started: e.ReconnectStarted = replace(STARTED, policy=own, deadline=until(Awaited.PAGE, 107))
    given(*story).when(REQUEST).then(started)


def test_refused_when_no_session_is_left() -> None:
    for story in ((REGISTERED,), FAILED, (*LINKED, LOGGED_OUT)):
        given(*story).when(REQUEST).then_refused("no_session")


def test_refused_when_an_attempt_is_running() -> None:
    given(*RETURNING).when(REQUEST).then_refused("attempt_in_progress")


def test_refused_when_the_account_is_linked() -> None:
    given(*LINKED).when(REQUEST).then_refused("already_linked")


def test_conflict_of_two_that_reconnect_starts_one_attempt() -> None:
    faster = replace(REQUEST, attempt="attempt-of-the-faster")
    given(*DISCONNECTED).when(REQUEST).overtaken_by(faster).then_refused("attempt_in_progress")
