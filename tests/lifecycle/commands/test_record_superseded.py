from msgspec.structs import replace

from domain import events as e
from domain.observations import RecordSuperseded
from domain.reasons import Reason
from domain.wishes import DestroyAccount
from tests.examples import (
    ATTEMPT,
    DISCONNECTED,
    FAILED,
    LINK,
    LINKED,
    LOGGED_OUT,
    LOGOUT_REQUESTED,
    NEXT_ATTEMPT,
    OTHER_PHONE_KEYED,
    PHONE_KEYED,
    QR_1,
    RETURNING,
    SESSION_FOUND,
    STARTED,
    SUPERSEDED,
    at,
)
from tests.given import given

MOVED = RecordSuperseded(at=at(100), by="acc_2", phone_fingerprint=PHONE_KEYED, link=ATTEMPT)
LATER = replace(MOVED, at=at(110))
AFTER_RECONNECT = e.AccountSuperseded(at=at(110), attempt=NEXT_ATTEMPT, by="acc_2")
ANEW = replace(LINK, at=at(105), attempt=NEXT_ATTEMPT, number=2)
FOUND = replace(SESSION_FOUND, attempt=NEXT_ATTEMPT, at=at(106))


def test_accepted_when_ready() -> None:
    left = given(*LINKED).when(MOVED).then(SUPERSEDED)
    assert left.account.reason is Reason.SUPERSEDED
    assert "acc_2" in left.account.detail
    assert left.account.ready_at is None


def test_accepted_when_lost_and_no_reconnect_follows() -> None:
    left = given(*DISCONNECTED).when(LATER).then(replace(SUPERSEDED, at=at(110)))
    assert left.account.deadline is None


def test_accepted_while_coming_back() -> None:
    for story in (RETURNING, (*RETURNING, FOUND)):
        left = given(*story).when(LATER).then(AFTER_RECONNECT)
        assert left.account.deadline is None


def test_accepted_after_coming_back_before_the_word_arrived() -> None:
    ready = e.LinkCompleted(at=at(107), attempt=NEXT_ATTEMPT)
    given(*RETURNING, FOUND, ready).when(LATER).then(AFTER_RECONNECT)


def test_accepted_as_the_logout_that_is_under_way() -> None:
    logged_out = e.LoggedOut(
        at=at(110),
        by="client",
        reason=Reason.LOGGED_OUT,
        confirmed=False,
        detail="the number moved to acc_2",
    )
    given(*LINKED, LOGOUT_REQUESTED).when(LATER).then(logged_out)


def test_accepted_whichever_link_it_is_when_none_is_named() -> None:
    given(*LINKED).when(replace(MOVED, link="")).then(SUPERSEDED)


def test_ignored_when_it_is_superseded_already() -> None:
    given(*LINKED, SUPERSEDED).when(MOVED).then_ignored("already_superseded")


def test_ignored_when_the_account_has_another_number_or_none() -> None:
    other = replace(MOVED, phone_fingerprint=OTHER_PHONE_KEYED)
    given(*LINKED).when(other).then_ignored("number_not_held")
    given(*LINKED, LOGGED_OUT).when(MOVED).then_ignored("number_not_held")
    given(*STARTED).when(MOVED).then_ignored("number_not_held")


def test_ignored_when_the_number_was_linked_anew_since() -> None:
    for story in ((ANEW,), (ANEW, FOUND), (ANEW, FOUND, replace(LINKED[-1], attempt=NEXT_ATTEMPT))):
        given(*LINKED, SUPERSEDED, *story).when(LATER).then_ignored("linked_anew")


def test_ignored_when_the_client_brought_the_link_back_since() -> None:
    story = (*LINKED, SUPERSEDED, replace(RETURNING[-1], by="client"))
    given(*story).when(LATER).then_ignored("linked_anew")


def test_ignored_when_no_link_is_left_to_lose() -> None:
    failed = replace(FAILED[-1], attempt=NEXT_ATTEMPT)
    shown = replace(QR_1, attempt=NEXT_ATTEMPT)
    given(*RETURNING, shown).when(LATER).then_ignored("not_linked")
    given(*RETURNING, shown, failed).when(LATER).then_ignored("not_linked")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(MOVED).then_refused("not_registered")


def test_conflict_with_a_destruction_leaves_no_number() -> None:
    destroy = DestroyAccount(at=at(99))
    given(*LINKED).when(MOVED).overtaken_by(destroy).then_ignored("number_not_held")
