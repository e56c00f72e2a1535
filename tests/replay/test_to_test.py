"""A log of a faulty build becomes a test that is red on that build and green on the fixed one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings

from domain.commands import AnyCommand, ExpireDeadline
from domain.decide import decide
from domain.reasons import Reason
from domain.status import Status
from projections.replay.account_log import AccountLog
from projections.replay.bundle import read_bundle, write_bundle
from projections.replay.playing import play
from projections.replay.pytest_case import PytestCase, pytest_case
from projections.replay.redaction import Level
from projections.replay.regression import Expected, NothingToTest, find_regression
from tests.read_models import scenes
from tests.read_models.generated import stories
from tests.read_models.stories import Story
from tests.replay.faulty_logs import FAULTY_LOGS, READY, faulty_log
from tests.replay.planted import planted
from tests.replay.produced import is_green, module_of

REPOSITORY = Path(__file__).parents[2]
IN_A_PROCESS = ("deaf_behind_a_passkey", "authentication_never_late", "sync_renews_nothing")
PROGRAM = """
import sys, pytest
from tests.replay.planted import planted
from tests.replay.produced import is_green, module_of
plain = ["-q", "-p", "no:cacheprovider", "--rootdir=."]
print("fixed", int(pytest.main([*plain, "."])))
for fault in sys.argv[1:]:
    with planted(fault):
        file = f"on_faulty_build_{fault}.py"
        print(fault, int(pytest.main([*plain, "-k", "test_it", file])))
"""
LEVELS: tuple[Level, ...] = ("none", "masked", "limited", "full")


def log_of(story: Story) -> AccountLog:
    inputs, events = story.of("acc_1")
    return AccountLog(account_id="acc_1", inputs=tuple(inputs), events=tuple(events))


def made(log: AccountLog, expected: Expected | None, *, on: str | None) -> PytestCase:
    """Make the test on the build with the fault, or (None) on the fixed one."""
    if on is None:
        return pytest_case(find_regression(log, expected))
    with planted(on):
        return pytest_case(find_regression(log, expected))


@pytest.mark.parametrize("fault", FAULTY_LOGS)
@pytest.mark.parametrize("made_on", ["the faulty build", "the fixed build"])
@pytest.mark.parametrize("asked", ["ends otherwise", "ends so"])
def test_red_on_the_faulty_build_and_green_on_the_fixed_one(
    fault: str, made_on: str, asked: str
) -> None:
    log, expected, most_inputs = faulty_log(fault)
    here = made_on == "the faulty build"
    case = made(log, expected if asked == "ends so" else None, on=fault if here else None)
    with planted(fault):
        assert not is_green(case), case.source
    assert is_green(case), case.source
    assert case.goes_wrong_here is here
    assert case.inputs_recorded == len(log.inputs)
    assert case.inputs_left <= most_inputs, case.source


def test_pytest_itself_finds_it_red_and_green(tmp_path: Path) -> None:
    for fault in IN_A_PROCESS:
        log, _, _ = faulty_log(fault)
        case = made(log, None, on=fault)
        (tmp_path / f"test_{fault}.py").write_text(case.source)
        (tmp_path / f"on_faulty_build_{fault}.py").write_text(case.source)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, *IN_A_PROCESS],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = ran.stdout.splitlines()
    assert "fixed 0" in told, ran.stdout + ran.stderr
    assert all(f"{fault} 1" in told for fault in IN_A_PROCESS), ran.stdout + ran.stderr


@pytest.mark.parametrize("level", LEVELS)
def test_a_bundle_of_any_level_will_do(level: Level) -> None:
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    case = made(read_bundle(write_bundle(log, level)).log, None, on="deaf_behind_a_passkey")
    with planted("deaf_behind_a_passkey"):
        assert not is_green(case)
    assert is_green(case)


def test_an_attempt_will_do_without_what_was_before() -> None:
    log, _, most_inputs = faulty_log("deaf_behind_a_passkey")
    (attempt,) = log.attempts()
    case = made(attempt, READY, on="deaf_behind_a_passkey")
    assert "BEFORE = NEW" in case.source
    assert "RegisterAccount(" in case.source
    assert case.inputs_left <= most_inputs
    assert is_green(case)


def test_nothing_in_it_tells_of_a_person_or_a_day() -> None:
    log, _, _ = faulty_log("no_appointment")
    source = made(log, None, on="no_appointment").source
    for secret in (
        scenes.PHONE,
        scenes.PHONE_PRINT,
        "Sari",
        "Branch 7",
        "att_1",
        "ws_1",
        "2026, 3",
    ):
        assert secret not in source


def test_a_story_that_did_not_fail_needs_an_expectation() -> None:
    linked = log_of(scenes.linked())
    with pytest.raises(NothingToTest, match="It ended READY: say how"):
        find_regression(linked)
    with pytest.raises(NothingToTest, match="It ended READY, as it should"):
        find_regression(linked, READY)
    stays_ready = pytest_case(find_regression(linked, Expected(Status.FAILED, Reason.CANCELLED)))
    assert stays_ready.name == "test_it_ends_failed_cancelled"
    assert not is_green(stays_ready)


def test_what_nobody_decides_so_is_no_fault_of_the_domain() -> None:
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    lost = AccountLog(account_id="acc_1", inputs=log.inputs[:8], events=log.events)
    with pytest.raises(NothingToTest, match="something else was at fault"):
        find_regression(lost)


def test_the_file_plays_inputs_as_the_search_for_it_does() -> None:
    log, _, _ = faulty_log("deaf_behind_a_passkey")
    module = module_of(made(log, None, on=None))

    @settings(deadline=None, max_examples=25)
    @given(stories)
    def plays_alike(story: Story) -> None:
        given = [
            recorded.command
            for recorded in story.of("acc_1")[0]
            if isinstance(recorded.command, AnyCommand)
            and not isinstance(recorded.command, ExpireDeadline)
        ]
        assert module.play(given).account == play(module.BEFORE, given, decide).account

    plays_alike()
