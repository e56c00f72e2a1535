from msgspec.structs import replace

from domain.deadlines import Awaited
from domain.observations import RecordReady, RecordSynced
from tests.examples import (
    ATTEMPT,
    CHECKING,
    FAILED,
    FOREIGN,
    LINKED,
    PASSKEY_DEMANDED,
    PHONE,
    PHONE_AWAITED,
    PHONE_KEYED,
    SCANNED,
    SESSION_FOUND,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

SYNCED = RecordSynced(at=at(78), attempt=ATTEMPT)


def test_accepted_and_the_number_has_its_own_deadline() -> None:
    left = given(*CHECKING).when(SYNCED).then(PHONE_AWAITED)
    assert left.deadline == until(Awaited.PHONE_NUMBER, 88)


def test_accepted_as_the_first_sign_of_an_answer() -> None:
    check = until(Awaited.AUTHENTICATION, 138)
    scanned = replace(SCANNED, at=at(78), deadline=check)
    given(*SHOWING).when(SYNCED).then(scanned, PHONE_AWAITED)
    found = replace(SESSION_FOUND, at=at(78), deadline=check)
    given(*STARTED).when(SYNCED).then(found, PHONE_AWAITED)


def test_accepted_as_the_answer_to_a_passkey_demand() -> None:
    given(*CHECKING, PASSKEY_DEMANDED).when(SYNCED).then(PHONE_AWAITED)


def test_ignored_when_the_number_is_awaited_or_known() -> None:
    given(*CHECKING, PHONE_AWAITED).when(SYNCED).then_ignored("already_so")
    given(*LINKED).when(SYNCED).then_ignored("already_so")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*CHECKING).when(replace(SYNCED, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(SYNCED).then_refused("illegal_step")


def test_conflict_with_the_number() -> None:
    ready = RecordReady(at=at(78), attempt=ATTEMPT, phone=PHONE, phone_fingerprint=PHONE_KEYED)
    given(*CHECKING).when(SYNCED).overtaken_by(ready).then_ignored("already_so")
