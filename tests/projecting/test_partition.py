"""Folding a partition gives the very rows, and positions, that the appends of it wrote."""

import pytest
from hypothesis import given
from msgspec.structs import replace

from adapters.event_log.interface import RowWrite
from app.held import Held, fold, rows_of
from app.projecting.partition import CannotFold, fold_partition
from domain.commands import RegisterAccount
from domain.log import RecordedEvent
from projections.tables import TABLES, TableName
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import NOON, Story

Stored = dict[tuple[str, str], tuple[RowWrite, int]]


def written_by_appends(events: list[RecordedEvent]) -> dict[TableName, Stored]:
    """Do what dispatch and the log do, append by append: later rows of a key replace earlier."""
    stored: dict[TableName, Stored] = {name: {} for name in TABLES}
    held = Held()
    for input_id in sorted({recorded.input_id for recorded in events}):
        rows: dict[tuple[str, str], RowWrite] = {}
        position = 0
        for recorded in (one for one in events if one.input_id == input_id):
            held = fold(held, recorded)
            rows |= rows_of(held)
            position = recorded.position
        for (table, key), row in rows.items():
            stored[table][table, key] = (row, position)  # pyright: ignore[reportArgumentType]
    return stored


@given(story=stories)
def test_it_is_what_the_appends_wrote(story: Story) -> None:
    for account in ACCOUNTS:
        events = [one for one in story.events if one.stream == account]
        written = written_by_appends(events)
        for name, projection in TABLES.items():
            folded = [(one.write, one.position) for one in fold_partition(projection, events)]
            assert folded == list(written[name].values())


def test_an_event_that_cannot_be_taken_in_is_named_with_its_position() -> None:
    story = Story().tell(RegisterAccount(at=NOON, workspace="ws_1"))

    def breaks(*_: object) -> None:
        raise LookupError("62811555001")

    with pytest.raises(CannotFold) as raised:
        fold_partition(replace(TABLES["accounts"], project=breaks), story.events)
    assert raised.value.position == 1
    assert raised.value.error.startswith("AccountRegistered (version 1) raised LookupError")
    assert "62811555001" not in raised.value.error
