"""The arithmetic of `bench link`; the measuring itself takes a minute and is not a test."""

import pytest

from tests.bench.bare_page import Floor
from tests.bench.link import Samples, link_report


def measured() -> tuple[Samples, Floor]:
    taken, floor = Samples(), Floor()
    taken.cold_first_qr = [2.0, 4.0, 3.0]
    taken.warm_first_qr = [1.0, 1.2]
    taken.scan_to_ready = [3.3]
    taken.first_code_to_feed = [0.08]
    taken.code_seen_to_feed = [0.01]
    taken.new_code_to_feed = [0.070, 0.080, 0.090]
    floor.first_qr = [0.5, 0.6]
    floor.scan_to_chats = [3.0]
    floor.new_code = [0.030, 0.040, 0.050]
    return taken, floor


def test_what_is_ours_leaves_out_the_pages_own_painting():
    report = link_report(*measured(), {})

    overhead = report.figures["overhead"]
    assert (overhead.min, overhead.median, overhead.max) == (30.0, 40.0, 50.0)
    assert overhead.unit == "ms"


def test_ratios_are_to_the_browser_alone():
    report = link_report(*measured(), {})

    assert report.ratios == {
        "warm_first_qr / bare_first_qr": 2.0,
        "cold_first_qr / bare_first_qr": 5.45,
        "scan_to_ready / bare_scan_to_chats": 1.1,
    }


def test_the_aims_are_those_of_the_issue():
    figures = link_report(*measured(), {}).figures

    assert figures["warm_first_qr"].aim == 2.0
    assert figures["cold_first_qr"].aim == 5.0
    assert figures["overhead"].aim == 50.0


def test_a_thing_that_was_not_measured_is_no_figure():
    with pytest.raises(ValueError, match="nothing was measured"):
        link_report(Samples(), Floor(), {})
