"""A slice of `python -m tests.replay`, and what such a search has found."""

import pytest

from domain.account import NEW
from domain.observations import RecordWebhookSilent
from domain.reasons import Reason
from domain.status import Status
from projections.replay.playing import Ending
from projections.replay.pytest_case import pytest_case
from projections.replay.recorded_build import RecordedBuild, told_by
from projections.replay.regression import Expected, NothingToTest, Regression, find_regression
from projections.replay.shrink import Case
from projections.replay.stand_ins import START
from tests.corpus.told import told
from tests.read_models.scenes import A1, linked, ready, scanned
from tests.read_models.stories import at
from tests.replay.__main__ import main
from tests.replay.faulty_logs import READY, faulty_log
from tests.replay.hold_tests import hold, what_is_wrong
from tests.replay.logs_of_faults import SOURCES
from tests.replay.produced import module_of
from tests.replay.test_account_log import log_of

FOUND = (
    ("generated", 14, "deaf_behind_a_passkey"),
    ("generated", 37, "no_appointment"),
    ("generated", 391, "authentication_never_late"),
    ("generated", 377, "authentication_never_late"),
    ("generated", 432, "trouble_forgiven"),
    ("generated", 457, "no_appointment"),
    ("generated", 536, "trouble_forgiven"),
    ("generated", 225, "every_code_a_window"),
    ("generated", 5543, "any_code_again"),
    ("generated", 5607, "passkey_unheard"),
    ("corpus", 92, "no_appointment"),
    ("corpus", 466, "sync_renews_nothing"),
    ("corpus", 469, "passkey_unheard"),
    ("corpus", 514, "no_appointment"),
    ("corpus", 64, "any_code_again"),
    ("simulated", 5, "logouts_overlooked"),
)
"""Where a test was wrong, and a log of each other source."""


@pytest.mark.parametrize(("source", "seed", "fault"), FOUND)
def test_each_is_red_on_the_faulty_build_and_green_on_the_fixed_one(
    source: str, seed: int, fault: str
) -> None:
    held = [one for log in SOURCES[source](seed, fault) for one in hold(log, fault)]
    assert any(one.case for one in held), f"seed {seed} shows no fault any more: take another"
    assert [str(one) for one in held if one.wrong] == []


def test_a_wrong_test_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    case = pytest_case(find_regression(log, READY))
    assert what_is_wrong(case, "deaf_behind_a_passkey", "") == ""
    assert what_is_wrong(case, "no_appointment", "") == "not red on the faulty build"
    goes_on = pytest_case(find_regression(log_of(linked()), Expected(Status.FAILED)))
    assert "not green" in what_is_wrong(goes_on, "no_appointment", "no_appointment")

    assert main(["--source", "generated", "--from", "14", "--seeds", "1"]) == 0
    assert "made of generated logs" in capsys.readouterr().out


def test_a_clock_that_was_late_is_no_fault_of_a_decision() -> None:
    """The check has 60 s from the scan; nobody passed that deadline before the phone answered."""
    late = log_of(scanned().tell(ready(400)))
    with pytest.raises(NothingToTest, match=r"passed late.* so the clock was at fault"):
        find_regression(late, Expected(Status.FAILED, Reason.AUTHENTICATION_TIMED_OUT))


def test_nobody_can_expect_an_attempt_to_go_on() -> None:
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    with pytest.raises(NothingToTest, match="AUTHENTICATING is no ending"):
        find_regression(log, Expected(Status.AUTHENTICATING))


def test_with_stand_ins_too_this_build_agrees_with_what_it_wrote() -> None:
    for labelled in told()[::4]:
        for attempt in labelled.log.attempts():
            assert not RecordedBuild(told_by(attempt)).differs, labelled.name


def test_no_value_of_a_log_can_get_out_of_its_quotes() -> None:
    error = """'" + open("\\n").read() + "' \\ ünï"""
    silent = RecordWebhookSilent(
        at=START, attempt=A1, endpoint="webhook-1", since=at(0), error=error
    )
    regression = Regression(
        case=Case(NEW, (silent,)),
        recorded=Ending(Status.FAILED, Reason.CANCELLED, None),
        expected=None,
        clock=False,
        goes_wrong_here=True,
        inputs_recorded=1,
    )
    assert [silent] == module_of(pytest_case(regression)).INPUTS
