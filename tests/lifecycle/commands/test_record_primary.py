from msgspec.structs import replace

from domain import facts as f
from domain.observations import RecordPrimary
from tests.examples import LINKED, REGISTERED, at
from tests.given import given

CHOOSE = RecordPrimary(at=at(81), chosen=True, workspace_version=2)
CHOSEN = f.PrimaryChosen(at=at(81), workspace_version=2)
WITHDRAW = RecordPrimary(at=at(300), chosen=False, workspace_version=5)
WITHDRAWN = f.PrimaryWithdrawn(at=at(300), workspace_version=5)


def test_accepted_when_chosen_and_when_withdrawn() -> None:
    assert given(*LINKED).when(CHOOSE).then(CHOSEN).account.primary
    assert not given(*LINKED, CHOSEN).when(WITHDRAW).then(WITHDRAWN).account.primary


def test_accepted_again_by_a_newer_word() -> None:
    again = replace(CHOOSE, workspace_version=8)
    given(*LINKED, CHOSEN, WITHDRAWN).when(again).then(replace(CHOSEN, workspace_version=8))


def test_ignored_when_it_is_so_already() -> None:
    given(REGISTERED).when(replace(WITHDRAW, workspace_version=0)).then_ignored("already_so")
    newer = replace(CHOOSE, workspace_version=3)
    given(*LINKED, CHOSEN).when(newer).then_ignored("already_so")


def test_ignored_when_a_newer_word_has_been_heard() -> None:
    given(*LINKED, CHOSEN, WITHDRAWN).when(CHOOSE).then_ignored("heard_already")
    given(*LINKED, CHOSEN, WITHDRAWN).when(WITHDRAW).then_ignored("heard_already")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(CHOOSE).then_refused("not_registered")


def test_conflict_of_two_reactors_is_one_choice() -> None:
    given(*LINKED).when(CHOOSE).overtaken_by(CHOOSE).then_ignored("heard_already")
