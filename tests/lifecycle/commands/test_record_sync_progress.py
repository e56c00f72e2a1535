from msgspec.structs import replace

from domain.deadlines import Awaited
from domain.observations import RecordScan, RecordSyncProgress
from tests.examples import (
    ATTEMPT,
    CHECKING,
    FAILED,
    FOREIGN,
    HALF_SYNCED,
    LINKED,
    PASSKEY_DEMANDED,
    SCANNED,
    SESSION_FOUND,
    SHOWING,
    STARTED,
    at,
    until,
)
from tests.given import given

HALF = RecordSyncProgress(at=at(75), attempt=ATTEMPT, percent=50)


def test_accepted_and_the_deadline_starts_anew() -> None:
    left = given(*CHECKING).when(HALF).then(HALF_SYNCED)
    assert left.deadline == until(Awaited.AUTHENTICATION, 135)


def test_accepted_as_the_first_sign_of_a_scan() -> None:
    scanned = replace(SCANNED, at=at(75), deadline=until(Awaited.AUTHENTICATION, 135))
    given(*SHOWING).when(HALF).then(scanned, HALF_SYNCED)


def test_accepted_as_the_first_sign_of_a_kept_session() -> None:
    found = replace(SESSION_FOUND, at=at(75), deadline=until(Awaited.AUTHENTICATION, 135))
    given(*STARTED).when(HALF).then(found, HALF_SYNCED)


def test_accepted_as_the_answer_to_a_passkey_demand() -> None:
    left = given(*CHECKING, PASSKEY_DEMANDED).when(HALF).then(HALF_SYNCED)
    assert left.deadline == until(Awaited.AUTHENTICATION, 135)


def test_accepted_at_most_as_far_as_a_hundred_percent() -> None:
    full = replace(HALF_SYNCED, percent=100)
    given(*CHECKING).when(replace(HALF, percent=1000)).then(full)
    given(*CHECKING, full).when(replace(HALF, percent=1001)).then_ignored("no_progress")


def test_ignored_when_it_is_no_progress() -> None:
    given(*CHECKING, HALF_SYNCED).when(HALF).then_ignored("no_progress")
    given(*CHECKING, HALF_SYNCED).when(replace(HALF, percent=49)).then_ignored("no_progress")
    given(*LINKED).when(replace(HALF, percent=99)).then_ignored("no_progress")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*CHECKING).when(replace(HALF, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    given(*FAILED).when(HALF).then_refused("illegal_step")


def test_conflict_with_the_scan_itself_records_the_progress_only() -> None:
    scan = RecordScan(at=at(70), attempt=ATTEMPT)
    given(*SHOWING).when(HALF).overtaken_by(scan).then(HALF_SYNCED)
