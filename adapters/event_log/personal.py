"""What in the log tells of a person, and how it is sealed and opened again.

A sealed text is stored as `sealed:1:<base64>` in the place of the plain one, so the shape of
what is stored stays as it is. It is bound to its stream, its event, command or table, and its
field. Under a destroyed key nothing opens, and the field reads as empty.
"""

import binascii
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from adapters.account_keys import AccountKey
from adapters.event_log.codec import storable
from adapters.event_log.interface import Append, Row, RowWrite, Table
from domain import events as e
from domain import facts as f
from domain import message_events as m
from domain import message_observations as mo
from domain import observations as o
from domain import wishes as w

DETAIL = ("detail",)
"""Free text, mostly of the page, which is not ours: it may hold a number or a name."""

PERSONAL: Mapping[type[Any], tuple[str, ...]] = {
    w.RegisterAccount: ("label",),
    w.RequestLink: ("pairing_phone",),
    o.RecordReady: ("phone", "name", "platform"),
    o.RecordProblem: DETAIL,
    o.RecordLogout: DETAIL,
    o.RecordStandby: DETAIL,
    o.RecordUnsealedSession: DETAIL,
    w.SendMessage: ("recipient",),
    mo.RecordMessageNotSent: DETAIL,
    mo.RecordMessageFailed: DETAIL,
    mo.RecordMessageReceived: ("sender", "name"),
    e.AccountRegistered: ("label",),
    e.LinkRequested: ("pairing_phone",),
    e.PhoneIdentified: ("phone", "name", "platform"),
    e.LinkFailed: DETAIL,
    e.ReconnectFailed: DETAIL,
    e.ConnectionLost: DETAIL,
    e.LoggedOut: DETAIL,
    f.StandbyFailed: DETAIL,
    f.SealingFailed: DETAIL,
    m.MessageQueued: ("recipient",),
    m.MessageNotSent: DETAIL,
    m.MessageFailed: DETAIL,
    m.MessageReceived: ("sender", "name"),
}
"""Every field of an event or command that may tell of a person; a test sees that none is missing.

Not among them: ids, digests, workspaces, and keyed fingerprints.
"""
PERSONAL_COLUMNS: Mapping[Table, tuple[str, ...]] = {
    "accounts": ("label", "phone", "name", "detail"),
    "attempts": DETAIL,
    "messages": ("peer", "name", "detail"),
}
MARK = "sealed:1:"
SHORTEST = 28
"""Nonce and tag around what is sealed, which is never empty."""
ERASED = "AccountErased"
"""The event that destroys its stream's key, in the transaction that appends it."""

_EMPTY: Mapping[str, str | None] = {"pairing_phone": None}
_EMPTY_COLUMN: Mapping[str, str | None] = {"phone": None}

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


def is_personal(body: msgspec.Struct) -> bool:
    """Tell whether anything in an event or command is to be sealed."""
    return any(getattr(body, name) for name in PERSONAL.get(type(body), ()))


def is_personal_append(append: Append) -> bool:
    """Tell whether anything in it is to be sealed."""
    return (
        is_personal(append.input.command)
        or any(map(is_personal, append.events))
        or any(row.values.get(name) for row in append.rows for name in PERSONAL_COLUMNS[row.table])
    )


def seal_append(append: Append, key: AccountKey | None) -> Append:
    """Give the append as it is stored; under a destroyed key (None) without what is personal."""
    given = append.input
    return replace(
        append,
        input=replace(given, command=seal_body(given.command, append.stream, key)),
        events=tuple(seal_body(event, append.stream, key) for event in append.events),
        rows=tuple(seal_row(row, append.stream, key) for row in append.rows),
    )


def seal_body(body: BodyT, stream: str, key: AccountKey | None) -> BodyT:
    """Seal what an event or command tells of a person."""
    texts = _texts(body)
    if not texts:
        return body
    topic = type(body).__name__
    if key is None:
        return replace(body, **{name: _EMPTY.get(name, "") for name in texts})
    sealed = {name: _seal(text, key, stream, topic, name) for name, text in texts.items()}
    return replace(body, **sealed)


def holds_sealed(body: object) -> bool:
    """Tell whether opening it takes a key."""
    for name in PERSONAL.get(type(body), ()):
        if (text := getattr(body, name)) and text.startswith(MARK):
            return True
    return False


def open_body(body: BodyT, stream: str, key: AccountKey | None) -> BodyT:
    """Open what is sealed in an event or command; raises SealBroken."""
    opened: dict[str, str | None] = {}
    for name in PERSONAL.get(type(body), ()):
        sealed = _sealed_bytes(getattr(body, name))
        if sealed is None:
            continue
        if key is None:
            opened[name] = _EMPTY.get(name, "")
        else:
            context = f"{stream}/{type(body).__name__}/{name}"
            opened[name] = key.open(sealed, context).decode()
    return replace(body, **opened) if opened else body


def seal_row(row: RowWrite, stream: str, key: AccountKey | None) -> RowWrite:
    """Seal what a row tells of a person."""
    changed: dict[str, object] = {}
    for name in PERSONAL_COLUMNS[row.table]:
        text = row.values.get(name)  # a row that lacks a column is refused further on
        if not text:
            continue
        if key is None:
            changed[name] = _EMPTY_COLUMN.get(name, "")
        else:
            changed[name] = _seal(str(text), key, stream, row.table, name)
    return RowWrite(row.table, {**row.values, **changed}) if changed else row


def row_holds_sealed(table: Table, row: Mapping[str, Any]) -> bool:
    """Tell whether opening the row takes a key."""
    return any((row[name] or "").startswith(MARK) for name in PERSONAL_COLUMNS[table])


def open_row(table: Table, row: Row, key: AccountKey | None) -> Row:
    """Open what is sealed in a stored row; raises SealBroken."""
    opened: Row = {}
    for name in PERSONAL_COLUMNS[table]:
        sealed = _sealed_bytes(row[name])
        if sealed is None:
            continue
        if key is None:
            opened[name] = _EMPTY_COLUMN.get(name, "")
        else:
            opened[name] = key.open(sealed, f"{row['account_id']}/{table}/{name}").decode()
    return {**row, **opened}


def _texts(body: msgspec.Struct) -> dict[str, str]:
    names = PERSONAL.get(type(body))
    if names is None:
        return {}
    return {name: text for name in names if (text := getattr(body, name))}


def _seal(text: str, key: AccountKey, stream: str, where: str, name: str) -> str:
    context = f"{stream}/{where}/{name}"
    # A row is written with every event of its account, mostly with the texts that it had before.
    before = key.sealed_last.get(context)
    if before is not None and before[0] == text:
        return before[1]
    sealed = binascii.b2a_base64(key.seal(_encoded(text), context), newline=False).decode()
    key.sealed_last[context] = (text, MARK + sealed)
    return MARK + sealed


def _encoded(text: str) -> bytes:
    """Encode as any text of the log: what PostgreSQL cannot hold reads back the same everywhere."""
    try:
        plain = text.encode()
    except UnicodeEncodeError:
        plain = b""
    return plain if plain and b"\0" not in plain else storable(text).encode()


def _sealed_bytes(text: str | None) -> bytes | None:
    """Give what is sealed; None for a plain text, as logs had it before there were keys."""
    if not text or not text.startswith(MARK):
        return None
    try:
        sealed = binascii.a2b_base64(text[len(MARK) :], strict_mode=True)
    except ValueError:
        return None
    return sealed if len(sealed) > SHORTEST else None
