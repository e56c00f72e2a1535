"""What one transaction writes, as the five JSON texts that `append_to_log` takes.

Each append is encoded on its own, so that one that cannot be encoded fails alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from adapters.event_log.codec import Codec, encode_text
from adapters.event_log.interface import Append, Claim, Park, Table
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
    claim: Claim | None
    parks: tuple[Park, ...] | None


class EventItem(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the batch; `ordinal` is its append's."""

    ordinal: int
    version: int
    topic: str
    shape: int
    body: msgspec.Raw


class EncodedAppend(msgspec.Struct, frozen=True, kw_only=True):
    """An append's part of a batch: JSON objects, without the brackets around them."""

    ordinal: int
    """Tells it from the others of its batch. Of two for one stream the lower one wins."""
    appends: bytes
    events: bytes
    accounts: bytes
    attempts: bytes
    messages: bytes
    size: int


def encode_append(ordinal: int, token: UUID, append: Append, codec: Codec) -> EncodedAppend:
    """Encode an append with its token; ValueError if a row does not fill its table."""
    rows: dict[Table, list[Item]] = {"accounts": [], "attempts": [], "messages": []}
    for nth, row in enumerate(append.rows_to_write):
        check_row(row)
        rows[row.table].append({"ordinal": ordinal, "nth": nth, **row.values})
    parts = {
        "appends": encode_text(_append_item(ordinal, token, append, codec)),
        "events": _inside(_event_items(ordinal, append, codec)),
        "accounts": _inside(rows["accounts"]),
        "attempts": _inside(rows["attempts"]),
        "messages": _inside(rows["messages"]),
    }
    return EncodedAppend(ordinal=ordinal, size=sum(map(len, parts.values())), **parts)


def join_batch(encoded: Sequence[EncodedAppend]) -> tuple[str, str, str, str, str]:
    """Make the batch: several appends, each of which is written or refused on its own.

    Gives the function's parameters: appends, events, accounts, attempts and messages.
    """
    return (
        _listed(one.appends for one in encoded),
        _listed(one.events for one in encoded),
        _listed(one.accounts for one in encoded),
        _listed(one.attempts for one in encoded),
        _listed(one.messages for one in encoded),
    )


def _inside(items: Sequence[object]) -> bytes:
    return encode_text(items)[1:-1] if items else b""


def _listed(parts: Iterable[bytes]) -> str:
    return f"[{b','.join(filter(None, parts)).decode()}]"


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
        idempotency_key=append.claim and append.claim.key,
        claim=append.claim,
        parks=append.parks or None,
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
