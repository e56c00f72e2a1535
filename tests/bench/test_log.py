"""`bench log` on rounds too short to mean anything: everything is measured, nothing is left."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import log as bench_log
from tests.bench import log_projections
from tests.bench.log import CLIENTS, RAW_BATCHES, Samples, log_report, measure
from tests.bench.log_projections import EVENTS_OF


def test_every_contestant_is_measured_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bench_log, "ROUND_S", 0.02)
    monkeypatch.setattr(bench_log, "EVENTS_PER_SAMPLE", 600)
    monkeypatch.setattr(log_projections, "LAG_ROUND_S", 0.05)
    monkeypatch.setattr(log_projections, "LOADS", 2)
    monkeypatch.setitem(log_projections.EVENTS_OF, "long", 301)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o711)
    said: list[str] = []

    report = measure(said.append, 1)

    assert set(report.figures) == {
        *(f"{name}_{n}" for name in ("append", "dispatch") for n in CLIENTS),
        *(f"{name}_{n}_latency" for name in ("append", "dispatch") for n in CLIENTS),
        *("replay", "fold", "verify", "replay_growth"),
        *("lag", "lag_p99", "lag_rate", "rebuild"),
        *(f"answer_{heat}_{length}" for heat in ("cold", "warm") for length in EVENTS_OF),
    }
    assert set(report.references) == {
        *(f"library_{n}{what}" for n in CLIENTS for what in ("", "_latency")),
        *(f"raw_{n}{what}" for n in RAW_BATCHES for what in ("", "_latency")),
    }
    may_be_nothing = {"replay_growth", "lag", "lag_p99"}
    assert all(one.median > 0 for name, one in report.figures.items() if name not in may_be_nothing)
    assert all(ratio > 0 for ratio in report.ratios.values())
    assert said[0] == "Round 1 of 1: 1 clients …"
    assert list(tmp_path.iterdir()) == []


def measured() -> Samples:
    taken = Samples()
    for timed in (*taken.ours.values(), *taken.library.values(), *taken.raw.values()):
        timed.add_round([0.001] * 100, 0.5)
    taken.ours["append_64"].rates = [4000.0]
    taken.replay, taken.verify, taken.fold = [90_000.0], [300_000.0], [1_500_000.0]
    taken.growth = [2_000_000.0]
    projected = taken.projected
    projected.lags, projected.worst, projected.rates = [0.001, 0.02], [0.02], [998.0]
    projected.rebuilt = [20_000.0]
    for name, loads in projected.loads.items():
        loads.append(0.003 if name == "cold_long" else 0.002)
    return taken


def test_rates_are_commands_a_second_and_ratios_are_of_them():
    report = log_report(measured(), {})

    assert report.figures["append_1"].median == 200
    assert report.figures["append_1_latency"].p99 == 1.0
    assert report.ratios["append_64 / library_64"] == 20.0
    assert report.ratios["append_64 / raw_500"] == 20.0
    assert report.figures["replay_growth"].median == 2.0
    assert report.figures["lag"].max == 20.0
    assert report.ratios["answer_cold_long / answer_cold_short"] == 1.5
    assert report.ratios["answer_warm_long / answer_warm_short"] == 1.0


def test_the_aims_are_those_of_the_issue():
    figures = log_report(measured(), {}).figures

    assert (figures["replay"].aim, figures["fold"].aim) == (100_000, 1_000_000)
    assert figures["verify"].aim == pytest.approx(1_000_000 / 15, abs=1)
    assert (figures["lag_p99"].aim, figures["lag_p99"].unit) == (100, "ms")
    assert figures["rebuild"].aim == pytest.approx(1_000_000 / 60, abs=1)
