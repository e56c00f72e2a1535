"""What one transaction writes, as the one JSON text that `append_to_log` takes.

It is shaped for many appends, although one is sent today: a group commit sends more of the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.event_log.codec import Codec, encode_text
from adapters.event_log.interface import Append, Table
from adapters.event_log.rows import check_row
from domain.log import Origin

Item = Mapping[str, object]


class AppendItem(msgspec.Struct, frozen=True, kw_only=True):
    """One append of the batch; the names are those of the columns in `append_to_log`."""

    ordinal: int
    token: UUID
    stream: str
    expected: int
    attempt: str | None
    kind: str
    shape: int
    payload: msgspec.Raw
    at: Any
    origin: Origin
    outcome: str
    rule: str
    idempotency_key: str | None


class EventItem(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the batch; `ordinal` is its append's."""

    ordinal: int
    version: int
    topic: str
    shape: int
    body: msgspec.Raw


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Several appends, each of which is written or refused on its own."""

    appends: list[AppendItem]
    events: list[EventItem]
    accounts: list[Item]
    attempts: list[Item]


def encode_batch(asked: Sequence[tuple[UUID, Append]], codec: Codec) -> str:
    """Encode appends with their tokens; ValueError if a row does not fill its table."""
    rows: dict[Table, list[Item]] = {"accounts": [], "attempts": []}
    appends: list[AppendItem] = []
    events: list[EventItem] = []
    for ordinal, (token, append) in enumerate(asked):
        appends.append(_append_item(ordinal, token, append, codec))
        events.extend(_event_items(ordinal, append, codec))
        for nth, row in enumerate(append.rows):
            check_row(row)
            rows[row.table].append({"ordinal": ordinal, "nth": nth, **row.values})
    batch = Batch(appends=appends, events=events, **rows)
    return encode_text(batch).decode()


def _append_item(ordinal: int, token: UUID, append: Append, codec: Codec) -> AppendItem:
    given = append.input
    kind = type(given.command).__name__
    return AppendItem(
        ordinal=ordinal,
        token=token,
        stream=append.stream,
        expected=append.expected_version,
        attempt=getattr(given.command, "attempt", None),
        kind=kind,
        shape=codec.shape(kind),
        payload=msgspec.Raw(encode_text(given.command)),
        at=given.command.at,
        origin=given.origin,
        outcome=given.outcome,
        rule=given.rule,
        idempotency_key=append.idempotency_key,
    )


def _event_items(ordinal: int, append: Append, codec: Codec) -> list[EventItem]:
    return [
        EventItem(
            ordinal=ordinal,
            version=version,
            topic=type(event).__name__,
            shape=codec.shape(type(event).__name__),
            body=msgspec.Raw(encode_text(event)),
        )
        for version, event in enumerate(append.events, start=append.expected_version + 1)
    ]
