from msgspec.structs import replace

from domain.account import Code
from domain.observations import RecordQr, RecordQrFetch
from tests.examples import (
    ATTEMPT,
    CHECKING,
    EXHAUSTED,
    FETCHED,
    FOREIGN,
    QR_2,
    QR_KEYED_1,
    QR_KEYED_2,
    SHOWING,
    STARTED,
    at,
)
from tests.given import given

FETCH = RecordQrFetch(at=at(6), attempt=ATTEMPT, fingerprint=QR_KEYED_1)


def test_accepted_the_first_time_a_client_is_served_the_code() -> None:
    left = given(*SHOWING).when(FETCH).then(FETCHED)
    assert left.attempt.code == Code(QR_KEYED_1, 1, at(65), fetched=True)
    assert left.attempt.codes_fetched == 1


def test_accepted_for_the_next_code_too() -> None:
    fetch = replace(FETCH, fingerprint=QR_KEYED_2, at=at(66))
    fetched = replace(FETCHED, fingerprint=QR_KEYED_2, at=at(66))
    left = given(*SHOWING, FETCHED, QR_2).when(fetch).then(fetched)
    assert left.attempt.codes_fetched == 2


def test_ignored_when_it_was_fetched_before() -> None:
    given(*SHOWING, FETCHED).when(FETCH).then_ignored("already_so")


def test_ignored_when_the_code_is_no_longer_on_show() -> None:
    for story in (STARTED, (*SHOWING, QR_2), (*SHOWING, EXHAUSTED), CHECKING):
        given(*story).when(FETCH).then_ignored("code_gone")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*SHOWING).when(replace(FETCH, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(FETCH).then_refused("not_registered")


def test_conflict_with_the_next_code() -> None:
    rotated = RecordQr(at=at(65), attempt=ATTEMPT, fingerprint=QR_KEYED_2, expires_at=at(85))
    given(*SHOWING).when(FETCH).overtaken_by(rotated).then_ignored("code_gone")
