from msgspec.structs import replace

from domain import events as e
from domain.deadlines import Awaited
from domain.observations import RecordPairingCode
from domain.reasons import Reason
from domain.wishes import CancelLink
from tests.examples import (
    ATTEMPT,
    FOREIGN,
    LINK_BY_PAIRING_CODE,
    PAIRING_CODE,
    REGISTERED,
    SCANNED,
    SESSION_FOUND,
    STARTED,
    at,
    until,
)
from tests.given import given

ASKED = (REGISTERED, LINK_BY_PAIRING_CODE)
GIVEN_CODE = RecordPairingCode(
    at=at(5), attempt=ATTEMPT, fingerprint="keyed-pairing-1", expires_at=at(185)
)
NEXT_CODE = replace(GIVEN_CODE, at=at(185), fingerprint="keyed-pairing-2", expires_at=at(365))


def test_accepted_when_it_was_asked_for() -> None:
    left = given(*ASKED).when(GIVEN_CODE).then(PAIRING_CODE)
    assert left.attempt.codes_issued == 1


def test_accepted_when_the_code_is_renewed_and_the_window_stays() -> None:
    renewed = replace(PAIRING_CODE, at=at(185), fingerprint="keyed-pairing-2", expires_at=at(365))
    left = given(*ASKED, PAIRING_CODE).when(NEXT_CODE).then(renewed)
    assert left.attempt.codes_issued == 2


def test_accepted_as_the_end_of_a_dead_session() -> None:
    rejected = e.SessionRejected(
        at=at(185),
        attempt=ATTEMPT,
        reason=Reason.SESSION_UNREADABLE,
        deadline=until(Awaited.PAGE, 215),
    )
    issued = e.PairingCodeIssued(
        at=at(185),
        attempt=ATTEMPT,
        fingerprint="keyed-pairing-2",
        expires_at=at(365),
        deadline=until(Awaited.SCAN, 485),
    )
    given(*ASKED, SESSION_FOUND).when(NEXT_CODE).then(rejected, issued)


def test_ignored_when_the_code_is_known() -> None:
    given(*ASKED, PAIRING_CODE).when(GIVEN_CODE).then_ignored("already_so")
    given(*ASKED, PAIRING_CODE, SCANNED).when(GIVEN_CODE).then_ignored("code_gone")


def test_ignored_when_a_qr_is_wanted() -> None:
    given(*STARTED).when(GIVEN_CODE).then_ignored("qr_wanted")


def test_ignored_when_it_is_of_another_attempt() -> None:
    given(*ASKED).when(replace(GIVEN_CODE, attempt=FOREIGN)).then_ignored("foreign_attempt")


def test_refused_when_the_attempt_is_over() -> None:
    failed = e.LinkFailed(at=at(4), attempt=ATTEMPT, reason=Reason.CANCELLED)
    given(*ASKED, failed).when(GIVEN_CODE).then_refused("illegal_step")


def test_conflict_with_a_cancel_comes_too_late() -> None:
    cancel = CancelLink(at=at(4))
    given(*ASKED).when(GIVEN_CODE).overtaken_by(cancel).then_refused("illegal_step")
