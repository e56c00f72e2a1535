"""Folds the events of one account into the rows that the appends of them wrote."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import RowWrite
from adapters.event_log.table_rows import FoldedRow
from app.poison import sentence_of
from domain.log import RecordedEvent
from projections.rows import columns
from projections.tables import TableProjection


class CannotFold(Exception):
    """A projection cannot go on beyond this event of the account."""

    def __init__(self, position: int, error: str) -> None:
        super().__init__(error)
        self.position = position
        self.error = error


def fold_partition(projection: TableProjection, events: Iterable[RecordedEvent]) -> list[FoldedRow]:
    """Give the rows of an account, each true for the position that its last append left it at.

    CannotFold at an event that the projection or this build cannot take in.
    """
    key_of = attrgetter(*projection.key)
    rows: dict[Any, Any] = {}
    positions: dict[Any, int] = {}
    remembered: Any = None
    written: set[Any] = set()
    input_id = 0
    try:
        for recorded in events:
            if recorded.input_id != input_id:
                written.clear()
                input_id = recorded.input_id
            remembered = _projected(projection, remembered, recorded)
            row = projection.written(remembered)
            if row is not None:
                key = key_of(row)
                rows[key] = row
                written.add(key)
            # An append writes its rows once, with the position of the last of its events.
            for key in written:
                positions[key] = recorded.position
    except UnreadableEvent as error:
        raise CannotFold(error.position, sentence_of(error)) from error
    return [
        FoldedRow(RowWrite(projection.name, columns(row)), positions[key])
        for key, row in rows.items()
    ]


def _projected(projection: TableProjection, before: Any, recorded: RecordedEvent) -> Any:  # noqa: ANN401
    try:
        return projection.project(before, recorded)
    except Exception as error:
        raise CannotFold(recorded.position, sentence_of(error, recorded)) from error
