"""Whatever is done to a row behind the log's back, `verify` names the first one that is wrong."""

import hashlib
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from adapters.event_log.appender import APPEND
from adapters.event_log.batch import encode_append, join_batch
from adapters.event_log.codec import Codec
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.migrate import FOLDER, migrate
from adapters.event_log.recorder import LogDatastore, LogRecorder
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import START, Head, Table, Verdict, columns_of, verify
from tests.event_log.appends import observation, refusal, register, registration
from tests.examples import LINK, QR_1

NUMBER: dict[Table, str] = {"events": "notification_id", "inputs": "input_id"}
ROWS = 6
"""Rows of each table in the log that is damaged."""


@pytest.fixture
async def written(postgres_log: PostgresEventLog, database: str) -> str:
    """Give the address of a log with six events and six inputs, whole as it should be."""
    for number in range(3):
        await register(postgres_log, f"acc_{number}")
    await postgres_log.append(refusal("acc_0", 1))
    await postgres_log.append(observation("acc_0", 1, LINK, QR_1))
    await postgres_log.append(observation("acc_1", 1, QR_1))
    verdict = verify(database)
    assert (verdict.events, verdict.inputs, verdict.faults) == (ROWS, ROWS, ())
    return database


def tamper(conninfo: str, *statements: str, table: Table = "events", **names: object) -> None:
    """Do what only the owner of the database can: switch the guard off and write."""
    with psycopg.connect(conninfo) as connection:
        for guarded in NUMBER:
            connection.execute(f"alter table {guarded} disable trigger append_only".encode())
        for statement in statements:
            named = statement.format(table=table, number=NUMBER[table], **names)
            connection.execute(named.encode())


def first_fault(verdict: Verdict) -> tuple[str, int, str]:
    fault = verdict.faults[0]
    assert verdict.head == ""
    assert str(fault.number) in fault.sentence
    return fault.table, fault.number, fault.what


CHANGES: dict[str, str] = {
    "bytea": r"decode(md5(random()::text), 'hex')",
    "text": "'changed'",
    "bigint": "{column} + 100",
    "smallint": "{column} + 1",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "{column} + interval '1 microsecond'",
}
COLUMNS: dict[Table, tuple[str, ...]] = {
    "events": ("originator_id", "originator_version", "topic", "state", "hash"),
    "inputs": (
        *("append_token", "stream", "stream_version", "attempt", "kind", "shape", "payload"),
        *("at", "recorded_at", "actor", "correlation_id", "trace_parent", "outcome", "rule"),
        *("idempotency_key", "hash"),
    ),
}


def test_the_columns_that_are_tried_are_all_that_there_are(database: str) -> None:
    for table, columns in COLUMNS.items():
        with psycopg.connect(database) as connection:
            cursor = connection.execute(f"table {table}".encode())
            assert cursor.description is not None
            names = {column.name for column in cursor.description}
        assert names == {*columns, NUMBER[table]}


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in COLUMNS for column in COLUMNS[table]]
)
def test_a_changed_column_is_found(written: str, table: Table, column: str) -> None:
    with psycopg.connect(written) as connection:
        (kind,) = connection.execute(
            "select data_type from information_schema.columns"
            " where table_name = %s and column_name = %s",
            (table, column),
        ).fetchone() or ("",)
    value = CHANGES[kind].format(column=column)
    if column == "hash":
        value = "sha256('x')"
    if column == "outcome":
        value = "case outcome when 'ignored' then 'refused' else 'ignored' end"
    change = "update {table} set {column} = {value} where {number} = 4"
    tamper(written, change, table=table, column=column, value=value)

    assert first_fault(verify(written)) == (table, 4, "changed")


def test_null_and_empty_are_not_the_same(written: str) -> None:
    tamper(written, "update inputs set idempotency_key = '' where input_id = 2")
    assert first_fault(verify(written)) == ("inputs", 2, "changed")


def test_text_that_moves_from_one_column_to_the_next_is_found(written: str) -> None:
    tamper(written, "update inputs set actor = 'key:1reque', correlation_id = 'st-1'")
    assert first_fault(verify(written)) == ("inputs", 1, "changed")


@pytest.mark.parametrize("table", NUMBER)
@pytest.mark.parametrize("number", [1, 4])
def test_a_deleted_row_is_found(written: str, table: Table, number: int) -> None:
    tamper(written, "delete from {table} where {number} = {wanted}", table=table, wanted=number)
    assert first_fault(verify(written)) == (table, number, "missing")


@pytest.mark.parametrize("table", NUMBER)
def test_a_deleted_row_is_found_when_the_others_moved_up(written: str, table: Table) -> None:
    tamper(
        written,
        "delete from {table} where {number} = 3",
        "update {table} set {number} = -{number} where {number} > 3",
        "update {table} set {number} = -{number} - 1 where {number} < 0",
        table=table,
    )
    assert first_fault(verify(written)) == (table, 3, "changed")


@pytest.mark.parametrize("table", NUMBER)
def test_two_rows_that_were_swapped_are_found(written: str, table: Table) -> None:
    tamper(
        written,
        "update {table} set {number} = -{number} where {number} in (2, 5)",
        "update {table} set {number} = 7 + {number} where {number} < 0",
        table=table,
    )
    assert first_fault(verify(written)) == (table, 2, "changed")


@pytest.mark.parametrize("table", NUMBER)
def test_a_row_that_was_put_in_is_found(written: str, table: Table) -> None:
    columns = {
        "events": "'acc_9', 1, topic, state, 3, hash",
        "inputs": "3, gen_random_uuid(), stream, stream_version, attempt, kind, shape, payload,"
        " at, recorded_at, actor, correlation_id, trace_parent, outcome, rule, idempotency_key,"
        " hash",
    }[table]
    tamper(
        written,
        "update {table} set {number} = -{number} where {number} >= 3",
        "update {table} set {number} = 1 - {number} where {number} < 0",
        "insert into {table} select {columns} from {table} where {number} = 4",
        table=table,
        columns=columns,
    )
    assert first_fault(verify(written)) == (table, 3, "changed")


@pytest.mark.parametrize("table", NUMBER)
def test_an_end_that_was_cut_off_is_found_by_an_expected_head(written: str, table: Table) -> None:
    head = Head.parse(verify(written).head)
    tamper(written, "delete from {table} where {number} > 4", table=table)

    verdict = verify(written, expected=[head])

    assert first_fault(verdict) == (table, 5, "cut_off")


def test_what_was_cut_off_is_found_without_a_head_where_others_have_seen_it(written: str) -> None:
    """An input that an event names, or an event that a reader has passed."""
    tamper(
        written,
        "delete from inputs where input_id > 5",
        "insert into cursors values ('reactor', 6, clock_timestamp())",
        "delete from events where notification_id > 5",
    )
    verdict = verify(written)
    assert [(f.table, f.number, f.what) for f in verdict.faults] == [("events", 6, "cut_off")]
    tamper(written, "delete from inputs where input_id > 4")
    assert first_fault(verify(written)) == ("inputs", 5, "cut_off")


async def test_a_log_that_was_written_anew_is_found_by_an_expected_head(
    written: str, postgres_log: PostgresEventLog
) -> None:
    head = Head.parse(verify(written).head)
    tamper(written, "delete from events", "delete from inputs")
    for number in range(7):
        await register(postgres_log, f"acc_{number}")

    assert verify(written).faults == ()
    assert first_fault(verify(written, expected=[head])) == ("events", 6, "rewritten")


async def test_a_log_that_has_grown_contains_its_earlier_heads(
    written: str, postgres_log: PostgresEventLog
) -> None:
    heads = [Head.parse(verify(written).head)]
    await postgres_log.append(refusal("acc_2", 1))
    heads.append(Head.parse(verify(written).head))
    await register(postgres_log)

    verdict = verify(written, expected=heads)

    assert (verdict.events, verdict.inputs, verdict.faults) == (ROWS + 1, ROWS + 2, ())
    assert (heads[0].position, heads[0].input_id) == (ROWS, ROWS)
    assert (heads[1].position, heads[1].input_id) == (ROWS, ROWS + 1)


def test_both_tables_are_looked_at_whatever_is_wrong_with_the_first(written: str) -> None:
    tamper(
        written,
        "update inputs set rule = 'changed' where input_id = 2",
        "update events set topic = 'changed' where notification_id = 3",
    )
    verdict = verify(written)
    assert [(f.table, f.number) for f in verdict.faults] == [("inputs", 2), ("events", 3)]
    assert (verdict.inputs, verdict.events) == (1, 2)


def test_an_empty_log_is_whole_and_its_head_is_kept(database: str) -> None:
    verdict = verify(database)
    nothing = hashlib.sha256(START + START).hexdigest()
    assert verdict == Verdict(events=0, inputs=0, head=f"0.0.{nothing}", faults=())
    assert verify(database, expected=[Head.parse(verdict.head)]).faults == ()


def test_progress_is_told_to_the_end(written: str) -> None:
    told: list[tuple[str, int, int]] = []
    verify(written, tell=lambda table, read, last: told.append((table, read, last)))
    assert told == [("inputs", ROWS, ROWS), ("events", ROWS, ROWS)]


@pytest.mark.parametrize("text", ["", "1.2.3", "x.1." + "a" * 64, "1.1." + "A" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a head looks like"):
        Head.parse(text)


def test_the_hash_is_made_as_it_is_documented(written: str) -> None:
    """docs/reference/log-format.md, done by hand: number of columns; type, length and bytes."""
    with psycopg.connect(written) as connection:
        rows = connection.execute(
            "select notification_id, originator_id, originator_version, topic, state, hash"
            " from events order by 1"
        ).fetchall()
    link = bytes(32)
    for position, stream, version, topic, state, stored in rows:
        form = (5).to_bytes(4)
        for kind, value in (
            (20, position.to_bytes(8)),
            (17, stream.encode()),
            (20, version.to_bytes(8)),
            (17, topic.encode()),
            (17, bytes(state)),
        ):
            form += kind.to_bytes(4) + len(value).to_bytes(4) + value
        link = hashlib.sha256(link + form).digest()
        assert link == bytes(stored)
        assert columns_of(form)[1] == stream.encode()


def test_an_inputs_hash_is_made_as_it_is_documented(written: str) -> None:
    with psycopg.connect(written) as connection:
        cursor = connection.cursor(binary=True)
        cursor.execute("set client_encoding to 'UTF8'")
        cursor.execute("table inputs order by input_id limit 1")
        assert cursor.pgresult is not None
        assert cursor.description is not None
        form = (16).to_bytes(4)
        for number, column in enumerate(cursor.description[:-1]):
            value = cursor.pgresult.get_value(0, number)
            form += (17 if column.type_code == 25 else column.type_code).to_bytes(4)
            form += b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4) + value
        stored = cursor.pgresult.get_value(0, len(cursor.description) - 1)
    assert hashlib.sha256(bytes(32) + form).digest() == stored


async def test_no_setting_of_a_session_has_a_part_in_the_hash(
    written: str, postgres_log: PostgresEventLog
) -> None:
    batch = join_batch([encode_append(1, uuid4(), registration("acc_é"), Codec())])
    with psycopg.connect(written, autocommit=True) as connection:
        connection.execute("set client_encoding to 'LATIN1'")
        connection.execute("set timezone to 'Asia/Jakarta'")
        connection.execute("set bytea_output to 'escape'")
        connection.execute(APPEND.encode(), batch)
    await register(postgres_log)
    assert verify(written).faults == ()


def test_what_the_librarys_recorder_writes_is_in_the_chain(database: str) -> None:
    datastore = LogDatastore(database)
    recorder = LogRecorder(datastore)
    for stream in ("acc_1", "acc_2"):
        recorder.insert_events(
            [StoredEvent(stream, version, "QrFetched", b"{}") for version in (1, 2, 3)]
        )
    datastore.close()
    verdict = verify(database)
    assert (verdict.events, verdict.faults) == (6, ())


def test_rows_of_before_the_chain_are_chained_by_the_migration(
    empty_database: str, tmp_path: Path
) -> None:
    for file in sorted(FOLDER.glob("*.sql"))[:4]:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    migrate(empty_database, tmp_path)
    asked = [registration(f"acc_{number}") for number in range(50)]
    codec = Codec()
    batch = join_batch([encode_append(n, uuid4(), a, codec) for n, a in enumerate(asked)])
    again = join_batch([encode_append(1, uuid4(), registration("acc_x"), codec)])
    with psycopg.connect(empty_database, autocommit=True) as connection:
        names = ("appends", "events", "accounts", "attempts")
        parts = ",".join(f'"{n}":{part}' for n, part in zip(names, batch, strict=False))
        connection.execute(b"select append_to_log(%s::json)", (f"{{{parts}}}",))
        assert migrate(empty_database)[0].startswith("0005_")
        connection.execute(APPEND.encode(), again)
        with pytest.raises(psycopg.errors.RestrictViolation):  # the guard is on again
            connection.execute("delete from events")
    verdict = verify(empty_database)
    assert (verdict.events, verdict.inputs, verdict.faults) == (51, 51, ())


def test_a_database_without_a_log_is_named(empty_database: str, tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="holds no log of this build"):
        verify(empty_database)
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        verify(f"host={tmp_path} user=nobody")
    with pytest.raises(StorageUnavailable, match="cannot be understood"):
        verify("what is hidden-secret")
