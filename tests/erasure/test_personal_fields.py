"""Every text of an event, a command or a read model is sealed, or harmless by its name."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from adapters.account_keys import AccountKey, SealBroken
from adapters.event_log.codec import KINDS, TOPICS
from adapters.event_log.interface import RowWrite, Table
from adapters.event_log.personal import (
    MARK,
    PERSONAL,
    PERSONAL_COLUMNS,
    holds_sealed,
    open_body,
    open_row,
    seal_body,
    seal_row,
)
from adapters.event_log.rows import COLUMNS
from domain.log import WORKSPACE_PREFIX
from domain.workspace import AccountNews
from domain.workspace_events import WorkspaceEvent
from projections.accounts import AccountRow
from projections.attempts import AttemptRow
from projections.messages import MessageRow
from tests.event_log.values import golden

HARMLESS = {
    # Ids that we make, or that a client gives to a tenant: docs/how-to/erase-an-account.md.
    *("account", "account_id", "attempt", "attempt_id", "by", "to", "earlier", "workspace"),
    *("link", "to_link", "start"),  # ids of attempts, and of a start of a browser
    *("fingerprint", "phone_fingerprint"),  # keyed: they say nothing without the master key
    *("message", "message_id", "whatsapp_id"),  # ours, and WhatsApp's
    *("recipient_fingerprint", "sender_fingerprint", "peer_fingerprint"),  # keyed
    *("template", "media_type"),  # a workspace's own name for a text, and what MIME calls a file
    *("endpoint", "error"),  # a webhook's id, and our own word for what is wrong there
    "digest",  # SHA-256 of what is sealed itself
    "whatsapp",  # a version: digits and dots, or empty (adapters/browser/interpret.py)
}
EVERYTHING = {**TOPICS, **KINDS}
KEY, ANOTHER = AccountKey(b"1" * 32), AccountKey(b"2" * 32)


def texts_of(kind: type[Any]) -> set[str]:
    """Name the fields that may hold any text, at whatever depth."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return {field.name for field in info.fields if any(_texts(field.type))}


def _texts(info: inspect.Type) -> Iterator[bool]:
    match info:
        case inspect.StrType() | inspect.AnyType() | inspect.RawType() | inspect.BytesType():
            yield True
        case inspect.UnionType(types=types):
            for one in types:
                yield from _texts(one)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _texts(field.type)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from _texts(item)
        case inspect.DictType():
            yield True
        case _:
            return


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_text_is_sealed_or_harmless(name: str):
    kind = EVERYTHING[name]
    sealed = set(PERSONAL.get(kind, ()))
    assert sealed <= texts_of(kind)
    assert texts_of(kind) - sealed - HARMLESS == set(), "add it to PERSONAL, or to HARMLESS here"


def test_nothing_is_listed_that_is_not_stored():
    assert set(PERSONAL) <= set(EVERYTHING.values())
    assert not any(issubclass(kind, WorkspaceEvent | AccountNews) for kind in PERSONAL)
    assert WORKSPACE_PREFIX == "workspace:"


@pytest.mark.parametrize(
    ("table", "row"), [("accounts", AccountRow), ("attempts", AttemptRow), ("messages", MessageRow)]
)
def test_every_text_of_a_read_model_is_sealed_or_harmless(table: Table, row: type[Any]):
    sealed = set(PERSONAL_COLUMNS[table])
    assert sealed <= set(COLUMNS[table])
    assert texts_of(row) - sealed - HARMLESS == set()


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.__name__)
def test_what_is_sealed_opens_as_it_was_and_reads_as_empty_without_its_key(kind: type[Any]):
    plain = golden(kind)
    sealed = seal_body(plain, "acc_1", KEY)
    for name in PERSONAL[kind]:
        assert getattr(sealed, name).startswith(MARK)
        assert getattr(plain, name) not in getattr(sealed, name)
    assert open_body(sealed, "acc_1", KEY) == plain
    empty = open_body(sealed, "acc_1", None)
    assert empty == seal_body(plain, "acc_1", None)
    assert not holds_sealed(empty)
    # It reads as if it had never been given, and that is known to everything that reads it.
    defaults = {field.name: field.default for field in msgspec.structs.fields(kind)}
    for name in PERSONAL[kind]:
        assert getattr(empty, name) == (
            "" if defaults[name] is msgspec.NODEFAULT else defaults[name]
        )


@pytest.mark.parametrize("kind", PERSONAL, ids=lambda kind: kind.__name__)
def test_it_opens_only_where_it_was_sealed(kind: type[Any]):
    sealed = seal_body(golden(kind), "acc_1", KEY)
    with pytest.raises(SealBroken):
        open_body(sealed, "acc_1", ANOTHER)
    with pytest.raises(SealBroken):
        open_body(sealed, "acc_2", KEY)
    for other in set(PERSONAL) - {kind}:
        for name in {*PERSONAL[other]} & {*PERSONAL[kind]}:
            moved = msgspec.structs.replace(golden(other), **{name: getattr(sealed, name)})
            with pytest.raises(SealBroken):
                open_body(moved, "acc_1", KEY)


def test_equal_texts_do_not_look_equal():
    row = RowWrite("accounts", {"account_id": "acc_1", **dict.fromkeys(COLUMNS["accounts"], "x")})
    once, again = (
        seal_row(row, "acc_1", key).values for key in (AccountKey(b"3" * 32), AccountKey(b"3" * 32))
    )
    sealed = [values[name] for values in (once, again) for name in PERSONAL_COLUMNS["accounts"]]
    assert len(set(sealed)) == len(sealed)


@pytest.mark.parametrize(
    "text", ["sealed:1:", "sealed:1:not base64", "sealed:1:QUJD", "sealed:2:AAAA", "sealed"]
)
def test_a_text_that_only_looks_sealed_is_read_as_it_is(text: str):
    label = msgspec.structs.replace(golden(TOPICS["AccountRegistered"]), label=text)
    assert open_body(label, "acc_1", None) == label
    assert open_body(seal_body(label, "acc_1", KEY), "acc_1", KEY) == label


@pytest.mark.parametrize(
    "text", ["cut \ud83d off", "nul \0 in it", "\u0664\u0669 \u0967\u0968\u0969", "\u202eolleh"]
)
def test_whatever_a_page_sends_can_be_sealed(text: str):
    ready = msgspec.structs.replace(golden(KINDS["RecordReady"]), name=text)
    opened: Any = open_body(seal_body(ready, "acc_1", KEY), "acc_1", KEY)
    assert opened.name.encode().decode() == opened.name
    assert "\0" not in opened.name
    assert len(opened.name) == len(text)


def test_a_row_reads_as_empty_without_its_key():
    values = dict.fromkeys(COLUMNS["accounts"], "x") | {"account_id": "acc_1"}
    sealed = dict(seal_row(RowWrite("accounts", values), "acc_1", KEY).values)
    assert open_row("accounts", sealed, KEY) == values
    assert open_row("accounts", sealed, None) == {
        **values,
        "label": "",
        "name": "",
        "detail": "",
        "phone": None,
    }
