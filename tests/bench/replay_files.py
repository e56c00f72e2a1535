"""The part of `bench replay` that makes files: a bundle of one attempt, a regression test of a log.

The logs of the tests are those that builds with a planted fault wrote; docs/decisions/to-test.md
names the faults.
"""

from collections.abc import Callable

from adapters import clock
from app.cli.figures import Figure, figure
from projections.replay.account_log import AccountLog
from projections.replay.bundle import read_bundle, write_bundle
from projections.replay.pytest_case import pytest_case
from projections.replay.redaction import LEVELS
from projections.replay.regression import find_regression
from tests.bench.replay_log import told
from tests.read_models import scenes
from tests.read_models.stories import Story
from tests.replay.faulty_logs import FAULTY_LOGS, faulty_log

TO_TEST_AIM_S = 10.0
BUNDLE_AIM = 64.0 * 1024
"""Both from issue 5, "How it is judged"."""

Say = Callable[[str], None]


class FilesTaken:
    """Bytes of the largest bundle of each level, and seconds from a bundle to its test."""

    def __init__(self) -> None:
        self.bundles: list[float] = []
        self.tests: list[float] = []


def measure_files(taken: FilesTaken, say: Say) -> None:
    """Write every attempt of the scenes and the longest linking; make a test of every fault."""
    say("Bundles and tests …")
    stories = (*told(), scenes.rotated(dict.fromkeys(range(1, 14), 2.0)))
    attempts = [attempt for story in stories for attempt in _log_of(story).attempts()]
    for level in LEVELS:
        taken.bundles.append(float(max(len(write_bundle(one, level)) for one in attempts)))
    for fault in FAULTY_LOGS:
        log, expected, _ = faulty_log(fault)
        content = write_bundle(log, "masked")
        began_s = clock.monotonic_s()
        pytest_case(find_regression(read_bundle(content).log, expected))
        taken.tests.append(clock.monotonic_s() - began_s)


def _log_of(story: Story) -> AccountLog:
    inputs, events = story.of("acc_1")
    return AccountLog(account_id="acc_1", inputs=tuple(inputs), events=tuple(events))


def file_figures(taken: FilesTaken) -> dict[str, Figure]:
    """Boil it down."""
    return {
        "bundle_bytes": figure(
            taken.bundles,
            "the largest bundle of one attempt, at each level",
            unit="",
            aim=BUNDLE_AIM,
        ),
        "to_test": figure(
            taken.tests, "a regression test made of a bundle", unit="s", aim=TO_TEST_AIM_S
        ),
    }
