from msgspec.structs import replace

from domain import facts as f
from domain.observations import RecordEvidence
from domain.wishes import DestroyAccount
from tests.examples import ATTEMPT, DESTROYED, FAILED, FOREIGN, LINKED, STARTED, at
from tests.given import given

KEEP = RecordEvidence(
    at=at(91), attempt=ATTEMPT, kind="screenshot", digest="sha-9", size_bytes=40_000
)
KEPT = f.EvidenceKept(
    at=at(91), attempt=ATTEMPT, kind="screenshot", digest="sha-9", size_bytes=40_000
)


def test_accepted_during_and_after_an_attempt() -> None:
    for story in (STARTED, LINKED, FAILED):
        left = given(*story).when(KEEP).then(KEPT)
        assert left.attempt.evidence == ("sha-9",)


def test_accepted_for_several_pieces() -> None:
    console = replace(KEEP, kind="console", digest="sha-10")
    kept = replace(KEPT, kind="console", digest="sha-10")
    left = given(*FAILED, KEPT).when(console).then(kept)
    assert left.attempt.evidence == ("sha-9", "sha-10")


def test_ignored_when_it_is_kept_already() -> None:
    given(*FAILED, KEPT).when(KEEP).then_ignored("already_kept")


def test_ignored_when_its_attempt_is_gone() -> None:
    given(*FAILED).when(replace(KEEP, attempt=FOREIGN)).then_ignored("foreign_attempt")
    given(*FAILED, DESTROYED).when(KEEP).then_ignored("foreign_attempt")


def test_refused_when_the_account_is_unknown() -> None:
    given().when(KEEP).then_refused("not_registered")


def test_conflict_with_a_destruction_keeps_nothing() -> None:
    destroy = DestroyAccount(at=at(90))
    given(*FAILED).when(KEEP).overtaken_by(destroy).then_ignored("foreign_attempt")
