"""The records of an attempt stay within their limits, and an address within what may be known."""

import msgspec

from adapters.browser.recorder import MOST_BYTES, MOST_LINES, Recorder
from adapters.browser.witness import plain_url


def test_an_address_is_kept_without_secrets():
    assert plain_url("https://web.whatsapp.com/?post_logout=1#x") == "https://web.whatsapp.com/"
    assert plain_url("http://user:pass@127.0.0.1:8701/a/acc_01m7y4z8k2d3f4g5h6j7/?t=1") == (
        "http://127.0.0.1:8701/a/…/"
    )
    assert plain_url("http://[::1") == ""


def test_the_records_are_the_newest_that_fit_and_in_order():
    recorder = Recorder(0.0)
    for number in range(600):
        recorder.add(number, "snapshot", {"text": f"{number} " + "x" * 300})
        recorder.add_line(number + 0.5, "console_error", f"line {number} of Ayu")
    encoded = recorder.to_json(["Ayu", "1"])
    assert len(encoded) <= MOST_BYTES
    kept = msgspec.json.decode(encoded)
    assert kept[-1] == {"after_s": 599.5, "kind": "console_error", "text": "line 599 of …"}
    assert [one["after_s"] for one in kept] == sorted(one["after_s"] for one in kept)
    assert sum(one["kind"] == "console_error" for one in kept) == MOST_LINES
    assert recorder.to_json() != encoded
    assert Recorder(0.0).to_json() == b"[]"
