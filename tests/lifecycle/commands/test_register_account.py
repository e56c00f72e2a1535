"""RegisterAccount is never ignored: an id that exists already is somebody's mistake."""

from domain import events as e
from domain.policy import Policy
from domain.wishes import RegisterAccount
from tests.examples import REGISTERED, at
from tests.given import given

REGISTER = RegisterAccount(at=at(0), workspace="shop", label="Front desk")


def test_accepted_when_the_account_is_new() -> None:
    left = given().when(REGISTER).then(REGISTERED)
    assert left.account.registered


def test_accepted_with_a_site_and_a_policy_of_its_own() -> None:
    policy = Policy(link_window_s=60)
    command = RegisterAccount(at=at(0), workspace="shop", site="sandbox", policy=policy)
    registered = e.AccountRegistered(at=at(0), workspace="shop", site="sandbox", policy=policy)
    given().when(command).then(registered)


def test_refused_when_the_id_is_taken() -> None:
    given(REGISTERED).when(REGISTER).then_refused("already_registered")


def test_conflict_of_two_that_register_the_same_id() -> None:
    given().when(REGISTER).overtaken_by(REGISTER).then_refused("already_registered")
