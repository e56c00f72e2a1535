"""The database itself refuses to change or remove what is in the log."""

import json

import psycopg
import pytest

from adapters.event_log.store import PostgresEventLog
from tests.event_log.appends import register

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
    assert state["body"]["label"] == "Front desk"
    assert payload == (
        "RegisterAccount",
        {"at": "2026-01-05T09:00:00Z", "workspace": "shop", "label": "Front desk"},
    )


async def test_what_sql_writes_is_what_the_codec_writes(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await register(postgres_log, "acc_1")
    (recorded,) = await postgres_log.load("acc_1")
    with psycopg.connect(database) as connection:
        row = connection.execute("select state from events").fetchone()
    assert row is not None
    assert json.loads(row[0]) == json.loads(postgres_log.codec.encode_event(recorded))
