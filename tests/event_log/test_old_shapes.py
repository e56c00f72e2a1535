"""What was ever written can still be read, and what is too new is named, not fatal."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import msgspec
import psycopg
import pytest

from adapters.event_log.codec import KINDS, TOPICS, Codec, Envelope, StoredAs, encode_text
from adapters.event_log.errors import UndecodableEvent, UnknownTopic, UnreadableEvent
from adapters.event_log.interface import EventLog
from adapters.event_log.lifting import Body
from adapters.event_log.store import PostgresEventLog
from domain import events as e
from domain.log import Origin
from tests.event_log.appends import observation, register, registration
from tests.event_log.values import GOLDEN_TIME, golden
from tests.examples import LINK, QR_1

GOLDEN = Path(__file__).parent / "golden"
Lines = dict[tuple[str, int], Any]
"""(Name, shape) -> what was stored in that shape."""


def golden_lines(of: str) -> Lines:
    return {
        (name, int(file.stem.partition("_")[2])): line
        for file in GOLDEN.glob(f"{of}.shape_*.json")
        for name, line in json.loads(file.read_text("utf-8")).items()
    }


EVENTS = golden_lines("events")
INPUTS = golden_lines("inputs")


def stored_as(topic: str) -> StoredAs:
    return StoredAs(topic=topic, stream="acc_1", version=4, position=9)


def test_every_event_and_command_has_a_golden_line_of_every_shape_it_ever_had() -> None:
    """A new one needs a line: `python -m tests.event_log.write_golden` adds what is missing."""
    assert sorted(EVENTS) == sorted(shapes_of(TOPICS))
    assert sorted(INPUTS) == sorted(shapes_of(KINDS))


def shapes_of(names: Iterable[str]) -> list[tuple[str, int]]:
    codec = Codec()
    return [(name, shape) for name in names for shape in range(1, codec.shape(name) + 1)]


@pytest.mark.parametrize(("topic", "shape"), EVENTS)
def test_a_golden_event_still_decodes(topic: str, shape: int) -> None:
    state = json.dumps(EVENTS[topic, shape]).encode()
    recorded = Codec().decode_event(stored_as(topic), state)
    assert type(recorded.event).__name__ == topic
    assert recorded.input_id == 7
    assert recorded.recorded_at == GOLDEN_TIME
    assert recorded.origin == golden(Origin)
    if shape == Codec().shape(topic):
        assert json.loads(encode_text(recorded.event)) == EVENTS[topic, shape]["body"]


@pytest.mark.parametrize(("kind", "shape"), INPUTS)
def test_a_golden_input_still_decodes(kind: str, shape: int) -> None:
    command = Codec().decode_input(kind, shape, json.dumps(INPUTS[kind, shape]).encode())
    assert type(command).__name__ == kind
    if shape == Codec().shape(kind):
        assert json.loads(encode_text(command)) == INPUTS[kind, shape]


def rename_by_whom(body: Body) -> Body:
    return {**body, "by": body["logged_out_by"]}


def tell_the_reason(body: Body) -> Body:
    return {**body, "reason": "logged_out"}


LIFTS = {("LoggedOut", 1): rename_by_whom, ("LoggedOut", 2): tell_the_reason}


def old_state(shape: int, body: Body) -> bytes:
    envelope = Envelope(
        input=1, recorded=GOLDEN_TIME, origin=Origin(actor="clock"), shape=shape, body=body
    )
    return msgspec.json.encode(envelope)


@pytest.mark.parametrize(
    ("shape", "body"),
    [
        (1, {"logged_out_by": "phone"}),
        (2, {"by": "phone"}),
        (3, {"by": "phone", "reason": "logged_out"}),
    ],
)
def test_an_old_shape_is_lifted_step_by_step(shape: int, body: Body) -> None:
    state = old_state(shape, {"at": "2026-01-05T09:00:00Z", **body})
    recorded = Codec(LIFTS).decode_event(stored_as("LoggedOut"), state)
    assert isinstance(recorded.event, e.LoggedOut)
    assert recorded.event.by == "phone"


def test_a_lifted_event_is_written_in_its_new_shape() -> None:
    codec = Codec(LIFTS)
    state = old_state(2, {"at": "2026-01-05T09:00:00Z", "by": "phone"})
    again = codec.encode_event(codec.decode_event(stored_as("LoggedOut"), state))
    assert json.loads(again)["shape"] == 3


def test_an_old_input_is_lifted_too() -> None:
    lifts = {("CancelLink", 1): lambda body: {"at": body["when"]}}
    command = Codec(lifts).decode_input("CancelLink", 1, b'{"when":"2026-01-05T09:00:00Z"}')
    assert type(command).__name__ == "CancelLink"


def test_an_unknown_topic_says_where_it_stands() -> None:
    with pytest.raises(UnknownTopic) as raised:
        Codec().decode_event(stored_as("AccountTeleported"), b"{}")
    error = raised.value
    assert (error.topic, error.stream, error.version, error.position) == (
        "AccountTeleported",
        "acc_1",
        4,
        9,
    )


@pytest.mark.parametrize("body", [{"at": "2026-01-05T09:00:00Z"}, {"unlike": "today"}])
def test_a_newer_shape_is_an_unknown_topic(body: Body) -> None:
    with pytest.raises(UnknownTopic, match="shape 2"):
        Codec().decode_event(stored_as("AccountDestroyed"), old_state(2, body))


@pytest.mark.parametrize("state", [b"", b"null", b"[]", b'{"input":1}', b"\xff\xfe", b'{"body":'])
@pytest.mark.parametrize("lifts", [{}, {("AccountDestroyed", 1): dict}])
def test_damaged_text_is_an_undecodable_event(state: bytes, lifts: Any) -> None:  # noqa: ANN401
    with pytest.raises(UndecodableEvent):
        Codec(lifts).decode_event(stored_as("AccountDestroyed"), state)


async def test_a_reader_can_park_what_it_cannot_read(
    postgres_log: PostgresEventLog, database: str
) -> None:
    log: EventLog = postgres_log
    await register(log, "acc_1")
    with psycopg.connect(database) as connection:
        connection.execute(
            "select append_stored_events('{acc_2}', '{1}', '{AccountTeleported}', '{\"{}\"}')"
        )
    await log.append(registration("acc_3"))
    await log.append(observation("acc_1", 1, LINK, QR_1))

    readable = await log.read(0, 100)
    with pytest.raises(UnreadableEvent) as raised:
        await log.read(readable[-1].position, 100)
    rest = await log.read(raised.value.position, 100)

    assert [r.stream for r in readable] == ["acc_1"]
    assert raised.value.stream == "acc_2"
    assert [r.stream for r in rest] == ["acc_3", "acc_1", "acc_1"]
    with pytest.raises(UnknownTopic):
        await log.load("acc_2")
    assert len(await log.load("acc_1")) == 3
    assert cast("UnknownTopic", raised.value).topic == "AccountTeleported"
