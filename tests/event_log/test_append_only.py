"""The database itself keeps the log's rules, whoever writes."""

import json
from uuid import uuid4

import psycopg
import pytest

from adapters.event_log.appender import APPEND
from adapters.event_log.batch import encode_append, join_batch
from adapters.event_log.codec import Codec
from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import account_row, observation, refusal, register, registration
from tests.examples import LINK, QR_1

CHANGES = (
    "update events set topic = 'QrScanned'",
    "delete from events",
    "truncate events",
    "update inputs set rule = ''",
    "delete from inputs where false",
    "truncate inputs cascade",
)


@pytest.mark.parametrize("change", CHANGES)
async def test_no_row_is_ever_changed_or_removed(
    postgres_log: PostgresEventLog, database: str, change: str
) -> None:
    stream, _ = await register(postgres_log)

    with (
        psycopg.connect(database) as connection,
        pytest.raises(psycopg.errors.RestrictViolation, match="append-only"),
    ):
        connection.execute(change.encode())

    assert len(await postgres_log.load(stream)) == 1


async def test_no_row_is_written_past_the_lock(
    postgres_log: PostgresEventLog, database: str
) -> None:
    """A plain insert, as eventsourcing's own recorder makes it, would break the order."""
    await register(postgres_log)
    with psycopg.connect(database) as connection, pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute("insert into events values ('acc_9', 1, 'QrScanned', '{}')")


async def test_people_can_read_the_log_with_plain_sql(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await register(postgres_log, "acc_1")
    with psycopg.connect(database) as connection:
        event = connection.execute(
            "select topic, convert_from(state, 'UTF8')::jsonb from events"
        ).fetchone()
        payload = connection.execute(
            "select kind, convert_from(payload, 'UTF8')::json from inputs"
        ).fetchone()
    assert event is not None
    topic, state = event
    assert topic == "AccountRegistered"
    assert set(state) == {"input", "recorded", "origin", "body"}
    assert state["body"] == {"at": "2026-01-05T09:00:00Z", "workspace": "shop"}
    assert payload == ("RegisterAccount", {"at": "2026-01-05T09:00:00Z", "workspace": "shop"})


async def test_what_sql_writes_is_what_the_codec_writes(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await register(postgres_log, "acc_1")
    (recorded,) = await postgres_log.load("acc_1")
    with psycopg.connect(database) as connection:
        row = connection.execute("select state from events").fetchone()
    assert row is not None
    assert json.loads(row[0]) == json.loads(postgres_log.codec.encode_event(recorded))


async def test_a_batch_is_judged_append_by_append_and_recognised_when_it_comes_again(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await register(postgres_log, "acc_1")
    asked = [
        observation("acc_1", 1, LINK, QR_1, rows=(account_row("acc_1", 3),)),
        observation("acc_1", 1, LINK),  # the one before was faster
        observation("acc_2", 7, LINK, rows=(account_row("acc_2", 8),)),  # no such version
        refusal("acc_3", 0),
        registration("acc_4", rows=(account_row("acc_4", 1),)),
    ]
    codec = Codec()
    batch = join_batch([encode_append(n, uuid4(), a, codec) for n, a in enumerate(asked)])

    with psycopg.connect(database, autocommit=True) as connection:
        first = connection.execute(APPEND.encode(), batch).fetchall()
        again = connection.execute(APPEND.encode(), batch).fetchall()

    written = [(outcome, input_id, position) for _, outcome, input_id, position, _ in first]
    assert written == [
        ("written", 2, 2),
        ("conflict", None, None),
        ("conflict", None, None),
        ("written", 3, None),
        ("written", 4, 4),
    ]
    assert [r for r in again if r[1] == "written"] == [r for r in first if r[1] == "written"]
    assert [r.position for r in await postgres_log.read(0, 100)] == [1, 2, 3, 4]
    rows = await postgres_log.account_rows()
    assert [(row["account_id"], row["position"]) for row in rows] == [("acc_1", 3), ("acc_4", 4)]


async def test_an_append_looks_at_as_little_of_a_large_log_as_of_an_empty_one(
    postgres_log: PostgresEventLog, database: str
) -> None:
    """A plan that was made on empty tables once scanned every input for each append."""
    await register(postgres_log)
    with psycopg.connect(database, autocommit=True) as connection:
        batch = [encode_append(n, uuid4(), registration(f"a{n}"), Codec()) for n in range(2000)]
        connection.execute(APPEND.encode(), join_batch(batch))
        for number in range(8):
            one = join_batch([encode_append(1, uuid4(), registration(f"b{number}"), Codec())])
            connection.execute(APPEND.encode(), one, prepare=True)
        read = (
            "select sum(pg_stat_get_xact_tuples_fetched(relid) + pg_stat_get_xact_tuples_returned"
            "(relid)) from (select indexrelid as relid from pg_stat_user_indexes"
            " where relname in ('events', 'inputs')) i"
        )
        with connection.transaction():
            one = join_batch([encode_append(1, uuid4(), registration("last"), Codec())])
            connection.execute(APPEND.encode(), one, prepare=True)
            (tuples,) = connection.execute(read.encode()).fetchone() or (None,)
    assert tuples is not None
    assert tuples < 200
