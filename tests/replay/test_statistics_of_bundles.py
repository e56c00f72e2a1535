"""Bundles summed up: the twelve failed scans of qr-scan-failure-flow, and what this build makes."""

from collections import Counter
from datetime import timedelta

import pytest
from msgspec.structs import replace

from app.fleet_what_if import verdict_on
from projections.replay.account_log import AccountLog
from projections.replay.bundle import BundleDamaged, NotABundle, read_bundles, write_bundle
from projections.replay.edits import Changes
from projections.replay.fleet import fleet_of
from projections.replay.what_if import Verdict
from projections.statistics.of_logs import RangeTooLong, statistics_of
from tests.read_models import scenes
from tests.read_models.stories import Story
from tests.read_models.test_twelve_failures import TWELVE, explained


def log_of(story: Story) -> AccountLog:
    inputs, events = story.of("acc_1")
    return AccountLog(account_id="acc_1", inputs=tuple(inputs), events=tuple(events))


def twelve_bundles() -> bytes:
    """One bundle after another, as `cat` puts files together."""
    return b"".join(write_bundle(log_of(make()), "masked") for make, *_ in TWELVE.values())


def test_the_twelve_failures_are_summed_up_as_each_is_explained() -> None:
    logs = [bundle.log for bundle in read_bundles(twelve_bundles())]
    assert len(logs) == 12
    told = statistics_of(logs, "day")
    attempts = sum(len(log.attempts()) for log in logs)
    assert told.attempts == attempts == sum(bucket.begun for bucket in told.buckets)
    causes = Counter(
        answer.cause.code for make, *_ in TWELVE.values() if (answer := explained(make())).cause
    )
    cancelled = 1  # "constraint 5" has two attempts; `why` is asked of the second
    assert causes.total() + cancelled == sum(one.count for one in told.causes)
    assert {one.code: one.count for one in told.causes}.items() >= causes.items()
    assert told.unknown == 0


def test_this_build_decides_each_as_it_was_decided() -> None:
    logs = [bundle.log for bundle in read_bundles(twelve_bundles())]
    parts = [part for log in logs for part in log.attempts()]
    fleet = fleet_of(verdict_on(part, Changes()) for part in parts)
    assert fleet.verdicts == {Verdict.SAME: len(parts)}
    longer = Changes(policy={"link_window_s": 900.0})
    assert fleet_of(verdict_on(part, longer) for part in parts).different


def test_nothing_is_summed_up_as_nothing() -> None:
    told = statistics_of([], "week")
    assert (told.attempts, told.causes) == (0, ())


def test_years_apart_are_too_much_for_one_answer() -> None:
    log = log_of(scenes.linked())
    began = log.timeline().attempts[-1].attempt
    assert began is not None
    late = timedelta(days=400)
    events = tuple(
        replace(one, event=replace(one.event, at=one.event.at + late)) for one in log.events
    )
    with pytest.raises(RangeTooLong, match="366 days apart"):
        statistics_of([log, replace(log, events=events)], "day")


@pytest.mark.parametrize(("spoilt", "error"), [(b"{}\n", NotABundle), (b"x", BundleDamaged)])
def test_one_that_is_none_spoils_the_file(spoilt: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_bundles(
            spoilt + twelve_bundles() if error is NotABundle else twelve_bundles() + spoilt
        )
