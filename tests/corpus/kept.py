"""Labelled logs in one compressed file: a line for each, its rows as the database stores them.

Rows carry the names and shapes of the log, so an old file is lifted as an old log is.
"""

import gzip
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from adapters.event_log.codec import Codec, StoredAs, encode_text
from domain.commands import AnyCommand
from domain.log import AnyEvent, Origin, Outcome, RecordedEvent, RecordedInput
from projections.replay.account_log import AccountLog
from tests.corpus.labelled import Labelled, Source

MASKED = "masked"
TOLD_OF_PEOPLE = ("label", "phone", "pairing_phone", "name", "platform")
"""Fields that name somebody. Details stay: the sandbox made them, and causes are read from them."""


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An event as it stands in the table."""

    position: int
    version: int
    topic: str
    state: msgspec.Raw


class KeptInput(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An input as it stands in the table."""

    input_id: int
    version: int
    kind: str
    shape: int
    at: datetime
    recorded_at: datetime
    outcome: Outcome
    rule: str
    origin: Origin
    body: msgspec.Raw


class KeptLog(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the file."""

    source: Source
    name: str
    account_id: str
    labels: dict[int, str]
    now: str | None
    inputs: tuple[KeptInput, ...]
    events: tuple[KeptEvent, ...]


def write(path: Path, logs: list[Labelled]) -> None:
    """Write the file; the same logs give the same bytes."""
    lines = [msgspec.json.encode(keep(each)) for each in logs]
    path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", mtime=0))


def read(path: Path) -> list[Labelled]:
    """Read the file."""
    lines = gzip.decompress(path.read_bytes()).splitlines()
    decoder = msgspec.json.Decoder(KeptLog)
    return [tell(decoder.decode(line)) for line in lines]


def keep(labelled: Labelled) -> KeptLog:
    """Turn a log into what is stored of it."""
    codec, log = Codec(), labelled.log
    return KeptLog(
        source=labelled.source,
        name=labelled.name,
        account_id=log.account_id,
        labels=labelled.labels,
        now=labelled.now,
        inputs=tuple(_keep_input(codec, given) for given in log.inputs),
        events=tuple(
            KeptEvent(
                position=recorded.position,
                version=recorded.version,
                topic=recorded.topic,
                state=msgspec.Raw(codec.encode_event(recorded)),
            )
            for recorded in log.events
        ),
    )


def _keep_input(codec: Codec, given: RecordedInput) -> KeptInput:
    return KeptInput(
        input_id=given.input_id,
        version=given.stream_version,
        kind=given.kind,
        shape=codec.shape(given.kind),
        at=given.at,
        recorded_at=given.recorded_at,
        outcome=given.outcome,
        rule=given.rule,
        origin=given.origin,
        body=msgspec.Raw(encode_text(given.command)),
    )


def tell(kept: KeptLog) -> Labelled:
    """Turn what is stored into a log again."""
    codec, stream = Codec(), kept.account_id
    inputs = tuple(
        RecordedInput(
            input_id=given.input_id,
            stream=stream,
            stream_version=given.version,
            kind=given.kind,
            command=codec.decode_input(given.kind, given.shape, bytes(given.body)),
            at=given.at,
            recorded_at=given.recorded_at,
            outcome=given.outcome,
            rule=given.rule,
            origin=given.origin,
        )
        for given in kept.inputs
    )
    events = tuple(
        codec.decode_event(
            StoredAs(
                topic=event.topic, stream=stream, version=event.version, position=event.position
            ),
            bytes(event.state),
        )
        for event in kept.events
    )
    return Labelled(
        source=kept.source,
        name=kept.name,
        log=AccountLog(account_id=stream, inputs=inputs, events=events),
        labels=kept.labels,
        now=kept.now,
    )


def masked(log: AccountLog) -> AccountLog:
    """Leave out who it was."""
    return AccountLog(
        account_id=log.account_id,
        inputs=tuple(
            replace(given, command=cast("AnyCommand", _masked(given.command)))
            for given in log.inputs
        ),
        events=tuple(_masked_event(recorded) for recorded in log.events),
    )


def _masked_event(recorded: RecordedEvent) -> RecordedEvent:
    return replace(recorded, event=cast("AnyEvent", _masked(recorded.event)))


def _masked(told: Any) -> Any:  # noqa: ANN401  any event or command
    names = {name: MASKED for name in TOLD_OF_PEOPLE if getattr(told, name, None)}
    return replace(told, **names) if names else told
