"""The arithmetic of `bench webhooks`; the measuring itself takes a minute, and is no test."""

from tests.bench.webhooks import Arrivals, Samples, webhooks_report
from tests.webhook_delivery.receiver import Receiver


def test_a_rate_is_between_the_first_and_the_last_of_a_run():
    arrivals = Arrivals(Receiver())
    arrivals.at_s = [1.0, 100.0, 100.5, 101.0]
    assert arrivals.rate(1) == 2.0


def test_both_sides_are_set_beside_each_other():
    taken = Samples()
    taken.rates, taken.delays, taken.bare = [600.0, 900.0], [0.004, 0.006], [500.0]
    report = webhooks_report(taken, {})
    assert report.figures["deliveries"].aim == 500.0
    assert report.figures["commit_to_delivery"].median == 5.0
    assert report.ratios == {"deliveries / bare_httpx": 1.5}
