"""Backup: one moment of the database, whole in one file or not there at all."""

import asyncio
import fcntl
import itertools
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from adapters.backup.archive import PARTIAL, open_backup
from adapters.backup.client import Client
from adapters.backup.failures import DatabaseUnfit, FileUnusable, ProgramFailed
from adapters.event_log.database import Database
from adapters.event_log.interface import EventLog
from adapters.event_log.verify import Head, verify
from adapters.postgres_server.client_programs import choose_clients
from adapters.postgres_server.failures import NoFittingClient
from tests.backup.children import kill_child
from tests.backup.small_log import backed_up, contents, restored, silent, write_account
from tests.event_log.appends import account_row, fetched, observation, registration
from tests.event_log.test_verify import tamper
from tests.examples import at
from tests.opened_log import open_log

WRITERS = 4


def whole(file: Path) -> bool:
    with open_backup(file, lambda _done, _all: None) as backup:
        return bool(backup.dump_bytes)


class Writers:
    """Append to an account each until they are stopped, and note what was acknowledged."""

    def __init__(self, log: EventLog) -> None:
        self.acknowledged: list[int] = []
        self.at_work = asyncio.Event()
        self.stop = asyncio.Event()
        self._log = log

    async def write(self, name: str) -> None:
        await self._log.append(registration(name, rows=(account_row(name, 1),)))
        for version in itertools.count(1):
            row = account_row(name, version + 1, detail=f"step {version}")
            append = observation(name, version, fetched(at(version)), rows=(row,))
            self.acknowledged += (await self._log.append(append)).positions
            if len(self.acknowledged) >= WRITERS * 5:
                self.at_work.set()
            if self.stop.is_set():
                return


async def test_under_load_it_holds_all_that_was_acknowledged_and_one_moment(
    written: str, empty_database: str, file: Path
):
    """The first try is killed in the middle, and the writers never notice either."""
    async with Database(written) as database, asyncio.TaskGroup() as tasks:
        log = open_log(database)
        writers = Writers(log)
        writing = [tasks.create_task(writers.write(f"load_{n}")) for n in range(WRITERS)]
        try:
            await writers.at_work.wait()
            with pytest.raises(ProgramFailed, match="pg_dump was ended by signal 9"):
                await asyncio.to_thread(backed_up, written, file, kill_child("pg_dump", "dump"))
            before = max(writers.acknowledged)
            done = await asyncio.to_thread(backed_up, written, file)
        finally:
            writers.stop.set()
            await asyncio.gather(*writing)
            await log.close()
    head = Head.parse(done.manifest.head)
    assert before <= head.position < max(writers.acknowledged), "it is a moment while they wrote"

    result = await asyncio.to_thread(restored, empty_database, file)
    assert result.differences == ()
    assert (result.head, result.projection_hash) == (str(head), done.manifest.projection_hash)
    assert verify(written, expected=[head]).faults == (), "the log goes on from that very moment"
    events = f"select count(*) from events where notification_id <= {head.position}"  # noqa: S608
    assert number(empty_database, "select count(*) from events") == number(written, events)


def number(conninfo: str, statement: str) -> int:
    with psycopg.connect(conninfo) as connection:
        record = connection.execute(statement.encode()).fetchone()
    assert record is not None
    count: int = record[0]
    return count


def test_it_is_private_and_leaves_nothing_beside(backup: Path):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.iterdir()) == [backup]


def test_every_table_is_in_it(written: str, backup: Path):
    with open_backup(backup, lambda _done, _all: None) as opened:
        counted = opened.manifest.counts
    assert counted == {
        table.removeprefix("public."): len(rows) for table, rows in contents(written).items()
    }


@pytest.mark.parametrize("stage", ["dump", "events", "rows"])
def test_one_that_is_killed_leaves_the_older_one_and_the_next_one_tidies_up(
    written: str, backup: Path, stage: str, kill_in_the_middle: Callable[..., None]
):
    older = backup.read_bytes()
    kill_in_the_middle("backup", written, backup, stage)
    assert backup.read_bytes() == older
    (left,) = (path for path in backup.parent.iterdir() if path != backup)
    assert left.name.startswith("nightly.backup.")
    assert left.name.endswith(PARTIAL)

    backed_up(written, backup.with_name("tomorrow.backup"))
    assert not left.exists()
    assert whole(backup)


def test_one_that_is_still_written_is_no_remains(written: str, file: Path):
    other = file.with_name(f"other{PARTIAL}")
    with other.open("wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        backed_up(written, file)
        assert other.exists()
    backed_up(written, file)
    assert not other.exists()


def test_an_older_backup_is_replaced_and_nothing_else(written: str, backup: Path):
    backed_up(written, backup)
    letter = backup.with_name("letter.txt")
    letter.write_text("Dear customer")
    with pytest.raises(FileUnusable, match=r"is no backup\. Choose another name"):
        backed_up(written, letter)
    assert letter.read_text() == "Dear customer"
    with pytest.raises(FileUnusable, match="it is a folder"):
        backed_up(written, backup.parent)
    with pytest.raises(FileUnusable, match="no such file or directory"):
        backed_up(written, backup.parent / "missing" / "nightly.backup")
    assert sorted(backup.parent.iterdir()) == [letter, backup]


def test_a_full_disk_leaves_nothing_behind(written: str, file: Path):
    def disk_is_full(doing: str, _done: int, _total: int | None) -> None:
        if doing == "dump":
            raise OSError(28, "No space left on device")

    with pytest.raises(FileUnusable, match="no space left on device"):
        backed_up(written, file, disk_is_full)
    assert list(file.parent.iterdir()) == []


def test_a_log_that_is_damaged_is_saved_and_said_to_be(written: str, file: Path):
    tamper(written, "update events set topic = 'QrScanned' where notification_id = 2")
    manifest = backed_up(written, file).manifest
    assert (manifest.head, len(manifest.faults)) == ("", 1)
    assert "events: row 2" in manifest.faults[0]
    assert whole(file)


def test_a_database_of_another_build_is_left_to_that(written: str, file: Path):
    with psycopg.connect(written) as connection:
        connection.execute(
            "insert into schema_migrations (name, sha256) values ('9999_later.sql', '')"
        )
    with pytest.raises(DatabaseUnfit, match=r"9999_later\.sql, and this build's is"):
        backed_up(written, file)
    assert list(file.parent.iterdir()) == []


async def test_it_holds_no_phone_number_or_label_in_clear(database: str, file: Path):
    """The manifest is plain, and the dump holds what the tables do: sealed texts."""
    async with Database(database) as opened:
        log = open_log(opened)
        await write_account(log, "acc_0")
        label = str((await log.account_row("acc_0") or {})["label"])
        await log.close()
    await asyncio.to_thread(backed_up, database, file, silent)
    with open_backup(file, lambda _done, _all: None) as backup:
        assert label[:40].encode() not in backup.dump().read()


def test_a_password_is_no_argument_of_a_program(tmp_path: Path):
    program = tmp_path / "told"
    program.write_text('#!/bin/sh\necho "$@"; echo "$PGPASSWORD"\n')
    program.chmod(0o700)
    with Client(program, "--option", conninfo="postgresql://user:hidden@db.example/x") as client:
        told = client.output.read().decode().splitlines()
        client.end()
    assert told[0].startswith("--option --dbname ")
    assert "db.example" in told[0]
    assert "hidden" not in told[0]
    assert told[1] == "hidden"


def test_versions_that_do_not_fit_are_named():
    with pytest.raises(NoFittingClient) as caught:
        choose_clients({}, server_major=99)
    assert "of PostgreSQL 99 or later" in str(caught.value)
    assert "postgresql-client-99" in str(caught.value)
    assert caught.value.available
    with pytest.raises(NoFittingClient, match="the backup was written by version 99"):
        choose_clients({}, server_major=caught.value.available[0], archive_major=99)
