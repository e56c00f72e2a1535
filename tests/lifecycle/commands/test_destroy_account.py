import pytest

from domain import events as e
from domain.account import NEW
from domain.commands import Wish
from domain.status import Status
from domain.wishes import DestroyAccount, RequestLink, RequestLogout, RequestReconnect
from tests.examples import (
    CHECKING,
    DESTROYED,
    DISCONNECTED,
    ERASED,
    FAILED,
    LINKED,
    REGISTERED,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

DESTROY = DestroyAccount(at=at(200))
ERASE = DestroyAccount(at=at(200), erase=True)


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


def test_erasing_says_so_behind_the_end_of_the_link() -> None:
    left = given(*LINKED).when(ERASE).then(DESTROYED, ERASED)
    assert (left.account.label, left.account.phone, left.account.name) == ("", None, "")
    assert left.account.erased


@pytest.mark.parametrize("story", [(REGISTERED,), (*LINKED, DESTROYED)])
def test_accepted_for_erasing_alone(story: tuple[e.AccountEvent, ...]) -> None:
    left = given(*story).when(ERASE).then(ERASED)
    assert left.account.status is Status.NOT_CREATED
    assert left.account.label == ""


def test_ignored_when_it_is_erased_already() -> None:
    given(*LINKED, DESTROYED, ERASED).when(ERASE).then_ignored("already_erased")
    given(*LINKED, DESTROYED, ERASED).when(DESTROY).then_ignored("nothing_to_destroy")


@pytest.mark.parametrize(
    "wish", [RequestLink(at=at(201), attempt="a2"), RequestReconnect(at=at(201), attempt="a2")]
)
def test_an_erased_account_is_not_linked_again(wish: Wish) -> None:
    given(REGISTERED, ERASED).when(wish).then_refused("erased")


def test_conflict_with_a_logout_destroys_all_the_same() -> None:
    given(*LINKED).when(DESTROY).overtaken_by(RequestLogout(at=at(199))).then(DESTROYED)
