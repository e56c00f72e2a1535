"""Every labelled log is decided again as it was: told ones, simulated ones, recorded ones."""

import pytest

from projections.replay.account_log import AccountLog
from projections.replay.redecide import redecide
from projections.replay.what_if import Changes, Verdict, what_if
from tests.corpus import kept
from tests.corpus.record import RECORDED
from tests.corpus.simulated import simulated
from tests.corpus.told import told
from tests.replay.test_what_if_of_any_story import LIMITS


@pytest.fixture(scope="module")
def logs() -> list[AccountLog]:
    """Return them all; the recorded ones were written by other processes, some on other days."""
    return [one.log for one in (*told(), *simulated(), *kept.read(RECORDED))]


def test_every_log_is_decided_as_it_was(logs: list[AccountLog]) -> None:
    again = [redecide(log) for log in logs]

    assert [one.first for one in again if not one.identical] == []
    assert sum(one.events for one in again) == sum(len(log.events) for log in logs) > 0


def test_every_log_and_every_attempt_is_the_same_without_changes(logs: list[AccountLog]) -> None:
    for log in logs:
        for part in (log, *log.attempts()):
            assert what_if(part).verdict is Verdict.SAME


@pytest.mark.parametrize("limit", LIMITS)
def test_a_longer_limit_is_only_ever_the_same_or_undecidable(
    logs: list[AccountLog], limit: str
) -> None:
    parts = [part for log in logs for part in log.attempts()]
    verdicts = [what_if(part, Changes(policy={limit: 1_000_000})).verdict for part in parts]

    assert set(verdicts) == {Verdict.SAME, Verdict.UNDECIDABLE}
