"""What the page says is untrusted: everything that is not exactly a message of ours is refused."""

import json
from typing import Any

import pytest

from adapters.browser.snapshot import (
    MOST_BYTES,
    Acks,
    Beat,
    PageSnapshot,
    Received,
    Report,
    UnknownCallback,
    read_message,
    redact,
    redact_line,
)
from tests.browser_adapter.looks import CODE_1, MAIN, SHOWING_1
from tests.examples import PHONE

NONCE = "_0123456789abcdef0123456789abcdef"
HEAD = {"nonce": NONCE, "boot": "0123456789abcdef", "sequence": 1}
OURS = "3EB00123456789ABCDEF01"
INCOMING = {
    "whatsapp_id": "3A0123456789",
    "kind": "text",
    "sender": PHONE,
    "name": "Ann",
    "text": "Hello",
    "at_s": 1763730000,
}
CODE = {"text": CODE_1.text, "ref": CODE_1.ref, "source": "page", "life_s": 60}


def message(kind: str = "snapshot", **facts: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    return {**HEAD, "kind": kind, **facts}


def state(**facts: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    return message(snapshot={"phase": "running", **facts})


def received(**facts: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON
    return message("received", received=INCOMING | facts)


def test_a_beat_is_read():
    given = read_message(json.dumps(message("beat")), NONCE)
    assert given == Beat(nonce=NONCE, boot="0123456789abcdef", sequence=1)


def test_a_snapshot_is_read():
    given = read_message(json.dumps(state(mode="QR", code=CODE, left=None)), NONCE)
    assert isinstance(given, Report)
    assert given.snapshot.mode == "QR"
    assert given.snapshot.code is not None
    assert given.snapshot.code.text == CODE_1.text


def test_acks_are_read():
    acks = [{"whatsapp_id": OURS, "ack": 2}]
    given = read_message(json.dumps(message("acks", acks=acks)), NONCE)
    assert isinstance(given, Acks)
    assert [(ack.whatsapp_id, ack.ack) for ack in given.acks] == [(OURS, 2)]


MALFORMED: list[tuple[str, object]] = [
    ("no JSON", "{"),
    ("nothing", ""),
    ("a list", "[]"),
    ("no kind", json.dumps(HEAD)),
    ("unknown kind", json.dumps(message("command"))),
    ("unknown field", json.dumps(message("beat", extra=1))),
    ("unknown field inside", json.dumps(state(extra=1))),
    ("unknown phase", json.dumps(message(snapshot={"phase": "paused"}))),
    ("boot of another shape", json.dumps({**message("beat"), "boot": "../x"})),
    ("negative sequence", json.dumps({**message("beat"), "sequence": -1})),
    ("mode with spaces", json.dumps(state(mode="QR <b>"))),
    ("word with a line break", json.dumps(state(socket="UNPAIRED\n"))),
    ("code with a line break", json.dumps(state(code={**CODE, "text": CODE_1.text + "\n"}))),
    ("code that is too long", json.dumps(state(code={**CODE, "text": "x" * 1025}))),
    ("code from nowhere", json.dumps(state(code={**CODE, "source": "guess"}))),
    ("code that lives for ever", json.dumps(state(code={**CODE, "life_s": 1e9}))),
    ("number with letters", json.dumps(state(me={"phone": "49170x234567"}))),
    ("name that is too long", json.dumps(state(me={"phone": PHONE, "name": "n" * 101}))),
    ("short pairing code", json.dumps(state(pairing_code="ABC"))),
    ("reason with a number in words", json.dumps(state(left="call +49 170 1234567"))),
    ("missing names that are prose", json.dumps(state(missing=["a b"]))),
    ("too many acks", json.dumps(message("acks", acks=[{"whatsapp_id": OURS, "ack": 2}] * 41))),
    ("ack out of range", json.dumps(message("acks", acks=[{"whatsapp_id": OURS, "ack": 9}]))),
    ("ack of somebody else's", json.dumps(message("acks", acks=[{"whatsapp_id": "3A", "ack": 2}]))),
    ("sender with letters", json.dumps(received(sender="49170x"))),
    ("id that is a path", json.dumps(received(whatsapp_id="../x"))),
    ("another kind of message", json.dumps(received(kind="poll"))),
    ("text that is too long", json.dumps(received(text="x" * 65537))),
    ("time before time", json.dumps(received(at_s=-1))),
    ("media type that is prose", json.dumps(received(media_type="a picture"))),
    ("lone surrogate in a text", json.dumps(received(text="\ud800"))),
    ("lone surrogate", '"\ud800"'),
]


@pytest.mark.parametrize("given", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_malformed(given: object):
    with pytest.raises(UnknownCallback) as refused:
        read_message(given, NONCE)
    assert refused.value.because == "malformed"


@pytest.mark.parametrize("given", [None, 7, {"kind": "beat"}, [], b"{}", True])
def test_only_text_is_read(given: object):
    with pytest.raises(UnknownCallback) as refused:
        read_message(given, NONCE)
    assert refused.value.because == "not_text"


@pytest.mark.parametrize("given", [" " * (MOST_BYTES + 1), "ä" * (MOST_BYTES // 2 + 1)])
def test_long_texts_are_not_even_decoded(given: str):
    with pytest.raises(UnknownCallback) as refused:
        read_message(given, NONCE)
    assert refused.value.because == "too_large"


@pytest.mark.parametrize("nonce", ["", "_", NONCE[:-1], NONCE + "0", "ä"])
def test_another_nonce_is_foreign(nonce: str):
    with pytest.raises(UnknownCallback) as refused:
        read_message(json.dumps({**message("beat"), "nonce": nonce}), NONCE)
    assert refused.value.because == "foreign"


def test_the_largest_snapshot_fits():
    largest = state(
        code={**CODE, "text": "x" * 1024, "ref": "r" * 300},
        me={"phone": "1" * 20, "name": "n" * 100, "platform": "p" * 40},
        missing=["m" * 80] * 40,
        **dict.fromkeys(("whatsapp", "wa_js", "left", "leaving", "banned"), "w" * 40),
    )
    assert isinstance(read_message(json.dumps(largest), NONCE), Report)


def test_the_largest_batch_of_acks_fits():
    acks = [{"whatsapp_id": OURS, "ack": 3}] * 40
    assert isinstance(read_message(json.dumps(message("acks", acks=acks)), NONCE), Acks)


@pytest.mark.parametrize("letter", ["\x01", "\U0001f600", '"'])
def test_the_longest_text_fits(letter: str):
    text = letter * (65536 // len(letter.encode("utf-16-le")) * 2)
    said = json.dumps(received(text=text, name="n" * 100), ensure_ascii=False)
    given = read_message(said, NONCE)
    assert isinstance(given, Received)
    assert given.received.text == text


def test_a_kept_snapshot_has_no_secret():
    kept = json.dumps(redact(SHOWING_1, "0123abcd"))
    assert "0123abcd" in kept
    for secret in CODE_1.text.partition("#")[2].split(",")[:4]:
        assert secret not in kept


def test_a_kept_snapshot_has_the_end_of_the_number_only():
    kept = redact(MAIN, "")
    assert kept["me"] == "…" + PHONE[-3:]
    assert "Ayu" not in str(kept)


def test_a_kept_snapshot_leaves_out_what_is_not_so():
    assert redact(PageSnapshot(phase="loading"), "") == {"phase": "loading", "online": True}


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Cannot read properties of undefined", "Cannot read properties of undefined"),
        ("call +491701234567", "call +…"),
        ("secret 0aFj3kLm9PqRsTuVwXyZ0123456789+/= is wrong", "secret … is wrong"),
        ("at https://wa.me/settings#ref,abc", "at https://wa.me/settings…"),
        ("failed /x?token=abc now", "failed /x… now"),
        ("x " * 400, "x " * 150),
    ],
)
def test_lines_lose_keys_and_numbers(line: str, kept: str):
    assert redact_line(line) == kept
