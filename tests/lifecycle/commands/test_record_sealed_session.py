from msgspec.structs import replace

from domain import facts as f
from domain.observations import RecordLogout, RecordSealedSession
from tests.examples import (
    ATTEMPT,
    CHECKING,
    DISCONNECTED,
    FAILED,
    FOREIGN,
    LINKED,
    LOGGED_OUT,
    NEXT_ATTEMPT,
    QR_1,
    RETURNING,
    SCANNED,
    SESSION_FOUND,
    SESSION_REJECTED,
    SHOWING,
    at,
)
from tests.given import given

SEAL = RecordSealedSession(at=at(95), attempt=ATTEMPT, digest="sha-1", size_bytes=900_000)
SEALED = f.SessionSealed(at=at(95), attempt=ATTEMPT, digest="sha-1", size_bytes=900_000)


def test_accepted_when_linked_and_again_when_it_has_changed() -> None:
    given(*LINKED).when(SEAL).then(SEALED)
    left = (
        given(*LINKED, SEALED)
        .when(replace(SEAL, digest="sha-2"))
        .then(replace(SEALED, digest="sha-2"))
    )
    assert left.account.session_digest == "sha-2"


def test_accepted_on_the_way_out_of_a_lost_link() -> None:
    given(*DISCONNECTED).when(SEAL).then(SEALED)


def test_accepted_anew_when_a_new_scan_made_a_new_session() -> None:
    shown = replace(QR_1, attempt=NEXT_ATTEMPT)
    scanned = replace(SCANNED, attempt=NEXT_ATTEMPT)
    ready = replace(LINKED[-1], attempt=NEXT_ATTEMPT)
    story = (*LINKED, SEALED, *RETURNING[-2:], shown, scanned, ready)
    seal = replace(SEAL, attempt=NEXT_ATTEMPT)
    given(*story).when(seal).then(replace(SEALED, attempt=NEXT_ATTEMPT))


def test_accepted_anew_when_the_kept_one_was_dead() -> None:
    found = replace(SESSION_FOUND, attempt=NEXT_ATTEMPT)
    rejected = replace(SESSION_REJECTED, attempt=NEXT_ATTEMPT)
    ready = replace(LINKED[-1], attempt=NEXT_ATTEMPT)
    story = (*LINKED, SEALED, *RETURNING[-2:], found, rejected, found, ready)
    seal = replace(SEAL, attempt=NEXT_ATTEMPT)
    given(*story).when(seal).then(replace(SEALED, attempt=NEXT_ATTEMPT))


def test_ignored_when_these_bytes_are_sealed_already() -> None:
    given(*LINKED, SEALED).when(SEAL).then_ignored("already_sealed")


def test_ignored_when_it_comes_after_a_logout() -> None:
    given(*LINKED, LOGGED_OUT).when(SEAL).then_ignored("not_linked")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*LINKED).when(replace(SEAL, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_accepted_just_before_the_link_is_complete() -> None:
    given(*CHECKING).when(SEAL).then(SEALED)


def test_accepted_when_the_attempt_was_stopped_on_its_way() -> None:
    given(*FAILED).when(SEAL).then(SEALED)


def test_refused_while_a_code_is_shown() -> None:
    given(*SHOWING).when(SEAL).then_refused("illegal_step")


def test_conflict_with_a_logout_keeps_nothing() -> None:
    logout = RecordLogout(at=at(94), attempt=ATTEMPT, by="phone")
    given(*LINKED).when(SEAL).overtaken_by(logout).then_ignored("not_linked")
