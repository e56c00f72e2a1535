"""Walks the log's hash chains and finds the first row that is not what was written.

Nothing of the database's own is trusted but its built-in functions: the form of each row is asked
for here, and hashed here. docs/reference/log-format.md says what a row's hash is made of.
"""

import hashlib
import re
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, LiteralString, Self

import msgspec
import psycopg
from psycopg import Connection

from adapters.event_log.errors import StorageUnavailable

START = bytes(32)
"""What the first row of a table is linked to."""
CONNECT_S = 10
TELL_EVERY = 4096
"""Rows between two words about progress: some 20 ms."""

Table = Literal["inputs", "events"]
Tell = Callable[[Table, int, int], None]
"""Hears of progress: the table, the rows walked, the rows there are."""

# Both are read in one snapshot, by index: nothing is sorted or collected on either side.
# A read model that a rebuild puts in place after the first look would seem empty: it waits for us.
SESSION: LiteralString = """
    begin isolation level repeatable read read only;
    lock table accounts, attempts, messages in access share mode;
    set local enable_seqscan = off;
    set local enable_bitmapscan = off;
    set local enable_sort = off;
    set local statement_timeout = 0
"""
FORMS: dict[Table, LiteralString] = {
    "events": """copy (
        select pg_catalog.record_send(row(
            notification_id, convert_to(originator_id, 'UTF8'), originator_version,
            convert_to(topic, 'UTF8'), state
        )), hash from events order by notification_id
    ) to stdout (format binary)""",
    "inputs": """copy (
        select pg_catalog.record_send(row(
            input_id, append_token, convert_to(stream, 'UTF8'), stream_version,
            convert_to(attempt, 'UTF8'), convert_to(kind, 'UTF8'), shape, payload, at, recorded_at,
            convert_to(actor, 'UTF8'), convert_to(correlation_id, 'UTF8'),
            convert_to(trace_parent, 'UTF8'), convert_to(outcome, 'UTF8'),
            convert_to(rule, 'UTF8'), convert_to(idempotency_key, 'UTF8')
        )), hash from inputs order by input_id
    ) to stdout (format binary)""",
}
LAST: dict[Table, LiteralString] = {
    "events": "select coalesce(max(notification_id), 0) from events",
    "inputs": "select coalesce(max(input_id), 0) from inputs",
}
KNOWN_ELSEWHERE: dict[Table, LiteralString] = {
    "events": """select coalesce(greatest(
        (select max(position) from accounts), (select max(position) from attempts),
        (select max(position) from messages), (select max(position) from cursors)
    ), 0)""",
    "inputs": """select coalesce((
        select (convert_from(state, 'UTF8')::json ->> 'input')::bigint
        from events order by notification_id desc limit 1
    ), 0)""",
}
"""The last row that something outside of the table has seen: what it knows was cut off."""
NAMED_BY: dict[Table, tuple[int, int]] = {"events": (1, 3), "inputs": (2, 5)}
"""Columns of the form that tell people which row it is: the stream, and the topic or kind."""

_COPY_SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
_COPY_HEADER = 19
_COPY_END = b"\xff\xff"
_FORM = slice(6, -36)
"""In a row of COPY: 2 bytes count the fields, 4 the form's length; 4 and 32 are the hash's."""
_HASH = slice(-32, None)
_NUMBER = slice(12, 20)
"""In a form: its first column, behind the count of columns, its type and its length."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the log at one moment. Kept elsewhere, it proves later what was there."""

    position: int
    input_id: int
    hash: str
    """SHA-256 over the last event's hash and the last input's."""

    @classmethod
    def at(cls, position: int, event_hash: bytes, input_id: int, input_hash: bytes) -> Self:
        both = hashlib.sha256(event_hash + input_hash).hexdigest()
        return cls(position=position, input_id=input_id, hash=both)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str` gave; ValueError if it is none."""
        found = re.fullmatch(r"(\d{1,18})\.(\d{1,18})\.([0-9a-f]{64})", text.strip())
        if found is None:
            raise ValueError("a head looks like 120.85.9f86d0… with 64 hexadecimal digits")
        return cls(position=int(found[1]), input_id=int(found[2]), hash=found[3])

    def __str__(self) -> str:
        return f"{self.position}.{self.input_id}.{self.hash}"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The first row of a table that is not as it was written."""

    table: Table
    number: int
    """Its position among the events, or its id among the inputs."""
    what: Literal["changed", "missing", "cut_off", "rewritten"]
    sentence: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Without faults everything is as it was written, up to `head`."""

    events: int
    inputs: int
    head: str
    """Empty when the log is not whole."""
    faults: tuple[Fault, ...]


class Chain:
    """One table's chain, walked row by row as far as it holds."""

    def __init__(self, table: Table, keep: set[int]) -> None:
        self.table: Table = table
        self.rows = 0
        self.link = START
        self.fault: Fault | None = None
        self.kept = {0: START}
        """The hashes of the rows that a head is expected at."""
        self._keep = keep

    def add(self, form: bytes, stored: bytes) -> None:
        """Check the next row; after the first fault nothing more is looked at."""
        number = self.rows + 1
        if int.from_bytes(form[_NUMBER], signed=True) != number:
            self.fault = self._missing(number, int.from_bytes(form[_NUMBER], signed=True))
        elif hashlib.sha256(self.link + form).digest() != stored:
            self.fault = self._changed(number, form)
        else:
            self.rows, self.link = number, stored
            if number in self._keep:
                self.kept[number] = stored

    def _missing(self, number: int, found: int) -> Fault:
        return Fault(
            table=self.table,
            number=number,
            what="missing",
            sentence=f"{self.table}: row {number} is missing; the next one is {found}.",
        )

    def _changed(self, number: int, form: bytes) -> Fault:
        columns = columns_of(form)
        stream, kind = (
            (columns[column] or b"").decode("utf-8", "replace") for column in NAMED_BY[self.table]
        )
        return Fault(
            table=self.table,
            number=number,
            what="changed",
            sentence=f"{self.table}: row {number} ({kind} of {stream}) is not what was written"
            " there: it was changed, swapped with another or put in.",
        )


def verify(conninfo: str, *, expected: Sequence[Head] = (), tell: Tell | None = None) -> Verdict:
    """Walk inputs and events to the end, in flat memory, and name the first fault of each.

    StorageUnavailable when the database cannot be asked, or holds no log of this build.
    """
    with snapshot(conninfo) as connection:
        return verify_snapshot(connection, expected=expected, tell=tell)


def verify_snapshot(
    connection: Connection[Any], *, expected: Sequence[Head] = (), tell: Tell | None = None
) -> Verdict:
    """Do so in the snapshot that a connection of `snapshot` has."""
    inputs = Chain("inputs", {head.input_id for head in expected})
    events = Chain("events", {head.position for head in expected})
    faults: list[Fault] = []
    for chain in (inputs, events):
        _walk(connection, chain, tell)
        if chain.fault is not None:
            faults.append(chain.fault)
        else:
            faults += _cut_off(chain, _number(connection, KNOWN_ELSEWHERE[chain.table]))
    if not faults:
        faults += [fault for head in expected for fault in _unlike(head, events, inputs)]
    head = Head.at(events.rows, events.link, inputs.rows, inputs.link)
    return Verdict(
        events=events.rows,
        inputs=inputs.rows,
        head="" if faults else str(head),
        faults=tuple(faults),
    )


def columns_of(form: bytes) -> list[bytes | None]:
    """Take a row's form apart: the bytes of each column, or None for null."""
    columns: list[bytes | None] = []
    at = 4
    for _ in range(int.from_bytes(form[:4])):
        length = int.from_bytes(form[at + 4 : at + 8], signed=True)
        at += 8
        columns.append(None if length < 0 else form[at : at + length])
        at += max(length, 0)
    return columns


@contextmanager
def snapshot(conninfo: str) -> Generator[Connection[Any]]:
    """Give a connection that sees one moment of the log, whoever writes meanwhile."""
    try:
        with psycopg.connect(
            conninfo, autocommit=True, connect_timeout=CONNECT_S, client_encoding="UTF8"
        ) as connection:
            connection.execute(SESSION)
            yield connection
            connection.execute("rollback")
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise StorageUnavailable(
            "The database holds no log of this build: start Linkwright on it once."
        ) from error
    except psycopg.ProgrammingError as error:
        raise StorageUnavailable("The database's address cannot be understood.") from error
    except psycopg.OperationalError as error:
        first_line = (str(error).strip() or "no answer").splitlines()[0]
        raise StorageUnavailable(f"The database cannot be used: {first_line}") from error


def stored_rows(connection: Connection[Any], table: Table) -> Generator[tuple[bytes, bytes]]:
    """Give the form and the hash of each row in order, as they are stored; read it to the end."""
    with connection.cursor().copy(FORMS[table]) as copy:
        for data in copy:
            row = bytes(data)
            if row.startswith(_COPY_SIGNATURE):
                row = row[_COPY_HEADER:]
            if row and row != _COPY_END:
                yield row[_FORM], row[_HASH]


def _walk(connection: Connection[Any], chain: Chain, tell: Tell | None) -> None:
    """Read a table to its end, even behind a fault: breaking off would end the snapshot."""
    last = _number(connection, LAST[chain.table])
    read = 0
    for form, stored in stored_rows(connection, chain.table):
        if chain.fault is None:
            chain.add(form, stored)
        read += 1
        if tell is not None and read % TELL_EVERY == 0:
            tell(chain.table, read, last)
    if tell is not None:
        tell(chain.table, read, last)


def _number(connection: Connection[Any], statement: LiteralString) -> int:
    record = connection.execute(statement).fetchone()
    return record[0] if record else 0


def _cut_off(chain: Chain, known: int) -> list[Fault]:
    """Compare the end with what others have seen of the table."""
    if known <= chain.rows:
        return []
    return [_too_short(chain, f"row {known} is known elsewhere in the database")]


def _unlike(head: Head, events: Chain, inputs: Chain) -> list[Fault]:
    """Compare the log with what its head was at another time."""
    numbers = ((events, head.position), (inputs, head.input_id))
    short = [
        _too_short(chain, f"the head that was expected has row {number}")
        for chain, number in numbers
        if number > chain.rows
    ]
    if short:
        return short
    found = Head.at(
        head.position, events.kept[head.position], head.input_id, inputs.kept[head.input_id]
    )
    if found == head:
        return []
    return [
        Fault(
            table="events",
            number=head.position,
            what="rewritten",
            sentence=f"The log was written anew: up to event {head.position} and input"
            f" {head.input_id} it is another one than the head that was expected belongs to.",
        )
    ]


def _too_short(chain: Chain, because: str) -> Fault:
    return Fault(
        table=chain.table,
        number=chain.rows + 1,
        what="cut_off",
        sentence=f"{chain.table}: row {chain.rows + 1} and what followed are missing:"
        f" the table ends at {chain.rows}, and {because}.",
    )
