"""Builds a table anew from the log, beside the live one, and puts it in its place.

Everything is folded first, while others append; then, again and again, the accounts that have
changed meanwhile, until so little is left that it can be done while appends wait for a moment.
"""

import time
from collections.abc import Callable, Iterable

import msgspec

from adapters.event_log.errors import RebuildRefused
from adapters.event_log.new_table import NewTable, new_table
from adapters.event_log.partitions import Partition, PartitionReader, Reading
from app.projecting.partition import CannotFold, fold_partition
from projections.tables import TableProjection

FEW = 200
"""Events that may be left for the moment when nobody can append: some 20 ms of work."""
MOST_ROUNDS = 10
"""Each takes a part of the time of the one before, unless events come faster than they fold."""
TELL_EVERY = 100
"""Accounts between two words about progress: some 20 ms."""
SWITCH_TRIES = 120
PAUSE_S = 0.5
"""Between two tries: a minute in all. Longer than any statement of the service may take."""

Tell = Callable[[str, int, int], None]
"""Hears of progress: the projection, the events done, and those there are."""


def tell_nobody(_projection: str, _done: int, _of: int) -> None:
    """Keep it."""


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    projection: str
    position: int
    """The log's last position when the new table took its place."""
    rows: int
    parked: int
    """Accounts that could not be folded: they keep the rows that they had."""


class _Rebuild:
    """One table on its way."""

    def __init__(
        self, reading: Reading, projection: TableProjection, table: NewTable, tell: Tell
    ) -> None:
        self._reading = reading
        self._projection = projection
        self._table = table
        self._tell = tell
        self._written = 0
        """Everything up to here is in the new table, whatever becomes of the switch."""
        self.reached = 0
        self.stopped: dict[str, tuple[int, str]] = {}

    def round(self) -> int:
        """Bring in what has changed since the round before; returns how many events came."""
        came = self._bring_in()
        self._written = self.reached
        return came

    def catch_up(self) -> dict[str, tuple[int, str]]:
        """Bring the last events in, while nobody can append and nothing is committed yet."""
        self._bring_in()
        return self.stopped

    def _bring_in(self) -> int:
        with self._reading.now() as reader:
            if self._written:
                self._take(reader.changed_since(self._written), lambda: None)
            else:
                self._take(reader.all(), lambda: self._tell_of(reader))
                self._tell(self._projection.name, reader.head, reader.head)
            self.reached = reader.head
            return reader.head - self._written

    def _take(self, partitions: Iterable[Partition], tell: Callable[[], None]) -> None:
        for number, partition in enumerate(partitions):
            self.stopped.pop(partition.stream, None)
            try:
                rows = fold_partition(self._projection, partition.events)
            except CannotFold as error:
                self.stopped[partition.stream] = (error.position, error.error)
                self._table.keep_live(partition.stream)
            else:
                self._table.put(partition, rows)
            if number % TELL_EVERY == 0:
                tell()
        self._table.flush()

    def _tell_of(self, reader: PartitionReader) -> None:
        self._tell(self._projection.name, reader.read, reader.head)


def rebuild(reading: Reading, projection: TableProjection, tell: Tell = tell_nobody) -> Rebuilt:
    """Build a table anew and switch; readers and appends go on meanwhile.

    RebuildRefused or StorageUnavailable, and then the live table is as it was.
    """
    with new_table(reading, projection.name) as new:
        work = _Rebuild(reading, projection, new, tell)
        for _ in range(MOST_ROUNDS):
            if work.round() <= FEW:
                break
        for _ in range(SWITCH_TRIES):
            if new.switch(work.catch_up):
                break
            time.sleep(PAUSE_S)
            work.round()
        else:
            raise RebuildRefused(
                f"Somebody has been reading the table {new.table} in one transaction for a minute,"
                " a backup for instance, and it cannot be put in place before that ends."
            )
        return Rebuilt(
            projection=new.table,
            position=work.reached,
            rows=new.rows(),
            parked=len(work.stopped),
        )
