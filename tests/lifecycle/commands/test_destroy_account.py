import pytest

from domain import events as e
from domain.account import NEW
from domain.wishes import DestroyAccount, RequestLogout
from tests.examples import (
    CHECKING,
    DESTROYED,
    DISCONNECTED,
    FAILED,
    LINKED,
    REGISTERED,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

DESTROY = DestroyAccount(at=at(200))


@pytest.mark.parametrize("story", [STARTED, SHOWING, CHECKING, LINKED, FAILED, DISCONNECTED])
def test_accepted_wherever_something_is_linked_or_kept(story: tuple[e.AccountEvent, ...]) -> None:
    left = given(*story).when(DESTROY).then(DESTROYED)
    assert left.account.attempt is None
    assert left.account.deadline is None
    assert (left.account.phone, left.account.name, left.account.link) == (None, "", "")
    assert left.account.attempts == 1, "the next attempt must not take the number of an old one"
    assert left.account.reason is NEW.reason


def test_ignored_when_nothing_is_linked() -> None:
    given(REGISTERED).when(DESTROY).then_ignored("nothing_to_destroy")
    given(*LINKED, DESTROYED).when(DESTROY).then_ignored("nothing_to_destroy")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(DESTROY).then_refused("not_registered")


def test_conflict_with_a_logout_destroys_all_the_same() -> None:
    given(*LINKED).when(DESTROY).overtaken_by(RequestLogout(at=at(199))).then(DESTROYED)
