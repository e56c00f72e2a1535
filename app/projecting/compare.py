"""Compares a table with a fresh fold of the log, both as they are at one moment, in flat memory."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
from psycopg import Connection

from adapters.account_keys import AccountKey
from adapters.event_log.interface import Row
from adapters.event_log.partitions import Partition, PartitionReader, Reading
from adapters.event_log.table_rows import FoldedAccount, opened, parked_streams, rows_between
from app.projecting.partition import CannotFold, fold_partition
from app.projecting.rebuild import Tell, tell_nobody
from projections.tables import TableProjection

ACCOUNTS = 500
"""Accounts that are folded, then asked for at once: some 1 MB."""
MOST_NAMED = 100
"""Differences and parked accounts that are named; all are counted."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not what folding the log gives; columns by name, for values may be personal."""

    row: str
    """The account's id, and in the attempts table the number behind a slash."""
    what: Literal["missing", "extra", "different", "cannot_be_folded"]
    columns: tuple[str, ...] = ()
    sentence: str = ""
    """Why it cannot be folded."""


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one table."""

    projection: str
    same: bool
    """Every row is what the log says, and none is parked."""
    position: int
    """The moment: the log's last position then."""
    rows: int
    """Rows that folding the log gives."""
    different: int
    differences: tuple[Difference, ...]
    """The first of them."""
    parked: int
    parked_accounts: tuple[str, ...]
    """The first that are parked, and so not compared."""


class _Folded(msgspec.Struct, frozen=True):
    key: AccountKey | None
    rows: list[Row] | None
    """None: nothing to compare with."""


class _Comparison:
    """Walks the accounts and the table side by side, in the order of the ids."""

    def __init__(self, projection: TableProjection, connection: Connection[Any]) -> None:
        self._projection = projection
        self._connection = connection
        self._parked_before = parked_streams(connection, projection.name)
        self._folded: dict[str, _Folded] = {}
        self._after = ""
        self.rows = 0
        self.different = 0
        self.differences: list[Difference] = []
        self.parked: list[str] = []

    def add(self, partition: Partition) -> None:
        """Fold one account; compare when there are enough of them."""
        self._folded[partition.stream] = _Folded(partition.key, self._rows_of(partition))
        if len(self._folded) >= ACCOUNTS:
            self.compare(until=partition.stream)

    def compare(self, *, until: str | None) -> None:
        """Compare what was folded with the table up to this account, or to its end (None)."""
        stored: dict[str, list[Row]] = {}
        for row in rows_between(self._connection, self._projection.name, self._after, until):
            stored.setdefault(row["account_id"], []).append(row)
        for account in sorted(self._folded.keys() | stored.keys()):
            folded = self._folded.get(account, _Folded(None, []))
            if folded.rows is not None:
                rows = stored.get(account, [])
                live = [opened(self._projection.name, row, folded.key) for row in rows]
                self._compare(folded.rows, live)
        self._folded.clear()
        self._after = until or ""

    def _rows_of(self, partition: Partition) -> list[Row] | None:
        if partition.stream in self._parked_before:
            self.parked.append(partition.stream)
            return None
        try:
            folded = fold_partition(self._projection, partition.events)
        except CannotFold as error:
            self._note(
                Difference(row=partition.stream, what="cannot_be_folded", sentence=error.error)
            )
            return None
        self.rows += len(folded)
        return FoldedAccount(partition, folded).readable()

    def _compare(self, folded: Sequence[Row], live: Sequence[Row]) -> None:
        wanted, found = self._by_key(folded), self._by_key(live)
        for key in sorted(wanted.keys() | found.keys()):
            name = "/".join(map(str, key))
            if key not in found:
                self._note(Difference(row=name, what="missing"))
            elif key not in wanted:
                self._note(Difference(row=name, what="extra"))
            elif columns := tuple(_differing(wanted[key], found[key])):
                self._note(Difference(row=name, what="different", columns=columns))

    def _by_key(self, rows: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
        return {tuple(row[name] for name in self._projection.key): row for row in rows}

    def _note(self, difference: Difference) -> None:
        self.different += 1
        if len(self.differences) < MOST_NAMED:
            self.differences.append(difference)


def compare(reading: Reading, projection: TableProjection, tell: Tell = tell_nobody) -> Compared:
    """Compare a table with the log; StorageUnavailable when the database cannot be asked."""
    with reading.at_one_moment(projection.name) as (reader, connection):
        comparison = _Comparison(projection, connection)
        for partition in reader.all():
            comparison.add(partition)
            tell(projection.name, reader.read, reader.head)
        comparison.compare(until=None)
        tell(projection.name, reader.head, reader.head)
        return _compared(projection, reader, comparison)


def _compared(
    projection: TableProjection, reader: PartitionReader, comparison: _Comparison
) -> Compared:
    return Compared(
        projection=projection.name,
        same=not comparison.different and not comparison.parked,
        position=reader.head,
        rows=comparison.rows,
        different=comparison.different,
        differences=tuple(comparison.differences),
        parked=len(comparison.parked),
        parked_accounts=tuple(comparison.parked[:MOST_NAMED]),
    )


def _differing(wanted: Row, found: Row) -> Iterator[str]:
    return (name for name in found if wanted[name] != found[name])
