"""`bench feed` with crowds too small to mean anything: everything is measured, nothing is left."""

import tempfile
from pathlib import Path

import pytest

from tests.bench import feed as bench_feed
from tests.bench.feed import KINDS, Taken, compare, feed_report, measure


def test_everything_is_measured_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """One kind of reader is enough: the broadcaster's readers are of the other."""
    monkeypatch.setattr(bench_feed, "KINDS", ("socket",))
    for sizes, size in (("HELD", 4), ("WATCHING", 3), ("CUT", 12), ("COMING_BACK", 3)):
        monkeypatch.setattr(bench_feed, sizes, dict.fromkeys(KINDS, size))
    for name, value in (("WARM", 1), ("SETTLE_S", 0.05), ("EVERY_S", 0.02)):
        monkeypatch.setattr(bench_feed, name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tmp_path.chmod(0o711)
    said: list[str] = []

    report = measure(said.append, 1)

    marks = ("", "_bytes", "_p99", "_disconnects", "_gaps", "_doubles")
    assert set(report.figures) == {f"socket{mark}" for mark in marks}
    assert set(report.references) == {"bare", "bare_p99"}
    assert report.figures["socket_disconnects"].median == 12
    assert report.figures["socket_gaps"].median == 0
    assert report.figures["socket_doubles"].median == 0
    assert report.figures["socket"].count == 3 * bench_feed.COMMITS_PER_SAMPLE
    assert said[0] == "4 readers (socket) …"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seen", "gaps", "doubles"),
    [
        ([3, 5, 8], 0, 0),
        ([3, 8], 1, 0),
        ([], 3, 0),
        ([3, 5, 5, 8], 0, 1),
        ([3, 8, 5], 0, 1),
    ],
)
def test_what_a_reader_saw_is_compared_with_the_log(seen: list[int], gaps: int, doubles: int):
    assert compare(seen, [3, 5, 8]) == (gaps, doubles)


def test_what_was_missed_is_in_the_report():
    taken = Taken()
    for kind in KINDS:
        taken.bytes[kind] = [17_000.0]
    for name in (*KINDS, "bare"):
        taken.latencies[name], taken.worst[name] = [0.02, 0.04], [0.04]
    taken.gaps["sse"] = 2

    report = feed_report(taken, {})

    assert (report.figures["sse_gaps"].median, report.figures["sse_gaps"].aim) == (2, 0)
    assert (report.figures["sse_p99"].median, report.figures["sse_p99"].aim) == (40, 100)
    assert report.ratios["sse / bare"] == 1
