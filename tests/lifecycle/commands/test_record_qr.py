from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordQr, RecordScan
from domain.reasons import Reason
from tests.examples import (
    ATTEMPT,
    CHECKING,
    EXHAUSTED,
    FAILED,
    FOREIGN,
    LINK_BY_PAIRING_CODE,
    LINKED,
    LOGOUT_REQUESTED,
    NEXT_ATTEMPT,
    PAIRING_CODE,
    PASSKEY_DEMANDED,
    QR_1,
    QR_2,
    QR_KEYED_1,
    QR_KEYED_2,
    REGISTERED,
    RETURNING,
    SCANNED,
    SESSION_FOUND,
    SESSION_REJECTED,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

SHOWN_1 = RecordQr(at=at(5), attempt=ATTEMPT, fingerprint=QR_KEYED_1, expires_at=at(65))
SHOWN_2 = RecordQr(at=at(65), attempt=ATTEMPT, fingerprint=QR_KEYED_2, expires_at=at(85))
SHOWN_AGAIN = "the page shows a code again"


def test_accepted_as_the_first_code_which_opens_the_linking_window() -> None:
    left = given(*STARTED).when(SHOWN_1).then(QR_1)
    assert left.account.deadline == until(Awaited.SCAN, 305)


def test_accepted_when_codes_rotate_and_the_window_stays() -> None:
    left = given(*SHOWING).when(SHOWN_2).then(QR_2)
    assert left.account.deadline == until(Awaited.SCAN, 305)
    assert left.account.since == at(5), "it has been waiting since the first code"
    assert left.attempt.codes_issued == 2


def test_accepted_after_codes_ran_out() -> None:
    left = given(*SHOWING, EXHAUSTED).when(SHOWN_2).then(QR_2)
    assert not left.attempt.exhausted


def test_accepted_after_a_passkey_was_demanded_without_a_longer_window() -> None:
    demanded = replace(PASSKEY_DEMANDED, at=at(60), deadline=until(Awaited.PASSKEY, 180))
    given(*SHOWING, demanded).when(SHOWN_2).then(QR_2)


def test_accepted_from_a_worker_whose_clock_is_behind_the_clients() -> None:
    early = replace(QR_1, at=at(-2), deadline=until(Awaited.SCAN, 298))
    given(*STARTED).when(replace(SHOWN_1, at=at(-2))).then(early)


def test_accepted_as_the_end_of_a_dead_session() -> None:
    rejected = replace(
        SESSION_REJECTED,
        at=at(65),
        reason=Reason.SESSION_UNREADABLE,
        deadline=until(Awaited.PAGE, 95),
    )
    issued = replace(QR_2, ordinal=1, deadline=until(Awaited.SCAN, 365))
    given(*STARTED, SESSION_FOUND).when(SHOWN_2).then(rejected, issued)


def test_accepted_as_the_end_of_a_reconnects_dead_session() -> None:
    found = replace(SESSION_FOUND, at=at(103), attempt=NEXT_ATTEMPT)
    shown = replace(SHOWN_2, at=at(110), attempt=NEXT_ATTEMPT)
    rejected = e.SessionRejected(
        at=at(110),
        attempt=NEXT_ATTEMPT,
        reason=Reason.SESSION_UNREADABLE,
        deadline=until(Awaited.PAGE, 140),
    )
    issued = replace(
        QR_2, at=at(110), attempt=NEXT_ATTEMPT, ordinal=1, deadline=until(Awaited.SCAN, 410)
    )
    given(*RETURNING, found).when(shown).then(rejected, issued)


def test_accepted_as_a_rejected_scan_when_the_page_shows_codes_again() -> None:
    again = replace(SHOWN_2, at=at(72))
    rejected = e.LinkFailed(
        at=at(72), attempt=ATTEMPT, reason=Reason.SCAN_REJECTED, detail=SHOWN_AGAIN
    )
    given(*CHECKING).when(again).then(rejected)
    for_want_of_it = replace(rejected, reason=Reason.PASSKEY_REQUIRED)
    given(*CHECKING, PASSKEY_DEMANDED).when(again).then(for_want_of_it)


def test_accepted_as_a_failure_when_a_second_session_is_dead_too() -> None:
    story = (*STARTED, SESSION_FOUND, SESSION_REJECTED, replace(SESSION_FOUND, at=at(8)))
    failed = e.LinkFailed(
        at=at(65), attempt=ATTEMPT, reason=Reason.SESSION_UNREADABLE, detail=SHOWN_AGAIN
    )
    given(*story).when(SHOWN_2).then(failed)


def test_accepted_as_a_logout_when_a_ready_page_shows_codes() -> None:
    unlinked = e.LoggedOut(at=at(300), by="phone", reason=Reason.PHONE_UNLINKED, detail=SHOWN_AGAIN)
    given(*LINKED).when(replace(SHOWN_2, at=at(300))).then(unlinked)


def test_accepted_as_the_logout_that_was_asked_for() -> None:
    logged_out = e.LoggedOut(at=at(103), by="client", reason=Reason.LOGGED_OUT, detail=SHOWN_AGAIN)
    given(*LINKED, LOGOUT_REQUESTED).when(replace(SHOWN_2, at=at(103))).then(logged_out)


def test_accepted_as_a_logout_also_of_an_account_linked_by_pairing_code() -> None:
    story = (REGISTERED, LINK_BY_PAIRING_CODE, PAIRING_CODE, *LINKED[3:])
    unlinked = e.LoggedOut(at=at(300), by="phone", reason=Reason.PHONE_UNLINKED, detail=SHOWN_AGAIN)
    given(*story).when(replace(SHOWN_2, at=at(300))).then(unlinked)


def test_accepted_as_a_dead_session_only_when_a_pairing_code_is_wanted() -> None:
    story = (REGISTERED, LINK_BY_PAIRING_CODE, SESSION_FOUND)
    rejected = replace(
        SESSION_REJECTED,
        at=at(65),
        reason=Reason.SESSION_UNREADABLE,
        deadline=until(Awaited.PAGE, 95),
    )
    given(*story).when(SHOWN_2).then(rejected)


def test_ignored_when_the_code_is_on_show_already() -> None:
    given(*SHOWING).when(SHOWN_1).then_ignored("already_so")


def test_ignored_when_an_old_code_is_reported_again() -> None:
    given(*SHOWING, QR_2).when(SHOWN_1).then_ignored("code_gone")


def test_ignored_when_the_code_is_reported_again_after_its_scan() -> None:
    given(*CHECKING).when(replace(SHOWN_1, at=at(71))).then_ignored("code_gone")
    given(*LINKED).when(replace(SHOWN_1, at=at(99))).then_ignored("code_gone")


def test_ignored_when_it_was_shown_before_the_scan_but_reported_after_it() -> None:
    given(*CHECKING).when(replace(SHOWN_2, at=at(69))).then_ignored("past_this_phase")
    given(*LINKED).when(replace(SHOWN_2, at=at(79))).then_ignored("past_this_phase")


def test_ignored_when_a_pairing_code_is_wanted() -> None:
    given(REGISTERED, LINK_BY_PAIRING_CODE).when(SHOWN_1).then_ignored("pairing_code_wanted")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(SHOWN_2, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(replace(SHOWN_2, at=at(91))).then_refused("illegal_step")


def test_conflict_with_the_scan_it_was_shown_before() -> None:
    scan = RecordScan(at=at(70), attempt=ATTEMPT)
    given(*SHOWING).when(SHOWN_2).overtaken_by(scan).then_ignored("past_this_phase")
    assert SCANNED.at == scan.at
