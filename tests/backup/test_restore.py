"""Restore: the backup as it was, or everything as it is now."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg
import pytest

from adapters.backup.archive import Write, open_backup, write_backup
from adapters.backup.failures import BackupUnusable, ProgramFailed, TargetRefused
from adapters.backup.load import RESTORED
from adapters.backup.manifest import Manifest
from adapters.event_log.database import Database
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.migrate import FOLDER, migrate, migration_files
from adapters.event_log.verify import Head, verify
from adapters.keys import Keys, KeyUnusable
from adapters.postgres_server import EmbeddedPostgres, client_programs
from domain.facts import AccountErased
from tests.backup.children import kill_child
from tests.backup.small_log import backed_up, contents, fill, restored
from tests.event_log.appends import observation
from tests.event_log.test_verify import tamper
from tests.examples import at
from tests.opened_log import open_log
from tests.postgres_server.test_programs import INSTALLED

ANOTHER_KEY = Keys(b"x" * 32)


def rewritten(backup: Path, **changed: object) -> Path:
    """Write the same dump under a manifest that says something else."""
    file = backup.with_name("rewritten.backup")

    def fill_in(write: Write) -> Manifest:
        write(opened.dump().read())
        return msgspec.structs.replace(opened.manifest, **changed)

    with open_backup(backup, lambda _done, _all: None) as opened:
        write_backup(file, fill_in)
    return file


@pytest.fixture
async def other(empty_database: str) -> str:
    """Return a database that holds another log."""
    await asyncio.to_thread(migrate, empty_database)
    await fill(empty_database, accounts=2, prefix="other")
    return empty_database


def test_everything_comes_back_into_an_empty_database(
    written: str, backup: Path, empty_database: str
):
    result = restored(empty_database, backup)
    assert (result.differences, result.migrated, result.erased_since) == ((), (), ())
    assert contents(empty_database) == contents(written)
    assert verify(empty_database, expected=[Head.parse(result.head)]).faults == ()


async def test_what_was_restored_goes_on(backup: Path, empty_database: str):
    await asyncio.to_thread(restored, empty_database, backup)
    assert await asyncio.to_thread(migrate, empty_database) == []
    await fill(empty_database, accounts=2, prefix="new")
    verdict = await asyncio.to_thread(verify, empty_database)
    assert (verdict.faults, verdict.events) == ((), 64)
    with psycopg.connect(empty_database) as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute("delete from events")
    assert "append-only" in str(caught.value), "the guards came back too"


def test_what_is_there_is_replaced_only_on_request(written: str, backup: Path, other: str):
    before = contents(other)
    with pytest.raises(TargetRefused, match=r"holds 2 accounts and 4 events\. With --replace"):
        restored(other, backup)
    assert contents(other) == before

    assert restored(other, backup, replace=True).differences == ()
    assert contents(other) == contents(written)


def test_a_database_in_use_is_refused(backup: Path, other: str):
    in_use = r"in use by somebody \(process \d+ of the server"
    with (
        psycopg.connect(other, application_name="somebody"),
        pytest.raises(TargetRefused, match=in_use),
    ):
        restored(other, backup, replace=True)
    assert restored(other, backup, replace=True).differences == ()


def test_tables_of_others_are_never_replaced(backup: Path, empty_database: str):
    with psycopg.connect(empty_database) as connection:
        connection.execute("create table invoices (number integer)")
    with pytest.raises(TargetRefused, match=r"not Linkwright's: invoices\. Give Linkwright"):
        restored(empty_database, backup, replace=True)


def test_extensions_are_not_dropped_with_the_schema(backup: Path, empty_database: str):
    with psycopg.connect(empty_database) as connection:
        connection.execute("create extension citext")
    with pytest.raises(TargetRefused, match=r"extensions, which would be lost: citext"):
        restored(empty_database, backup)


@pytest.mark.parametrize("program", ["psql", "pg_restore"])
def test_a_program_that_is_killed_changes_nothing(backup: Path, other: str, program: str):
    before = contents(other)
    with pytest.raises(ProgramFailed, match=rf"{program} was ended by signal 9.*be repeated"):
        restored(other, backup, kill_child(program, "load"), replace=True)
    assert contents(other) == before


@pytest.mark.parametrize("stage", ["load", "inputs", "rows", "switch", "switched"])
def test_one_that_is_killed_leaves_the_old_or_the_new_and_can_be_repeated(
    written: str, backup: Path, other: str, stage: str, kill_in_the_middle: Callable[..., None]
):
    old, new = contents(other), contents(written)
    kill_in_the_middle("restore", other, backup, stage)
    left = {
        table: rows
        for table, rows in contents(other).items()
        if not table.startswith(f"{RESTORED}.")
    }
    assert left == (new if stage == "switched" else old)
    if stage != "switched":  # it can be started as it is
        assert migrate(other) == []

    assert restored(other, backup, replace=True).differences == ()
    assert contents(other) == new


def test_an_empty_database_stays_one_in_which_it_can_be_repeated(
    written: str, backup: Path, empty_database: str, kill_in_the_middle: Callable[..., None]
):
    kill_in_the_middle("restore", empty_database, backup, "rows")
    assert restored(empty_database, backup).differences == ()
    assert contents(empty_database) == contents(written)


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        ({"head": f"60.60.{'0' * 64}"}, "The log was written anew"),
        ({"head": f"61.60.{'0' * 64}"}, "events: row 61 and what followed are missing"),
        ({"projection_hash": "0" * 64}, "The rows of accounts and attempts are not those"),
        ({"counts": {"api_keys": 7}}, "Table api_keys has 0 rows, and not 7"),
    ],
    ids=["head", "longer", "projections", "counts"],
)
def test_what_is_not_what_was_backed_up_replaces_nothing(
    backup: Path, other: str, changed: dict[str, object], difference: str
):
    before = contents(other)
    result = restored(other, rewritten(backup, **changed), replace=True)
    assert difference in result.differences[0]
    assert contents(other) == before


def test_columns_that_a_later_build_has_dropped_cannot_be_compared(
    backup: Path, empty_database: str
):
    file = rewritten(backup, columns={"accounts": ["account_id", "shoe_size"]})
    result = restored(empty_database, file)
    assert (result.projection_hash, result.differences) == ("", ())


def test_a_newer_schema_is_refused_by_name(backup: Path, other: str):
    before = contents(other)
    file = rewritten(backup, migrations=("0001_log.sql", "9999_later.sql"))
    with pytest.raises(BackupUnusable, match="its schema 9999_later is not known to this one"):
        restored(other, file, replace=True)
    assert contents(other) == before


def test_an_older_schema_is_brought_to_this_builds(
    backup: Path, empty_database: str, tmp_path: Path
):
    later = tmp_path / "migrations"
    shutil.copytree(FOLDER, later)
    (later / "9999_later.sql").write_text(
        "alter table accounts add column shoe_size integer; create table shoes (size integer);"
    )
    result = restored(empty_database, backup, migrations=later)
    assert (result.migrated, result.differences) == (("9999_later.sql",), ())
    assert "public.shoes" in contents(empty_database)
    assert len(migration_files(later)) == len(migration_files()) + 1


def test_another_master_key_is_told_before_anything_is_touched(backup: Path, other: str):
    before = contents(other)
    with pytest.raises(KeyUnusable, match="another master key than the one that is set here"):
        restored(other, backup, replace=True, keys=ANOTHER_KEY)
    assert contents(other) == before


def test_a_damaged_log_is_not_put_in_the_place_of_a_good_one(
    written: str, backup: Path, other: str
):
    tamper(written, "update events set topic = 'QrScanned' where notification_id = 2")
    backed_up(written, backup)
    before = contents(other)
    with pytest.raises(BackupUnusable, match=r"damaged when the backup was made \(events: row 2"):
        restored(other, backup, replace=True)
    assert contents(other) == before


async def test_accounts_that_were_erased_since_are_named(written: str, backup: Path):
    before = contents(written)
    async with Database(written) as database:
        log = open_log(database)
        await log.append(observation("acc_7", 2, AccountErased(at=at(9))))
        await log.close()
    result = await asyncio.to_thread(restored, written, backup, replace=True)
    assert result.erased_since == ("acc_7",)
    assert contents(written) == before, "it is back, with its key"
    assert (await asyncio.to_thread(restored, written, backup, replace=True)).erased_since == ()


def test_a_server_that_is_away_is_said_to_be(backup: Path, tmp_path: Path):
    with pytest.raises(StorageUnavailable, match="The database cannot be used"):
        restored(f"postgresql:///log?host={tmp_path}", backup)


@pytest.mark.parametrize("programs", INSTALLED, ids=str)
@pytest.mark.parametrize("clients", ["installed", "packaged"])
def test_a_server_of_an_older_version_is_backed_up_and_restored(
    tmp_path: Path, file: Path, programs: Path, clients: str, monkeypatch: pytest.MonkeyPatch
):
    """With its own pg_dump, or with the newer one of ours."""
    if clients == "packaged":
        monkeypatch.setattr(client_programs, "INSTALLED", ())
    environment = {"LINKWRIGHT_PG_BIN": str(programs)}
    with EmbeddedPostgres(tmp_path / "old", environment=environment, durable=False) as server:
        conninfo = server.start()
        migrate(conninfo)
        asyncio.run(fill(conninfo))
        manifest = backed_up(conninfo, file).manifest
        assert str(manifest.server_major) == programs.parent.name
        assert (manifest.dump_major == manifest.server_major) == (clients == "installed")
        before = contents(conninfo)
        assert restored(conninfo, file, replace=True).differences == ()
        assert contents(conninfo) == before


@pytest.mark.parametrize("programs", INSTALLED, ids=str)
def test_a_backup_moves_to_a_newer_server(
    tmp_path: Path, file: Path, empty_database: str, programs: Path
):
    environment = {"LINKWRIGHT_PG_BIN": str(programs)}
    with EmbeddedPostgres(tmp_path / "old", environment=environment, durable=False) as server:
        conninfo = server.start()
        migrate(conninfo)
        asyncio.run(fill(conninfo))
        backed_up(conninfo, file)
        before = contents(conninfo)
    assert restored(empty_database, file).differences == ()
    assert contents(empty_database) == before
