"""`rebuild` makes a table anew beside the live one; whatever ends it, the live one is whole."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Sequence

import psycopg
import pytest

from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.errors import RebuildRefused, StorageUnavailable, UnknownTopic
from adapters.event_log.partitions import Reading
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import snapshot
from adapters.keys import Keys, KeyUnusable
from app.dispatch import Dispatch
from app.projecting import rebuild as rebuilding
from app.projecting.rebuild import rebuild
from domain.commands import CancelLink, RequestLink
from domain.log import RecordedEvent
from projections.tables import TABLES
from tests.examples import at
from tests.opened_log import MASTER_KEY
from tests.projecting.tables import all_same, asked
from tests.service.test_loops import steps_to_ready, submit_all
from tests.waiting import wait_until

CATALOG = """
    select 'index', indexname::text, indexdef, '' from pg_indexes where tablename in %(tables)s
    union all
    select 'constraint', conname::text, pg_get_constraintdef(oid), conrelid::regclass::text
    from pg_constraint where conrelid in ('accounts'::regclass, 'attempts'::regclass)
    union all
    select 'column', attname::text, format('%%s %%s %%s', attnum, atttypid::regtype, attcollation),
        attrelid::regclass::text || attnotnull
    from pg_attribute
    where attrelid in ('accounts'::regclass, 'attempts'::regclass) and attnum > 0
    union all
    select 'grant', relname::text, coalesce(relacl::text, ''), '' from pg_class
    where oid in ('accounts'::regclass, 'attempts'::regclass)
    order by 1, 2, 3, 4
"""


@pytest.fixture
async def told(dispatch: Dispatch) -> Dispatch:
    """Tell of some accounts, one with two attempts."""
    for number in range(5):
        await submit_all(dispatch, f"acc_{number}", steps_to_ready(f"{number}-1"))
    again = [CancelLink(at=at(5)), RequestLink(at=at(6), attempt="again-2")]
    await submit_all(dispatch, "acc_again", [*steps_to_ready("again-1")[:2], *again])
    return dispatch


def rebuild_all(reading: Reading) -> None:
    for projection in TABLES.values():
        rebuild(reading, projection)


@pytest.mark.usefixtures("told")
async def test_what_was_changed_lost_or_put_in_is_as_the_log_says_again(
    reading: Reading, database: str
) -> None:
    before = asked(database, "select * from attempts order by attempt_id")
    asked(database, "update accounts set status = 'FAILED'")
    asked(database, "delete from accounts where account_id = 'acc_3'")
    asked(database, "update attempts set account_id = 'acc_nobody' where attempt_id = 'again-1'")

    rebuild_all(reading)

    assert all_same(reading)
    assert asked(database, "select * from attempts order by attempt_id") == before


@pytest.mark.usefixtures("told")
async def test_indexes_constraints_columns_and_grants_are_what_they_were(
    reading: Reading, database: str
) -> None:
    asked(database, "grant select on accounts to public")
    asked(database, "grant update on attempts to pg_monitor with grant option")
    before = catalog(database)

    rebuild_all(reading)
    rebuild_all(reading)

    assert catalog(database) == before
    assert not [name for name in tables(database) if "rebuilt" in name]


def catalog(database: str) -> Sequence[object]:
    statement = CATALOG.replace("%(tables)s", "('accounts', 'attempts')").replace("%%", "%")
    with psycopg.connect(database) as connection:
        return connection.execute(statement.encode()).fetchall()


def tables(database: str) -> list[str]:
    return [name for (name,) in asked(database, "select tablename from pg_tables")]


async def test_a_connection_that_appended_and_read_before_goes_on(
    told: Dispatch, log: PostgresEventLog, reading: Reading
) -> None:
    """Its plans, which name the old tables, are made anew by the server."""
    for number in range(8):  # psycopg prepares a statement, PostgreSQL keeps its plan, after five
        await log.account_rows(None, f"acc_{number}")
        await log.attempt_rows("acc_again")
        await log.due_deadlines(at(100))

    rebuild_all(reading)

    await submit_all(told, "acc_later", steps_to_ready("later-1"))
    row = await log.account_row("acc_later")
    assert row is not None
    assert row["status"] == "READY"
    assert len(await log.attempt_rows("acc_later")) == 1
    assert all_same(reading)


async def test_reading_and_appending_go_on_meanwhile(
    told: Dispatch, log: PostgresEventLog, reading: Reading
) -> None:
    """Every account that was acknowledged is listed at once, before, during and after a switch."""
    done = asyncio.Event()
    counted: list[int] = []

    async def append() -> None:
        while not done.is_set():
            number = len(counted)
            await submit_all(told, f"acc_new_{number}", steps_to_ready(f"new-{number}"))
            counted.append(len(await log.account_rows(None, "", 10_000)))

    appending = asyncio.create_task(append())
    for _ in range(3):
        await asyncio.to_thread(rebuild_all, reading)
    done.set()
    await appending

    assert counted == list(range(7, 7 + len(counted)))
    assert all_same(reading)


async def test_what_is_appended_between_the_last_round_and_the_switch_is_there(
    told: Dispatch, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "MOST_ROUNDS", 1)

    def tell(_: str, done: int, of: int) -> None:
        if done == of:
            appended = asyncio.run_coroutine_threadsafe(
                submit_all(told, "acc_late", steps_to_ready("late-1")), loop
            )
            appended.result(timeout=20)

    loop = asyncio.get_running_loop()
    built = await asyncio.to_thread(rebuild, reading, TABLES["accounts"], tell)
    assert built.rows == 7
    assert all_same(reading)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("point", range(4))
async def test_one_that_is_ended_leaves_the_live_table_and_the_next_starts_clean(
    reading: Reading, database: str, monkeypatch: pytest.MonkeyPatch, point: int
) -> None:
    asked(database, "update accounts set label = 'changed'")
    before = asked(database, "select * from accounts order by account_id")

    def ends(*_: object) -> None:
        raise Killed

    names = ("create", "flush", "_grant", "_rename")
    with monkeypatch.context() as patched:
        patched.setattr(f"adapters.event_log.new_table.NewTable.{names[point]}", ends)
        with pytest.raises(Killed):
            rebuild(reading, TABLES["accounts"])

    assert asked(database, "select * from accounts order by account_id") == before
    rebuild_all(reading)
    assert all_same(reading)


PROGRAM = """
import sys
from adapters.event_log.partitions import Reading
from adapters.keys import Keys
from app.projecting.rebuild import rebuild
from projections.tables import TABLES

def tell(name, done, of):
    print(done, flush=True)
    sys.stdin.readline()

rebuild(Reading(sys.argv[1], Keys(bytes.fromhex(sys.argv[2]))), TABLES["accounts"], tell)
"""


@pytest.mark.usefixtures("told")
def test_one_that_is_really_killed_lets_the_next_one_in(reading: Reading, database: str) -> None:
    asked(database, "update accounts set label = 'changed'")
    killed = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, database, MASTER_KEY.hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert killed.stdout is not None
        assert killed.stdout.readline()
        with pytest.raises(RebuildRefused, match="Another rebuild"):
            rebuild(reading, TABLES["accounts"])
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
    assert "accounts_rebuilt" in tables(database)
    assert asked(database, "select distinct label from accounts") == [("changed",)]

    rebuild_all(reading)
    assert all_same(reading)


async def test_a_reader_that_never_ends_is_named_and_holds_up_nobody_else(
    told: Dispatch, reading: Reading, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SWITCH_TRIES", 2)
    with psycopg.connect(database) as reader:
        reader.execute("select count(*) from accounts")
        with pytest.raises(RebuildRefused, match="has been reading the table accounts"):
            rebuild(reading, TABLES["accounts"])
        await submit_all(told, "acc_meanwhile", steps_to_ready("meanwhile-1"))
    assert all_same(reading)
    assert rebuild(reading, TABLES["accounts"]).rows == 7


@pytest.mark.usefixtures("told")
def test_whoever_looks_at_one_moment_of_the_log_finds_the_rows_of_it(
    reading: Reading, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table put in place behind a backup's or verify's first look would seem empty to it."""
    monkeypatch.setattr(rebuilding, "SWITCH_TRIES", 1)
    with snapshot(database) as connection:
        with pytest.raises(RebuildRefused):
            rebuild(reading, TABLES["accounts"])
        assert connection.execute("select count(*) from accounts").fetchone() == (6,)


async def test_the_switch_happens_once_a_long_reader_has_ended(
    told: Dispatch, reading: Reading, database: str
) -> None:
    with psycopg.connect(database) as reader:
        reader.execute("select count(*) from accounts")
        building = asyncio.create_task(asyncio.to_thread(rebuild, reading, TABLES["accounts"]))
        waiting = "select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock'"
        await asyncio.to_thread(wait_until, lambda: asked(database, waiting))
        await submit_all(told, "acc_meanwhile", steps_to_ready("meanwhile-1"))
    assert (await building).rows == 7
    assert all_same(reading)


class OlderCodec(Codec):
    """Knows everything but the codes of one account."""

    def decode_event(self, row: StoredAs, state: bytes) -> RecordedEvent:
        if row.stream == "acc_3" and row.topic == "QrIssued":
            raise UnknownTopic(
                "its name is unknown", row.topic, row.stream, row.version, row.position
            )
        return super().decode_event(row, state)


@pytest.mark.usefixtures("told")
async def test_an_account_of_a_newer_build_keeps_its_rows_and_is_parked(
    log: PostgresEventLog, reading: Reading, database: str
) -> None:
    before = await log.account_row("acc_3")
    older = Reading(database, Keys(MASTER_KEY), OlderCodec())

    built = rebuild(older, TABLES["accounts"])

    assert (built.rows, built.parked) == (6, 1)
    assert await log.account_row("acc_3") == before
    (parked,) = await log.parked()
    assert (parked.projection, parked.stream, parked.tries) == ("accounts", "acc_3", 0)
    assert parked.error == "QrIssued (version 3) is unreadable here: its name is unknown."

    rebuild(older, TABLES["accounts"])
    assert [one.tries for one in await log.parked()] == [1]

    rebuild(reading, TABLES["accounts"])  # the newer build again
    assert await log.parked() == []
    assert all_same(reading)


@pytest.mark.usefixtures("told")
async def test_what_tells_of_a_person_is_sealed_in_the_new_table(
    reading: Reading, database: str
) -> None:
    rebuild_all(reading)
    phones = asked(database, "select phone from accounts where phone is not null")
    assert len(phones) == 5
    assert all(phone.startswith("sealed:1:") for (phone,) in phones)
    assert all_same(reading)


@pytest.mark.usefixtures("told")
def test_another_master_key_is_refused_before_anything_is_built(database: str) -> None:
    with pytest.raises(KeyUnusable):
        Reading(database, Keys(b"x" * 32)).check_key()


def test_a_database_that_is_not_ours_or_not_there_is_said_to_be(empty_database: str) -> None:
    reading = Reading(empty_database, Keys(MASTER_KEY))
    with pytest.raises(StorageUnavailable, match="start Linkwright on it once"):
        rebuild(reading, TABLES["accounts"])
    away = Reading("postgresql://127.0.0.1:1/none", Keys(MASTER_KEY))
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        rebuild(away, TABLES["accounts"])


@pytest.mark.usefixtures("told")
def test_a_table_of_another_build_is_left_alone(reading: Reading, database: str) -> None:
    asked(database, "alter table accounts add column colour text")
    with pytest.raises(RebuildRefused, match="other columns than this build's"):
        rebuild(reading, TABLES["accounts"])


def test_an_empty_log_makes_empty_tables(reading: Reading) -> None:
    rebuild_all(reading)
    assert all_same(reading)
