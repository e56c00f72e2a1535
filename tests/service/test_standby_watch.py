"""What is told of an account when the process that kept its standby, or its link, falls silent."""

from msgspec.structs import replace

from app.standbys import wanted
from app.worker_watch import lost_with_standby, lost_with_worker
from domain.account import Account
from domain.events import AccountEvent, ReconnectFailed
from domain.evolve import replay
from domain.observations import RecordProblem, RecordStandby
from domain.reasons import Reason
from tests.examples import (
    DISCONNECTED,
    GUARDED,
    HELD_BY_STANDBY,
    LINKED,
    LOGGED_OUT,
    LOST,
    NEXT_ATTEMPT,
    RECONNECT,
    SEALED,
    STANDBY_ATTEMPT,
    STANDBY_FAILED,
    STANDBY_REQUESTED,
    SUPERSEDED,
    at,
)

LATE = at(500)


def account(*story: AccountEvent) -> Account:
    return replay(story)


def test_a_silent_worker_loses_what_it_held_and_nothing_else() -> None:
    lost = lost_with_worker(account(*GUARDED), LATE)
    assert isinstance(lost, RecordProblem)
    assert lost.reason is Reason.WORKER_LOST
    assert lost_with_worker(account(*HELD_BY_STANDBY), LATE) is None
    assert lost_with_worker(account(*DISCONNECTED), LATE) is None


def test_a_silent_standby_process_loses_the_links_that_it_held() -> None:
    lost = lost_with_standby(account(*HELD_BY_STANDBY), LATE)
    assert isinstance(lost, RecordProblem)
    assert (lost.attempt, lost.reason) == (STANDBY_ATTEMPT, Reason.WORKER_LOST)


def test_a_silent_standby_process_leaves_no_standby_ready() -> None:
    for story in (GUARDED, (*LINKED, SEALED, STANDBY_REQUESTED)):
        lost = lost_with_standby(account(*story), LATE)
        assert isinstance(lost, RecordStandby)
        assert (lost.stage, lost.reason) == ("failed", Reason.WORKER_LOST)
    for story in (LINKED, (*GUARDED, STANDBY_FAILED)):
        assert lost_with_standby(account(*story), LATE) is None


def test_a_standby_is_prepared_while_the_primary_holds_a_sealed_session() -> None:
    assert wanted(account(*LINKED, SEALED)) == "prepared"
    assert wanted(account(*LINKED)) == "none"


def test_what_stands_by_stays_while_the_link_may_come_back() -> None:
    assert wanted(account(*GUARDED, LOST)) == "kept"


def test_a_standby_is_prepared_for_a_link_that_no_worker_brings_back() -> None:
    nobody_came = ReconnectFailed(
        at=at(132), attempt=NEXT_ATTEMPT, reason=Reason.INITIALIZE_TIMED_OUT
    )
    assert wanted(account(*LINKED, SEALED, LOST, RECONNECT)) == "kept"
    assert wanted(account(*LINKED, SEALED, LOST, RECONNECT, nobody_came)) == "prepared"


def test_nothing_stands_by_for_a_link_that_has_ended_rests_or_is_the_standbys() -> None:
    stopped = replace(LOST, reason=Reason.STOPPED, deadline=None)
    for end in (LOGGED_OUT, SUPERSEDED, stopped):
        assert wanted(account(*GUARDED, end)) == "none"
    assert wanted(account(*HELD_BY_STANDBY)) == "none"
