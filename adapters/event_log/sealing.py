"""Between a log and its storage: what tells of a person goes in sealed and comes out opened."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import replace

from adapters.account_keys import AccountKey, SealBroken
from adapters.event_log.errors import UndecodableEvent
from adapters.event_log.interface import Append, Row, Table
from adapters.event_log.personal import (
    ERASED,
    holds_sealed,
    is_personal_append,
    open_body,
    open_row,
    row_holds_sealed,
    seal_append,
)
from domain.log import RecordedEvent, RecordedInput

Opening = Mapping[str, AccountKey]
"""Stream -> its key; a destroyed one is absent."""


class KeysOfAccounts(Protocol):
    """Where the keys are: adapters/account_keys.py."""

    async def of(self, account_id: str) -> AccountKey | None:
        """Give the account's key, made when it is first needed; None once it is destroyed."""
        ...

    async def of_many(self, account_ids: Iterable[str]) -> Opening:
        """Give those that exist."""
        ...

    def drop(self, account_id: str) -> None:
        """Hear that the account was erased."""
        ...


class Sealing:
    """Asks for keys only when something is sealed, and for all of a page at once."""

    def __init__(self, keys: KeysOfAccounts) -> None:
        self._keys = keys

    async def sealed(self, append: Append) -> Append:
        """Give the append as it is stored; StorageUnavailable when there is no key to be had."""
        if not is_personal_append(append):
            return append
        return seal_append(append, await self._keys.of(append.stream))

    def appended(self, append: Append) -> None:
        """Hear that it is in the log now."""
        if any(type(event).__name__ == ERASED for event in append.events):
            self._keys.drop(append.stream)

    async def opened(
        self, events: Sequence[RecordedEvent], *, whole: bool = True
    ) -> list[RecordedEvent]:
        """Open them; UndecodableEvent if one does not open, or only if it is the first one."""
        for event in events:
            if event.topic == ERASED:
                self._keys.drop(event.stream)
        keys = await self._keys_of(event.stream for event in events if holds_sealed(event.event))
        if keys is None:
            return list(events)
        opened: list[RecordedEvent] = []
        for event in events:
            try:
                opened.append(open_event(event, keys))
            except UndecodableEvent:
                if whole or not opened:
                    raise
                break
        return opened

    async def opened_inputs(self, inputs: Sequence[RecordedInput]) -> list[RecordedInput]:
        """Open them; the command of one that does not open is None."""
        keys = await self._keys_of(given.stream for given in inputs if holds_sealed(given.command))
        return list(inputs) if keys is None else [open_input(given, keys) for given in inputs]

    async def opened_rows(self, table: Table, rows: Sequence[Row]) -> list[Row]:
        """Open rows of a read model; what does not open reads as empty, for it can be rebuilt."""
        keys = await self._keys_of(
            row["account_id"] for row in rows if row_holds_sealed(table, row)
        )
        if keys is None:
            return list(rows)
        return [_opened_row(table, row, keys.get(row["account_id"])) for row in rows]

    async def sealed_state(self, stream: str, state: bytes) -> bytes | None:
        """Seal a folded stream; None when its key is destroyed."""
        key = await self._keys.of(stream)
        return key and key.seal(state, f"{stream}/snapshot")

    async def opened_state(self, stream: str, state: bytes) -> bytes | None:
        """Open a folded stream; None when it does not open, for it can be folded anew."""
        key = (await self._keys.of_many([stream])).get(stream)
        try:
            return key and key.open(state, f"{stream}/snapshot")
        except SealBroken:
            return None

    async def _keys_of(self, streams: Iterable[str]) -> Opening | None:
        wanted = set(streams)
        return await self._keys.of_many(wanted) if wanted else None


def open_event(recorded: RecordedEvent, keys: Opening) -> RecordedEvent:
    """Open an event; UndecodableEvent when it was sealed elsewhere, or under another key."""
    if not holds_sealed(recorded.event):
        return recorded
    try:
        event = open_body(recorded.event, recorded.stream, keys.get(recorded.stream))
    except SealBroken:
        raise UndecodableEvent(
            "what is sealed in it does not open under its account's key",
            recorded.topic,
            recorded.stream,
            recorded.version,
            recorded.position,
        ) from None
    return replace(recorded, event=event)


def open_input(given: RecordedInput, keys: Opening) -> RecordedInput:
    """Open an input; its command is None when it does not open."""
    if given.command is None or not holds_sealed(given.command):
        return given
    try:
        command = open_body(given.command, given.stream, keys.get(given.stream))
    except SealBroken:
        command = None
    return replace(given, command=command)


def _opened_row(table: Table, row: Row, key: AccountKey | None) -> Row:
    try:
        return open_row(table, row, key)
    except SealBroken:
        return open_row(table, row, None)
