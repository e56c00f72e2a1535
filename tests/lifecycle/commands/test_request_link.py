"""RequestLink is never ignored: it brings a new attempt, which either starts or is refused."""

import pytest
from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.policy import Policy
from domain.wishes import CancelLink, RequestLink
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    LINK,
    LINK_BY_PAIRING_CODE,
    LINKED,
    LOGGED_OUT,
    NEXT_ATTEMPT,
    PHONE,
    REGISTERED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

REQUEST = RequestLink(at=at(1), attempt=ATTEMPT)
AGAIN = RequestLink(at=at(110), attempt=NEXT_ATTEMPT)
SECOND = e.LinkRequested(
    at=at(110),
    attempt=NEXT_ATTEMPT,
    number=2,
    method="qr",
    policy=Policy(),
    deadline=until(Awaited.PAGE, 140),
)


def test_accepted_when_nothing_was_linked() -> None:
    given(REGISTERED).when(REQUEST).then(LINK)


def test_accepted_by_pairing_code() -> None:
    by_code = RequestLink(at=at(1), attempt=ATTEMPT, method="pairing_code", pairing_phone=PHONE)
    given(REGISTERED).when(by_code).then(LINK_BY_PAIRING_CODE)


@pytest.mark.parametrize("story", [FAILED, DISCONNECTED, (*LINKED, LOGGED_OUT)])
def test_accepted_after_a_failure_or_a_loss(story: tuple[e.AccountEvent, ...]) -> None:
    given(*story).when(AGAIN).then(SECOND)
    given(*story).when(replace(AGAIN, retry=True)).then(SECOND)


def test_accepted_with_the_accounts_own_policy_before_the_deployments() -> None:
    policy = Policy(initialize_s=5)
    link = replace(LINK, policy=policy, deadline=until(Awaited.PAGE, 6))
    given(replace(REGISTERED, policy=policy)).when(REQUEST).then(link)


def test_a_new_attempt_forgets_the_old_ones_traces() -> None:
    left = given(*FAILED).when(AGAIN).then(SECOND)
    assert left.account.reason is None
    assert left.account.detail == ""
    assert left.attempt.codes_seen == ()


@pytest.mark.parametrize("story", [STARTED, SHOWING, CHECKING])
def test_refused_while_an_attempt_is_running(story: tuple[e.AccountEvent, ...]) -> None:
    given(*story).when(AGAIN).then_refused("attempt_in_progress")


def test_refused_when_the_account_is_linked() -> None:
    given(*LINKED).when(AGAIN).then_refused("already_linked")


def test_refused_when_there_is_nothing_to_retry() -> None:
    given(REGISTERED).when(replace(REQUEST, retry=True)).then_refused("nothing_to_retry")


def test_refused_when_a_pairing_code_has_no_phone() -> None:
    command = replace(REQUEST, method="pairing_code")
    given(REGISTERED).when(command).then_refused("pairing_phone_required")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(REQUEST).then_refused("not_registered")


def test_conflict_of_two_clients_starts_one_attempt() -> None:
    given(REGISTERED).when(AGAIN).overtaken_by(REQUEST).then_refused("attempt_in_progress")


def test_conflict_with_a_cancel_starts_the_next_attempt() -> None:
    given(*STARTED).when(AGAIN).overtaken_by(CancelLink(at=at(109))).then(SECOND)
