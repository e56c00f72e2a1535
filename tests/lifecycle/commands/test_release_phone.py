"""ReleasePhone is never refused: what a workspace hears has happened."""

from msgspec.structs import replace

from domain import workspace_events as w
from domain.workspace import ReleasePhone
from tests.examples import OTHER_PHONE_KEYED, PHONE_KEYED, at
from tests.given import given

CLAIMED = w.PhoneClaimed(
    at=at(80), heard=7, account="acc_1", phone_fingerprint=PHONE_KEYED, link="attempt-1"
)
FIRST = w.PrimaryAssigned(at=at(80), heard=7, account="acc_1", because="first_ready")
SECOND = w.PhoneClaimed(at=at(85), heard=8, account="acc_2", phone_fingerprint=OTHER_PHONE_KEYED)
THIRD = w.PhoneClaimed(at=at(84), heard=9, account="acc_3", phone_fingerprint="keyed-phone-3")
LOGOUT = ReleasePhone(at=at(90), account="acc_1", because="logged_out", position=10)
DESTROY = ReleasePhone(at=at(90), account="acc_1", because="destroyed", position=10)
RELEASED = w.PhoneReleased(at=at(90), heard=10, account="acc_1", because="logged_out")
DESTROYED = replace(RELEASED, because="destroyed")
HEIR = w.PrimaryAssigned(
    at=at(90), heard=10, account="acc_3", because="longest_ready", earlier="acc_1"
)


def test_accepted_after_a_logout_which_keeps_the_primary() -> None:
    left = given(CLAIMED, FIRST, SECOND).when(LOGOUT).then(RELEASED)
    assert left.workspace.holders == {OTHER_PHONE_KEYED: "acc_2"}
    assert left.workspace.primary == "acc_1"


def test_accepted_after_a_destruction_which_makes_the_longest_ready_the_primary() -> None:
    left = given(CLAIMED, FIRST, SECOND, THIRD).when(DESTROY).then(DESTROYED, HEIR)
    assert left.workspace.primary == "acc_3"


def test_accepted_after_a_destruction_when_nobody_can_follow() -> None:
    lost = w.ReadinessLost(at=at(88), heard=9, account="acc_2")
    vacated = w.PrimaryVacated(at=at(90), heard=10, account="acc_1")
    left = given(CLAIMED, FIRST, SECOND, lost).when(DESTROY).then(DESTROYED, vacated)
    assert left.workspace.primary is None


def test_accepted_after_a_destruction_of_a_primary_that_holds_no_number() -> None:
    logged_out = replace(RELEASED, heard=9, at=at(89))
    given(CLAIMED, FIRST, SECOND, THIRD, logged_out).when(DESTROY).then(HEIR)


def test_accepted_after_a_destruction_of_another_account() -> None:
    other = replace(DESTROY, account="acc_2")
    given(CLAIMED, FIRST, SECOND).when(other).then(replace(DESTROYED, account="acc_2"))


def test_ignored_when_it_holds_nothing() -> None:
    given(CLAIMED).when(replace(LOGOUT, account="acc_2")).then_ignored("already_so")
    given().when(DESTROY).then_ignored("already_so")


def test_ignored_when_it_was_heard_already() -> None:
    again = replace(CLAIMED, at=at(95), heard=14, link="attempt-2")
    given(CLAIMED, RELEASED, again).when(LOGOUT).then_ignored("heard_already")


def test_conflict_of_two_reactors_is_one_release() -> None:
    given(CLAIMED).when(LOGOUT).overtaken_by(LOGOUT).then_ignored("heard_already")
