"""LoseReadiness is never refused: what a workspace hears has happened."""

from msgspec.structs import replace

from domain import workspace_events as w
from domain.workspace import LoseReadiness
from tests.examples import PHONE_KEYED, at
from tests.given import given

CLAIMED = w.PhoneClaimed(
    at=at(80), heard=7, account="acc_1", phone_fingerprint=PHONE_KEYED, link="attempt-1"
)
LOSE = LoseReadiness(at=at(85), account="acc_1", position=9)
LOST = w.ReadinessLost(at=at(85), heard=9, account="acc_1")


def test_accepted_and_the_number_stays() -> None:
    left = given(CLAIMED).when(LOSE).then(LOST)
    assert left.workspace.ready_since == {}
    assert left.workspace.holders == {PHONE_KEYED: "acc_1"}


def test_ignored_when_it_is_not_ready() -> None:
    given(CLAIMED, LOST).when(replace(LOSE, position=10)).then_ignored("already_so")
    given().when(LOSE).then_ignored("already_so")


def test_ignored_when_it_was_heard_already() -> None:
    ready_again = replace(CLAIMED, at=at(90), heard=11)
    given(CLAIMED, LOST, ready_again).when(LOSE).then_ignored("heard_already")


def test_conflict_of_two_reactors_is_one_loss() -> None:
    given(CLAIMED).when(LOSE).overtaken_by(LOSE).then_ignored("heard_already")
