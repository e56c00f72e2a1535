"""Events and inputs as JSON text that people can read, and back.

An event is stored as `{"input": 7, "recorded": "…", "origin": {…}, "body": {…}}`; `shape` stands
beside them when it is not 1. Its topic and an input's kind are the class names.
"""

from datetime import datetime
from typing import Any, Generic, TypeVar, cast, get_args

import msgspec

from adapters.event_log.errors import UndecodableEvent, UnknownTopic
from adapters.event_log.lifting import LIFTS, Lifts, current_shape, lift
from domain.commands import AnyCommand
from domain.lifecycle import EVENTS
from domain.log import AnyEvent, AnyInput, Origin, RecordedEvent
from domain.workspace import WorkspaceCommand
from domain.workspace_events import WORKSPACE_EVENTS

TOPICS: dict[str, type[AnyEvent]] = {**EVENTS, **WORKSPACE_EVENTS}
"""Topic -> event, for every event of every stream."""

KINDS: dict[str, type[AnyInput]] = {
    command.__name__: command for command in (*get_args(AnyCommand), *get_args(WorkspaceCommand))
}
"""Kind -> command, for everything that can reach a stream."""

UNFIT = (msgspec.MsgspecError, ValueError, LookupError, TypeError)
"""What decoding and lifting raise for a text that is not what it should be."""

BodyT = TypeVar("BodyT")


class Envelope(msgspec.Struct, Generic[BodyT], frozen=True, kw_only=True, omit_defaults=True):
    """What stands in `events.state`. `append_to_log` writes the same text in SQL."""

    input: int
    recorded: datetime
    origin: Origin
    shape: int = 1
    body: BodyT


class StoredAs(msgspec.Struct, frozen=True, kw_only=True):
    """The row that an event is stored in, beside its state."""

    topic: str
    stream: str
    version: int
    position: int


class Codec:
    """Encodes and decodes with one decoder per topic and kind; knows how to lift old shapes."""

    def __init__(self, lifts: Lifts = LIFTS) -> None:
        self._lifts = lifts
        self._shapes = {name: current_shape(name, lifts) for name in (*TOPICS, *KINDS)}
        self._envelopes: dict[str, msgspec.json.Decoder[Envelope[AnyEvent]]] = {
            topic: msgspec.json.Decoder(Envelope[event]) for topic, event in TOPICS.items()
        }
        self._raw_envelope = msgspec.json.Decoder(Envelope[dict[str, Any]])
        self._inputs: dict[str, msgspec.json.Decoder[AnyInput]] = {
            kind: msgspec.json.Decoder(command) for kind, command in KINDS.items()
        }

    def shape(self, name: str) -> int:
        """Give the shape that this event or input is written in today."""
        return self._shapes[name]

    def encode_event(self, recorded: RecordedEvent) -> bytes:
        """Encode an event as it stands in `events.state`."""
        return encode_text(
            Envelope(
                input=recorded.input_id,
                recorded=recorded.recorded_at,
                origin=recorded.origin,
                shape=self._shapes[recorded.topic],
                body=recorded.event,
            )
        )

    def decode_event(self, row: StoredAs, state: bytes) -> RecordedEvent:
        """Decode a stored event; UnknownTopic or UndecodableEvent if this build cannot."""
        if row.topic not in TOPICS:
            raise UnknownTopic(
                "this build does not know it", row.topic, row.stream, row.version, row.position
            )
        try:
            envelope = self._envelope(row, state)
        except UNFIT as error:
            raise UndecodableEvent(
                f"its text does not fit ({error})",
                row.topic,
                row.stream,
                row.version,
                row.position,
            ) from error
        return RecordedEvent(
            position=row.position,
            stream=row.stream,
            version=row.version,
            topic=row.topic,
            event=envelope.body,
            input_id=envelope.input,
            origin=envelope.origin,
            recorded_at=envelope.recorded,
        )

    def _envelope(self, row: StoredAs, state: bytes) -> Envelope[AnyEvent]:
        current = self._shapes[row.topic]
        if current == 1:
            try:
                envelope = self._envelopes[row.topic].decode(state)
            except msgspec.ValidationError:
                self._refuse_newer(row, self._raw_envelope.decode(state).shape)
                raise
            self._refuse_newer(row, envelope.shape)
            return envelope
        raw = self._raw_envelope.decode(state)
        self._refuse_newer(row, raw.shape)
        body = lift(row.topic, raw.shape, raw.body, self._lifts)
        lifted = msgspec.structs.replace(raw, body=body)
        return self._envelopes[row.topic].decode(msgspec.json.encode(lifted))

    def _refuse_newer(self, row: StoredAs, shape: int) -> None:
        if shape > self._shapes[row.topic]:
            raise UnknownTopic(
                f"a newer build wrote it in shape {shape}",
                row.topic,
                row.stream,
                row.version,
                row.position,
            )

    def decode_input(self, kind: str, shape: int, payload: bytes) -> AnyInput | None:
        """Decode a stored command; None when this build cannot, because a newer one wrote it."""
        if kind not in KINDS or shape > self._shapes[kind]:
            return None
        try:
            if shape < self._shapes[kind]:
                body = lift(kind, shape, msgspec.json.decode(payload), self._lifts)
                payload = msgspec.json.encode(body)
            return self._inputs[kind].decode(payload)
        except UNFIT:
            return None


def encode_text(value: object) -> bytes:
    """Encode as JSON that PostgreSQL can hold: NUL and lone surrogates become U+FFFD.

    Both can come from a page (a profile name cut in the middle of an emoji), and neither may keep
    the fact around it from being recorded.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:
        encoded = None
    if encoded is None or b"\\u0000" in encoded:
        encoded = msgspec.json.encode(storable(msgspec.to_builtins(value, enc_hook=_raw)))
    return encoded


def _raw(value: object) -> object:
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    raise TypeError(f"{type(value).__name__} cannot be stored")


def storable(value: Any) -> Any:  # noqa: ANN401  anything that JSON is made of
    """Replace what PostgreSQL's text cannot hold, in every text of this value."""
    if isinstance(value, str):
        paired = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return paired.replace("\0", "\ufffd")
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {storable(name): storable(item) for name, item in items}
    if isinstance(value, list | tuple):
        return [storable(item) for item in cast("list[Any]", value)]
    return value
