"""ClaimPhone is never refused: what a workspace hears has happened. A number's move is no error."""

from msgspec.structs import replace

from domain import workspace_events as w
from domain.workspace import ClaimPhone
from tests.examples import OTHER_PHONE_KEYED, PHONE_KEYED, at
from tests.given import given

CLAIM = ClaimPhone(
    at=at(80), account="acc_1", phone_fingerprint=PHONE_KEYED, link="attempt-1", position=7
)
CLAIMED = w.PhoneClaimed(
    at=at(80), heard=7, account="acc_1", phone_fingerprint=PHONE_KEYED, link="attempt-1"
)
FIRST = w.PrimaryAssigned(at=at(80), heard=7, account="acc_1", because="first_ready")
SECOND = ClaimPhone(
    at=at(90), account="acc_2", phone_fingerprint=PHONE_KEYED, link="attempt-9", position=12
)
MOVED = w.PhoneClaimMoved(
    at=at(90),
    heard=12,
    account="acc_1",
    to="acc_2",
    phone_fingerprint=PHONE_KEYED,
    link="attempt-1",
    to_link="attempt-9",
)
LOST = w.ReadinessLost(at=at(85), heard=9, account="acc_1")


def test_accepted_and_the_first_account_is_the_primary() -> None:
    left = given().when(CLAIM).then(CLAIMED, FIRST)
    assert left.workspace.holders == {PHONE_KEYED: "acc_1"}
    assert left.workspace.ready_since == {"acc_1": at(80)}
    assert left.workspace.primary == "acc_1"


def test_accepted_for_another_number_beside_it() -> None:
    other = replace(SECOND, phone_fingerprint=OTHER_PHONE_KEYED)
    claimed = w.PhoneClaimed(
        at=at(90),
        heard=12,
        account="acc_2",
        phone_fingerprint=OTHER_PHONE_KEYED,
        link="attempt-9",
    )
    left = given(CLAIMED, FIRST).when(other).then(claimed)
    assert left.workspace.primary == "acc_1"


def test_accepted_as_a_move_when_another_account_holds_the_number() -> None:
    left = given(CLAIMED, FIRST).when(SECOND).then(MOVED)
    assert left.workspace.holders == {PHONE_KEYED: "acc_2"}
    assert left.workspace.ready_since == {"acc_2": at(90)}
    assert left.workspace.primary == "acc_1", "only its destruction makes another the primary"


def test_accepted_as_a_move_back_when_the_older_account_links_anew() -> None:
    anew = replace(CLAIM, at=at(99), link="attempt-20", position=20)
    moved_back = w.PhoneClaimMoved(
        at=at(99),
        heard=20,
        account="acc_2",
        to="acc_1",
        phone_fingerprint=PHONE_KEYED,
        link="attempt-9",
        to_link="attempt-20",
    )
    given(CLAIMED, FIRST, MOVED).when(anew).then(moved_back)


def test_accepted_again_after_readiness_was_lost() -> None:
    again = replace(CLAIM, at=at(95), position=15)
    claimed = replace(CLAIMED, at=at(95), heard=15)
    left = given(CLAIMED, FIRST, LOST).when(again).then(claimed)
    assert left.workspace.ready_since == {"acc_1": at(95)}


def test_accepted_with_another_number_which_releases_the_first() -> None:
    other = replace(CLAIM, at=at(95), phone_fingerprint=OTHER_PHONE_KEYED, position=15)
    released = w.PhoneReleased(at=at(95), heard=15, account="acc_1", because="other_number")
    claimed = replace(CLAIMED, at=at(95), heard=15, phone_fingerprint=OTHER_PHONE_KEYED)
    left = given(CLAIMED, FIRST).when(other).then(released, claimed)
    assert left.workspace.holders == {OTHER_PHONE_KEYED: "acc_1"}


def test_accepted_with_another_number_after_the_first_had_moved_away() -> None:
    other = replace(CLAIM, at=at(95), phone_fingerprint=OTHER_PHONE_KEYED, position=15)
    claimed = replace(CLAIMED, at=at(95), heard=15, phone_fingerprint=OTHER_PHONE_KEYED)
    given(CLAIMED, FIRST, MOVED).when(other).then(claimed)


def test_accepted_as_the_primary_when_there_is_none() -> None:
    vacated = w.PrimaryVacated(at=at(82), heard=8, account="acc_1")
    released = w.PhoneReleased(at=at(82), heard=8, account="acc_1", because="destroyed")
    claimed = replace(CLAIMED, account="acc_2", at=at(90), heard=12, link="attempt-9")
    first = replace(FIRST, account="acc_2", at=at(90), heard=12)
    given(CLAIMED, FIRST, released, vacated).when(SECOND).then(claimed, first)


def test_ignored_when_it_holds_the_number_already() -> None:
    given(CLAIMED, FIRST).when(replace(CLAIM, position=8)).then_ignored("already_so")


def test_ignored_when_it_was_heard_already() -> None:
    given(CLAIMED, FIRST).when(CLAIM).then_ignored("heard_already")
    given(CLAIMED, FIRST, MOVED).when(CLAIM).then_ignored("heard_already")


def test_ignored_when_this_very_link_has_lost_the_number() -> None:
    back_too_soon = replace(CLAIM, at=at(95), position=15)
    given(CLAIMED, FIRST, MOVED).when(back_too_soon).then_ignored("superseded")


def test_conflict_of_two_accounts_moves_the_number() -> None:
    given().when(SECOND).overtaken_by(CLAIM).then(MOVED)
