"""What tells of a person goes into the log sealed, comes out as it was, and ends with its key."""

import asyncio
import base64
import json
from typing import Any

import msgspec
import psycopg
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from adapters.event_log.checked_replay import checked_events
from adapters.event_log.database import Database
from adapters.event_log.errors import UndecodableEvent
from adapters.event_log.interface import Append, EventLog, Snapshot
from adapters.event_log.personal import MARK
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import verify
from adapters.keys import Keys
from domain import events as e
from domain.log import AnyEvent, AnyInput, InputToAppend
from domain.observations import RecordReady
from domain.reasons import Reason
from domain.wishes import DestroyAccount
from tests.event_log.appends import (
    WORKER,
    account_row,
    attempt_row,
    fetched,
    observation,
    registration,
)
from tests.examples import ATTEMPT, DESTROYED, ERASED, PHONE, PHONE_KEYED, at
from tests.opened_log import MASTER_KEY, open_log

LABEL, NAME = "Front desk of Ayu", "Ayu Ω Lestari"
READY = RecordReady(
    at=at(9), attempt=ATTEMPT, phone=PHONE, phone_fingerprint=PHONE_KEYED, name=NAME
)
IDENTIFIED = e.PhoneIdentified(
    at=at(9), attempt=ATTEMPT, phone=PHONE, fingerprint=PHONE_KEYED, name=NAME
)
FAILED = e.LinkFailed(
    at=at(10), attempt=ATTEMPT, reason=Reason.PAGE_CHANGED, detail=f"no such chat: {PHONE}@c.us"
)
PERSONAL = {"label": LABEL, "phone": PHONE, "name": NAME, "detail": FAILED.detail}
EMPTY = {"label": "", "phone": None, "name": "", "detail": ""}


def appending(
    stream: str, version: int, command: AnyInput, *events: AnyEvent, **row: object
) -> Append:
    after = version + len(events)
    return Append(
        stream=stream,
        expected_version=version,
        input=InputToAppend(command=command, outcome="accepted", origin=WORKER),
        events=events,
        rows=(account_row(stream, after, **row),),
    )


async def a_story(log: EventLog, stream: str = "acc_1") -> None:
    """Register, identify the phone, fail: three events with their rows."""
    await log.append(registration(stream, label=LABEL))
    attempt = attempt_row(stream, 1, detail=FAILED.detail)
    append = appending(stream, 1, READY, IDENTIFIED, FAILED, **PERSONAL)
    await log.append(msgspec.structs.replace(append, rows=(*append.rows, attempt)))


async def erase(log: EventLog, stream: str = "acc_1", version: int = 3) -> None:
    """Append what erasing appends, with the row as it then is."""
    command = DestroyAccount(at=at(200), erase=True)
    await log.append(appending(stream, version, command, DESTROYED, ERASED, **EMPTY))


async def told_by(log: EventLog, stream: str = "acc_1") -> list[Any]:
    """Collect whatever personal the log gives of a stream, by every way of reading."""
    registered, identified, failed = [r.event for r in (await log.load(stream))[:3]]
    register, ready = [i.command for i in (await log.read_inputs(stream))[:2]]
    row = await log.account_row(stream)
    (listed,) = [row for row in await log.account_rows() if row["account_id"] == stream]
    (attempt,) = await log.attempt_rows(stream)
    assert isinstance(registered, e.AccountRegistered)
    assert isinstance(identified, e.PhoneIdentified)
    assert isinstance(failed, e.LinkFailed)
    assert isinstance(ready, RecordReady)
    assert row == listed
    assert row is not None
    everywhere = [one.event for one in await log.read(0, 100) if one.stream == stream]
    assert everywhere[:3] == [registered, identified, failed]
    assert [r.event for r in await log.read(0, 100, stream=stream)] == everywhere
    return [
        *(registered.label, getattr(register, "label", None)),
        *(identified.phone, identified.name, failed.detail, ready.phone, ready.name),
        *(row["label"], row["phone"], row["name"], row["detail"], attempt["detail"]),
    ]


PLAIN = (
    '{"input":1,"recorded":"2026-01-05T09:00:00Z","origin":{"actor":"system"},'
    '"body":{"at":"2026-01-05T09:00:00Z","workspace":"shop","label":"in plain"}}'
)
WHOLE = [LABEL, LABEL, PHONE, NAME, FAILED.detail, PHONE, NAME, *PERSONAL.values(), FAILED.detail]
NOTHING = ["", "", "", "", "", "", "", *EMPTY.values(), ""]


async def test_it_comes_out_as_it_went_in(log: EventLog) -> None:
    await a_story(log)
    assert await told_by(log) == WHOLE


async def test_once_erased_it_reads_as_empty_and_others_are_untouched(log: EventLog) -> None:
    await a_story(log)
    await a_story(log, "acc_2")
    await erase(log)
    assert await told_by(log) == NOTHING
    assert await told_by(log, "acc_2") == WHOLE
    assert [r.topic for r in await log.load("acc_1")][3:] == ["AccountDestroyed", "AccountErased"]


async def test_what_comes_later_is_left_out_before_it_is_stored(log: EventLog) -> None:
    await a_story(log)
    await erase(log)
    await log.append(appending("acc_1", 5, READY, IDENTIFIED, **PERSONAL))
    late = (await log.load("acc_1", 5))[0].event
    assert (getattr(late, "phone", 0), getattr(late, "name", 0)) == ("", "")
    row = await log.account_row("acc_1")
    assert row is not None
    assert [row[name] for name in EMPTY] == list(EMPTY.values())


async def test_erasing_before_there_was_a_key_keeps_one_from_being_made(log: EventLog) -> None:
    await log.append(registration("acc_1"))
    await erase(log, version=1)
    await log.append(appending("acc_1", 3, READY, IDENTIFIED, **PERSONAL))
    (late,) = await log.load("acc_1", 3)
    assert getattr(late.event, "phone", 0) == ""


async def test_a_snapshot_ends_with_its_account(log: EventLog) -> None:
    await a_story(log)
    await log.save_snapshot("acc_1", "fold", Snapshot(version=2, state=NAME.encode()), 10)
    snapshot, behind = await log.resume("acc_1", "fold", limit=10)
    assert snapshot == Snapshot(version=2, state=NAME.encode())
    assert [r.version for r in behind] == [3]
    await erase(log)
    snapshot, behind = await log.resume("acc_1", "fold", limit=10)
    assert snapshot is None
    assert [r.version for r in behind] == [1, 2, 3, 4, 5]
    await log.save_snapshot("acc_1", "fold", Snapshot(version=5, state=b"after"), 10)
    assert (await log.resume("acc_1", "fold", limit=10))[0] is None


def everything(database: str) -> str:
    """Give all tables as text, in plain and with every bytea as what it says."""
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind = 'r'"
        ).fetchall()
        found = [connection.execute(f"table {table}".encode()).fetchall() for (table,) in tables]
    return "\n".join(
        column.decode("utf-8", "replace") if isinstance(column, bytes) else str(column)
        for rows in found
        for row in rows
        for column in row
    )


async def test_nothing_of_it_stands_in_any_table(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await a_story(postgres_log)
    await postgres_log.save_snapshot("acc_1", "fold", Snapshot(version=2, state=NAME.encode()), 9)
    tables = everything(database)
    assert MARK in tables
    assert PHONE_KEYED in tables, "the fingerprint stays, see docs/decisions/erasure.md"
    for text in (LABEL, PHONE, NAME, FAILED.detail):
        assert text not in tables
    assert verify(database).faults == ()


async def test_it_is_sealed_as_docs_reference_log_format_says(
    postgres_log: PostgresEventLog, database: str
) -> None:
    """Opened here by hand, from the master key and the tables alone."""
    await a_story(postgres_log)
    with psycopg.connect(database) as connection:
        (wrapped,) = connection.execute("select wrapped from account_keys").fetchone() or (b"",)
        (state,) = connection.execute("select state from events").fetchone() or (b"",)
        (name,) = connection.execute("select name from accounts").fetchone() or ("",)
    label = b"linkwright/account-keys/1"
    wrapping = HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(MASTER_KEY)
    key = AESGCM(AESGCM(wrapping).decrypt(wrapped[:12], wrapped[12:], b"acc_1"))
    for sealed, context, plain in (
        (json.loads(state)["body"]["label"], b"acc_1/AccountRegistered/label", LABEL),
        (name, b"acc_1/accounts/name", NAME),
    ):
        data = base64.b64decode(sealed.removeprefix("sealed:1:"), validate=True)
        assert key.decrypt(data[:12], data[12:], context).decode() == plain


async def test_the_rows_hold_nothing_sealed_once_it_is_erased(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await a_story(postgres_log)
    await erase(postgres_log)
    with psycopg.connect(database) as connection:
        rows = connection.execute("select label, phone, name, detail from accounts").fetchall()
        assert rows == [("", None, "", "")]
        assert connection.execute("select detail from attempts").fetchall() == [("",)]
        keys = connection.execute("select wrapped, destroyed_at is not null from account_keys")
        assert keys.fetchall() == [(None, True)]
    assert verify(database).faults == ()


async def test_the_checked_replay_reads_the_same(
    postgres_log: PostgresEventLog, database: str
) -> None:
    await a_story(postgres_log)
    await a_story(postgres_log, "acc_2")
    for _ in range(2):
        events = list(checked_events(database, Keys(MASTER_KEY)))
        assert events == await postgres_log.read(0, 100)
        await erase(postgres_log, version=len(await postgres_log.load("acc_1")))


async def test_another_process_hears_of_it_by_reading(
    postgres_log: PostgresEventLog, opened: Database
) -> None:
    await a_story(postgres_log)
    other = open_log(opened)
    assert await told_by(other) == WHOLE  # its keys are in its memory now
    await erase(postgres_log)
    await other.read(3, 100)  # as each of its followers does
    assert await told_by(other) == NOTHING
    assert await other.account_keys.of("acc_1") is None
    await other.close()


async def test_an_observation_at_the_same_time_is_before_it_or_says_nothing(
    postgres_log: PostgresEventLog, opened: Database
) -> None:
    """Whoever writes behind AccountErased has read it, and whoever has not read it conflicts."""
    other = open_log(opened)
    for number in range(12):
        stream = f"acc_{number}"
        await a_story(postgres_log, stream)
        assert await told_by(other, stream) == WHOLE
        observing = other.append(appending(stream, 3, READY, IDENTIFIED, **PERSONAL))
        await asyncio.gather(erase(postgres_log, stream), observing, return_exceptions=True)
        version = len(await other.load(stream))
        if version == 4:  # the observation was faster, so the erasing is decided again
            await erase(postgres_log, stream, version)
        else:
            await other.append(appending(stream, 5, READY, IDENTIFIED, **PERSONAL))
        for log in (postgres_log, other, fresh := open_log(opened)):
            assert await told_by(log, stream) == NOTHING
        await fresh.close()
    await other.close()


async def test_nothing_is_asked_where_nothing_is_sealed_or_the_key_is_at_hand(
    postgres_log: PostgresEventLog, opened: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_story(postgres_log)
    await postgres_log.append(registration("acc_plain"))
    asked: list[str] = []
    fetch = Database.fetch

    async def counted(self: Database, statement: Any, values: Any = ()) -> Any:  # noqa: ANN401
        asked.append(statement)
        return await fetch(self, statement, values)

    monkeypatch.setattr(Database, "fetch", counted)
    other = open_log(opened)
    await other.load("acc_plain")
    await other.append(observation("acc_plain", 1, fetched(at(3))))
    assert not [one for one in asked if "account_keys" in one]
    for _ in range(3):
        await other.read(0, 100)
        await other.account_rows()
    assert len([one for one in asked if "account_keys" in one]) == 1
    await other.close()


async def test_what_was_moved_does_not_open_and_parks_its_event_only(
    postgres_log: PostgresEventLog, opened: Database, database: str
) -> None:
    await a_story(postgres_log)
    await a_story(postgres_log, "acc_2")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("alter table events disable trigger append_only")
        connection.execute(
            "update events e set state = o.state from events o where e.notification_id = 5"
            " and o.notification_id = 2"
        )
        connection.execute("update accounts set name = 'sealed:1:' || repeat('A', 48)")
    log = open_log(opened)
    with pytest.raises(UndecodableEvent, match="does not open"):
        await log.load("acc_2")
    assert [r.position for r in await log.read(0, 100)] == [1, 2, 3, 4]
    with pytest.raises(UndecodableEvent) as raised:
        await log.read(4, 100)
    assert raised.value.position == 5
    row = await log.account_row("acc_1")
    assert row is not None
    assert (row["name"], row["phone"]) == ("", None), "a row that does not open can be rebuilt"
    await log.close()


async def test_under_another_master_key_nothing_opens_and_nothing_crashes(
    postgres_log: PostgresEventLog, opened: Database
) -> None:
    await a_story(postgres_log)
    await postgres_log.append(registration("acc_plain"))
    log = PostgresEventLog(opened, Keys(b"n" * 32))
    with pytest.raises(UndecodableEvent):
        await log.load("acc_1")
    assert [i.command is None for i in await log.read_inputs("acc_1")] == [True, True]
    row = await log.account_row("acc_1")
    assert row is not None
    assert row["phone"] is None
    assert len(await log.load("acc_plain")) == 1
    await log.close()


async def test_rows_that_an_earlier_build_wrote_in_plain_are_read_as_ever(
    postgres_log: PostgresEventLog, database: str
) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "select append_stored_events(array['acc_1'], array[1::bigint],"
            " array['AccountRegistered'], array[convert_to(%s, 'UTF8')])",
            [PLAIN],
        )
    (read,) = await postgres_log.load("acc_1")
    assert isinstance(read.event, e.AccountRegistered)
    assert read.event.label == "in plain"
