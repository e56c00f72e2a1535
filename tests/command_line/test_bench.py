import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from app.cli import bench as bench_module
from app.cli.bench import Say, benchmarks
from app.cli.ending import Exit
from app.cli.figures import Figure, Report, figure, machine, ratio
from tests.command_line.conftest import Run


def test_the_marks_of_a_distribution():
    found = figure([0.3, 0.1, 0.2, 0.5, 0.4, 1.0, 0.9, 0.8, 0.7, 0.6], "ten")

    assert (found.count, found.min, found.median, found.p90, found.max) == (
        10,
        0.1,
        0.55,
        0.9,
        1.0,
    )


def test_one_sample_is_every_mark():
    found = figure([0.0123], "one", unit="ms")

    assert (found.min, found.median, found.p90, found.max) == (12.3, 12.3, 12.3, 12.3)


def test_nothing_measured_is_no_figure():
    with pytest.raises(ValueError, match="nothing was measured for: none"):
        figure([], "none")


def test_a_ratio_is_of_medians_in_one_unit():
    figures = {"ours": figure([2.0, 4.0, 3.0], "ours")}
    references = {"theirs": figure([1.5], "theirs", unit="ms")}

    assert ratio(figures, references, "ours / theirs") == 2.0


def test_tells_the_machine():
    told = machine(browser="headless_shell 1.2.3")

    assert {"system", "processor", "cores", "load_before", "python", "browser"} == set(told)
    assert int(told["cores"]) >= 1


def test_finds_the_benchmarks_by_their_measure():
    assert "link" in benchmarks()
    assert "bare_page" not in benchmarks()


def test_lists_what_can_be_measured(run: Run):
    shown = run("bench")

    assert shown.exit_code == Exit.DONE
    assert "first QR in the client's hands" in shown.output
    assert "link" in json.loads(run("bench", "--json").output)["benchmarks"]


def test_an_unknown_benchmark_is_wrong_usage(run: Run):
    shown = run("bench", "frobnicate")

    assert shown.exit_code == Exit.USAGE
    assert "link" in shown.stderr


@pytest.mark.parametrize("samples", ["0", "-1", "many", "100000"])
def test_a_number_of_samples_that_cannot_be(run: Run, samples: str):
    assert run("bench", "link", "--samples", samples).exit_code == Exit.USAGE


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A benchmark that measures nothing, found as others are."""
    (tmp_path / "made_up.py").write_text('"""Nothing."""\ndef measure(): ...\n', "utf-8")
    monkeypatch.setattr(bench_module, "FOLDER", tmp_path)
    module = ModuleType("tests.bench.made_up")

    def measure(say: Say, samples: int) -> Report:
        say("measuring …")
        measured: dict[str, Figure] = {
            "quick": figure([0.01] * samples, "quick enough", unit="ms", aim=50.0),
            "slow": figure([3.0] * samples, "not quick enough", aim=2.0),
        }
        floor = {"floor": figure([1.0], "the least there is")}
        return Report(
            figures=measured,
            references=floor,
            ratios={"slow / floor": ratio(measured, floor, "slow / floor")},
            machine={"cores": 2},
        )

    module.__dict__["measure"] = measure
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_shows_figures_references_and_ratios(run: Run, made_up: ModuleType):
    shown = run("bench", "made_up", "--samples", "3")

    assert shown.exit_code == Exit.DONE, made_up
    assert "50 ms met" in shown.stdout
    assert "2 s not met" in shown.stdout
    assert "slow / floor: 3.00" in shown.stdout
    assert "cores 2" in shown.stdout
    assert "measuring" in shown.stderr


def test_json_is_one_object_of_four_parts(run: Run, made_up: ModuleType):
    shown = run("bench", "made_up", "--samples", "3", "--json")

    report = json.loads(shown.stdout)
    assert set(report) == {"figures", "references", "ratios", "machine"}, made_up
    assert report["figures"]["quick"]["count"] == 3
    assert report["figures"]["quick"]["median"] == 10.0
    assert report["ratios"] == {"slow / floor": 3.0}


def test_a_benchmark_that_breaks_off_says_why(run: Run, made_up: ModuleType):
    def breaks(_: Say, __: int) -> Report:
        raise RuntimeError("the link failed while qr was awaited")

    made_up.__dict__["measure"] = breaks

    shown = run("bench", "made_up")

    assert shown.exit_code == Exit.FAILED
    assert "the link failed" in shown.stderr
