"""Every event and every command comes back from the log as it went in."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.event_log.codec import KINDS, TOPICS, Codec, StoredAs, encode_text, storable
from adapters.event_log.interface import Append, EventLog
from domain.facts import AccountErased
from domain.log import InputToAppend, Origin, RecordedEvent
from tests.event_log.appends import WORKER, observation
from tests.event_log.values import golden, structs
from tests.examples import at

CODEC = Codec()


@pytest.mark.parametrize("topic", TOPICS)
def test_an_event_comes_back_as_it_was(topic: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given(structs(TOPICS[topic]))
    def comes_back(event: Any) -> None:  # noqa: ANN401  any of the events
        recorded = RecordedEvent(
            position=3,
            stream="acc_1",
            version=2,
            topic=topic,
            event=event,
            input_id=7,
            origin=Origin(actor="clock"),
            recorded_at=at(1),
        )
        state = CODEC.encode_event(recorded)
        row = StoredAs(topic=topic, stream="acc_1", version=2, position=3)
        assert CODEC.decode_event(row, state) == recorded
        assert isinstance(json.loads(state), dict)

    comes_back()


@pytest.mark.parametrize("kind", KINDS)
def test_a_command_comes_back_as_it_was(kind: str) -> None:
    @settings(max_examples=30, deadline=None)
    @given(structs(KINDS[kind]))
    def comes_back(command: Any) -> None:  # noqa: ANN401  any of the commands
        assert CODEC.decode_input(kind, 1, encode_text(command)) == command

    comes_back()


async def test_the_database_keeps_every_event_and_command(log: EventLog) -> None:
    topics = [event for event in TOPICS.values() if event is not AccountErased]
    events = tuple(golden(event) for event in topics)
    await log.append(observation("acc_1", 0, *events))
    for command in KINDS.values():
        given_input = InputToAppend(command=golden(command), outcome="refused", origin=WORKER)
        await log.append(Append(stream="acc_1", expected_version=len(events), input=given_input))

    assert tuple(r.event for r in await log.load("acc_1")) == events
    inputs = await log.read_inputs("acc_1", after_input_id=1)
    assert [i.command for i in inputs] == [golden(command) for command in KINDS.values()]
    await log.append(observation("acc_2", 0, golden(AccountErased)))
    assert [r.event for r in await log.load("acc_2")] == [golden(AccountErased)]


@settings(max_examples=50)
@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_any_text_becomes_text_that_can_be_stored(value: object) -> None:
    encoded = encode_text(value)
    assert b"\\u0000" not in encoded.replace(b"\\\\", b"")
    assert json.loads(encoded) == storable(value)
    assert storable(storable(value)) == storable(value)


def test_a_command_of_a_newer_build_is_none() -> None:
    assert CODEC.decode_input("TeleportAccount", 1, b"{}") is None
    assert CODEC.decode_input("CancelLink", 2, b'{"at":"2026-01-01T00:00:00Z"}') is None
    assert CODEC.decode_input("RecordProblem", 1, b'{"reason":"reason of tomorrow"}') is None


def test_times_keep_their_microseconds() -> None:
    event = golden(TOPICS["AccountDestroyed"])
    assert event.at == datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)
    assert b"2026-01-05T09:00:00.123456Z" in encode_text(event)
