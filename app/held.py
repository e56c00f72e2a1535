"""An account as the service holds it: folded, with the rows of its read models."""

from collections.abc import Iterator
from typing import Any

import msgspec

from adapters.event_log.interface import Park, RowWrite
from app.poison import sentence_of
from domain.account import NEW, Account
from domain.events import AccountEvent
from domain.evolve import evolve
from domain.log import RecordedEvent
from projections.accounts import AccountRow, account_row
from projections.attempts import AttemptRow
from projections.messages import MessageRows, changed_row
from projections.rows import columns
from projections.tables import TABLES, TableName


class Held(msgspec.Struct, frozen=True):
    """A folded account with its read-model rows, as of `version` of its stream."""

    account: Account = NEW
    version: int = 0
    row: AccountRow | None = None
    """Older than `version` only where nothing newer can be made; a view then says so."""
    attempt_row: AttemptRow | None = None
    messages: MessageRows | None = None
    """The rows of messages that may still change; None before the first event."""
    parks: tuple[Park, ...] = ()
    """Projections that could not take in an event. The fold goes on without their rows."""


def fold(held: Held, recorded: RecordedEvent) -> Held:
    """Fold one recorded event into the account and its rows.

    A projection that raises does not hold up the account: it is noted in `parks`.
    """
    event = recorded.event
    if not isinstance(event, AccountEvent):
        return held
    account = evolve(held.account, event)
    row, attempt_row, messages, parks = held.row, held.attempt_row, held.messages, held.parks
    if _goes_on("accounts", parks):
        row, parks = _projected("accounts", row, recorded, parks)
    if _goes_on("attempts", parks):
        attempt_row, parks = _projected("attempts", attempt_row, recorded, parks)
    if _goes_on("messages", parks):
        messages, parks = _projected("messages", messages, recorded, parks)
    if not _goes_on("accounts", parks):
        row = _row_of_fold(account, row, recorded, event)
    return Held(account, recorded.version, row, attempt_row, messages, parks)


def rows_of(held: Held) -> dict[tuple[str, str], RowWrite]:
    """Give the rows to write, by table and key: later ones of the same key replace them."""
    rows: dict[tuple[str, str], RowWrite] = {}
    for table, key, row in _rows(held):
        if row is not None and _goes_on(table, held.parks):
            rows[table, key] = RowWrite(table, columns(row))
    return rows


def _rows(held: Held) -> Iterator[tuple[TableName, str, msgspec.Struct | None]]:
    yield "accounts", "", held.row
    attempt, message = held.attempt_row, changed_row(held.messages)
    yield "attempts", str(attempt.number) if attempt else "", attempt
    yield "messages", message.message_id if message else "", message


def _row_of_fold(
    account: Account, row: AccountRow | None, recorded: RecordedEvent, event: AccountEvent
) -> AccountRow | None:
    """Show clients the account itself, where its row stopped; if even that fails, the last row."""
    registered_at = row.registered_at if row else event.at
    try:
        return account_row(account, recorded, registered_at=registered_at)
    except Exception:  # noqa: BLE001  `parks` tells of it already
        return row


def _goes_on(table: TableName, parks: tuple[Park, ...]) -> bool:
    return not parks or all(park.projection != table for park in parks)


def _projected(
    table: TableName,
    row: Any,  # noqa: ANN401  a row of this table
    recorded: RecordedEvent,
    parks: tuple[Park, ...],
) -> tuple[Any, tuple[Park, ...]]:
    try:
        return TABLES[table].project(row, recorded), parks
    except Exception as error:  # noqa: BLE001  whatever is wrong with it, the account goes on
        park = Park(projection=table, version=recorded.version, error=sentence_of(error, recorded))
        return row, (*parks, park)
