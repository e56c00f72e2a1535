"""How an input stands in its table, and how it is read from there."""

from typing import Any, LiteralString

from adapters.event_log.codec import Codec
from domain.log import Origin, RecordedInput

INPUTS: LiteralString = (
    "select input_id, stream, stream_version, kind, shape, payload, at, recorded_at, outcome, rule,"
    " actor, correlation_id, trace_parent from inputs"
)


def recorded_input(codec: Codec, record: tuple[Any, ...]) -> RecordedInput:
    """Decode a row of INPUTS; the command is None when this build does not know it."""
    input_id, stream, version, kind, shape, payload, at, recorded_at, *rest = record
    outcome, rule, actor, correlation_id, trace_parent = rest
    return RecordedInput(
        input_id=input_id,
        stream=stream,
        stream_version=version,
        kind=kind,
        command=codec.decode_input(kind, shape, payload),
        at=at,
        recorded_at=recorded_at,
        outcome=outcome,
        rule=rule,
        origin=Origin(actor=actor, correlation_id=correlation_id, trace_parent=trace_parent),
    )
