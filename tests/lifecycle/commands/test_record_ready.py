from msgspec.structs import replace

from domain.deadlines import Awaited
from domain.observations import RecordReady
from domain.status import Status
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    FOREIGN,
    IDENTIFIED,
    LINKED,
    NEXT_ATTEMPT,
    OTHER_PHONE,
    OTHER_PHONE_KEYED,
    PASSKEY_DEMANDED,
    PHONE,
    PHONE_AWAITED,
    PHONE_KEYED,
    QR_1,
    READY,
    RETURNING,
    SCANNED,
    SESSION_FOUND,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

USABLE = RecordReady(
    at=at(80), attempt=ATTEMPT, phone=PHONE, phone_fingerprint=PHONE_KEYED, name="Ayu"
)
CHECK = until(Awaited.AUTHENTICATION, 140)


def test_accepted_with_the_number_and_no_deadline_is_left() -> None:
    for story in (CHECKING, (*CHECKING, PHONE_AWAITED), (*CHECKING, PASSKEY_DEMANDED)):
        left = given(*story).when(USABLE).then(IDENTIFIED, READY)
        assert left.account.status is Status.READY
        assert left.account.phone == PHONE
        assert left.account.deadline is None
        assert not left.attempt.passkey_demanded


def test_accepted_as_the_first_sign_of_an_answer() -> None:
    scanned = replace(SCANNED, at=at(80), deadline=CHECK)
    given(*SHOWING).when(USABLE).then(scanned, IDENTIFIED, READY)
    found = replace(SESSION_FOUND, at=at(80), deadline=CHECK)
    given(*STARTED).when(USABLE).then(found, IDENTIFIED, READY)


def test_accepted_after_a_reconnect_which_keeps_the_link_and_the_number() -> None:
    usable = replace(USABLE, attempt=NEXT_ATTEMPT, at=at(110))
    found = replace(
        SESSION_FOUND,
        at=at(110),
        attempt=NEXT_ATTEMPT,
        deadline=until(Awaited.AUTHENTICATION, 170),
    )
    completed = replace(READY, at=at(110), attempt=NEXT_ATTEMPT, link=ATTEMPT)
    left = given(*RETURNING).when(usable).then(found, completed)
    assert left.account.link == ATTEMPT


def test_accepted_after_a_scan_during_a_reconnect_as_a_new_link() -> None:
    usable = replace(USABLE, attempt=NEXT_ATTEMPT, at=at(110))
    shown = replace(QR_1, attempt=NEXT_ATTEMPT, at=at(105))
    scanned = replace(
        SCANNED,
        at=at(110),
        attempt=NEXT_ATTEMPT,
        deadline=until(Awaited.AUTHENTICATION, 170),
    )
    completed = replace(READY, at=at(110), attempt=NEXT_ATTEMPT, link=NEXT_ATTEMPT)
    left = given(*RETURNING, shown).when(usable).then(scanned, completed)
    assert left.account.link == NEXT_ATTEMPT


def test_accepted_as_news_of_the_phone_when_ready_already() -> None:
    renamed = replace(IDENTIFIED, at=at(300), name="Ayu Lestari")
    given(*LINKED).when(replace(USABLE, at=at(300), name="Ayu Lestari")).then(renamed)
    moved = replace(
        IDENTIFIED,
        at=at(300),
        phone=OTHER_PHONE,
        fingerprint=OTHER_PHONE_KEYED,
        link=ATTEMPT,
    )
    other = replace(USABLE, at=at(300), phone=OTHER_PHONE, phone_fingerprint=OTHER_PHONE_KEYED)
    given(*LINKED).when(other).then(moved)


def test_ignored_when_it_is_known() -> None:
    given(*LINKED).when(USABLE).then_ignored("already_so")


def test_ignored_when_the_page_has_merely_not_loaded_the_name() -> None:
    given(*LINKED).when(replace(USABLE, name="")).then_ignored("already_so")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*CHECKING).when(replace(USABLE, attempt=FOREIGN)).then_ignored("foreign_attempt")
    given(*RETURNING).when(USABLE).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(USABLE).then_refused("illegal_step")
    given(*DISCONNECTED).when(USABLE).then_refused("illegal_step")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(79))
    given(*CHECKING).when(USABLE).overtaken_by(cancel).then_refused("illegal_step")
