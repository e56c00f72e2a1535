"""The arithmetic of `bench messages`; the measuring itself takes half a minute, and is no test."""

import pytest

from tests.bench.messages import Samples, messages_report


def test_what_is_ours_leaves_out_the_pages_own_time():
    taken = Samples()
    taken.accept, taken.sent, taken.bare = [0.010], [0.060, 0.050, 0.070], [0.020, 0.030]
    report = messages_report(taken, {})
    overhead = report.figures["overhead"]
    assert (overhead.min, overhead.median, overhead.max) == (25.0, 35.0, 45.0)
    assert report.ratios == {"accepted_to_sent / bare_send": 2.4}


def test_a_thing_that_was_not_measured_is_no_figure():
    with pytest.raises(ValueError, match="nothing was measured"):
        messages_report(Samples(), {})
