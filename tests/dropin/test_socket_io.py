"""The packets of socket.io, as its protocol's own examples have them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dropin.socket_io import NotUnderstood, Said, acknowledged, event, read, refused


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        ("40", Said(kind="connect")),
        ('40{"token":"123"}', Said(kind="connect", auth={"token": "123"})),
        (
            '40/admin,{"token":"123"}',
            Said(kind="connect", namespace="/admin", auth={"token": "123"}),
        ),
        ("40/admin,", Said(kind="connect", namespace="/admin")),
        ("41", Said(kind="leave")),
        ("1", Said(kind="leave")),
        ('42["foo"]', Said(kind="event", event="foo")),
        ('4212["foo",{"a":1}]', Said(kind="event", event="foo", ack="12")),
        ('42/admin,12["foo"]', Said(kind="event", namespace="/admin", event="foo", ack="12")),
        ('4312["bar"]', Said(kind="nothing")),
        ("3", Said(kind="nothing")),
    ],
)
def test_what_a_client_says(packet: str, said: Said):
    assert read(packet) == said


@pytest.mark.parametrize(
    "packet",
    [
        "",
        "4",
        "9",
        "hello",
        "42",
        "42{}",
        "42[]",
        "42[1]",
        "42[",
        "42" + "[" * 4_000,
        '451-["baz",{"_placeholder":true}]',
    ],
)
def test_what_is_no_packet_of_a_client(packet: str):
    with pytest.raises(NotUnderstood):
        read(packet)


@given(st.from_regex(r"[0-9]*(/[a-z]*,)?[0-9]*", fullmatch=True), st.text())
def test_whatever_comes_is_understood_or_not(head: str, rest: str):
    with suppress(NotUnderstood):
        assert read(head + rest).kind in ("connect", "leave", "event", "nothing")


def test_what_a_client_is_told():
    assert event("progress", {"status": "connected"}) == '42["progress",{"status":"connected"}]'
    assert acknowledged("7") == "437[]"
    assert refused("/admin", "Invalid namespace") == (
        '44/admin,{"message":"Invalid namespace","data":null}'
    )
