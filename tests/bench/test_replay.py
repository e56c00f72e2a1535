"""`bench replay` on a log too small to mean anything: everything is measured, nothing is left."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import replay as bench_replay
from tests.bench import replay_fleet, replay_state
from tests.bench.replay import measure
from tests.bench.replay_fleet import FleetTaken, fleet_figures, fleet_references


def test_every_part_is_measured_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bench_replay, "INPUTS_PER_SAMPLE", 100)
    monkeypatch.setattr(replay_fleet, "RUNS", 1)
    monkeypatch.setattr(replay_fleet, "DECIDED_AT_ONCE", 100)
    monkeypatch.setattr(replay_state, "EVENTS", 30)
    monkeypatch.setattr(replay_state, "ASKED", 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o711)
    said: list[str] = []

    report = measure(said.append, 1)

    files = {"bundle_bytes", "to_test"}
    states = {"state", "state_p95", "state_at", "state_at_p95"}
    assert set(report.figures) == {"fleet", "fleet_policy", "fleet_memory", *states, *files}
    assert report.figures["state_p95"].aim == 50
    assert (report.figures["bundle_bytes"].aim, report.figures["to_test"].aim) == (65536, 10)
    assert set(report.references) == {"decide", "alive"}
    assert all(one.median > 0 for one in (*report.figures.values(), *report.references.values()))
    assert set(report.ratios) == {"fleet / decide"}
    assert said == [
        "Writing 100 inputs …",
        "Fleet 1 of 1: 1,380 inputs …",
        "Writing an account of 30 events …",
        "Round 1 of 1: states over HTTP …",
        "Bundles and tests …",
    ]
    assert list(tmp_path.iterdir()) == []


def test_the_aims_are_those_of_the_issue():
    taken = FleetTaken()
    taken.same, taken.policy, taken.memory, taken.decided = (
        [40_000.0],
        [39_000.0],
        [2e8],
        [80_000.0],
    )

    assert fleet_figures(taken)["fleet"].aim == pytest.approx(1_000_000 / 30)
    assert fleet_references(taken)["decide"].median == 80_000
