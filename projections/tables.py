"""The projections that are tables, each a pure function `(row, event) -> row`.

Their rows are written in the transaction of the events, so they are never behind the log. Any of
them can be thrown away and made again from the log alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from domain.log import RecordedEvent
from projections.accounts import AccountRow, project_account
from projections.attempts import AttemptRow, project_attempt
from projections.messages import MessageRow, changed_row, project_messages

TableName = Literal["accounts", "attempts", "messages"]


def _itself(row: Any) -> Any:  # noqa: ANN401  a row of its table
    return row


class TableProjection(msgspec.Struct, frozen=True, kw_only=True):
    """One table: the rows of an account depend on the events of that account and nothing else."""

    name: TableName
    row: type[msgspec.Struct]
    key: tuple[str, ...]
    """The columns that tell its rows apart, the account's id first."""
    project: Callable[[Any, RecordedEvent], Any]
    """Takes what is remembered of the account (None before its first event) and gives the same
    after the event: its newest row, or more where older rows may still change."""
    written: Callable[[Any], Any] = _itself
    """Takes what is remembered and gives the row that the event wrote; None if it wrote none."""


TABLES: Mapping[TableName, TableProjection] = {
    "accounts": TableProjection(
        name="accounts", row=AccountRow, key=("account_id",), project=project_account
    ),
    "attempts": TableProjection(
        name="attempts", row=AttemptRow, key=("account_id", "number"), project=project_attempt
    ),
    "messages": TableProjection(
        name="messages",
        row=MessageRow,
        key=("account_id", "message_id"),
        project=project_messages,
        written=changed_row,
    ),
}
