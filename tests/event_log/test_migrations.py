"""The schema is brought up to date once, by whoever comes first, and never by guessing."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from adapters.event_log.errors import MigrationRefused, StorageUnavailable
from adapters.event_log.interface import Table
from adapters.event_log.migrate import FOLDER, migrate
from adapters.event_log.rows import COLUMNS

NAMES = sorted(file.name for file in FOLDER.glob("*.sql"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the migrations that a test may change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "migrations"))


def test_an_empty_database_gets_everything_in_order_and_once(empty_database: str) -> None:
    assert migrate(empty_database) == NAMES
    assert migrate(empty_database) == []


def test_several_processes_may_migrate_at_once(empty_database: str) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        applied = list(pool.map(migrate, [empty_database] * 4))
    assert sorted(applied) == [[], [], [], NAMES]


def test_a_new_migration_is_applied_to_an_old_database(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / "9000_more.sql").write_text("create table more ()")
    assert migrate(empty_database, folder) == ["9000_more.sql"]


def test_a_changed_migration_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    with (folder / NAMES[1]).open("a") as file:
        file.write("create table more ();")
    with pytest.raises(MigrationRefused, match=f"{NAMES[1]} was changed"):
        migrate(empty_database, folder)


def test_line_endings_are_no_change(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    file = folder / NAMES[0]
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate(empty_database, folder) == []


def test_a_newer_database_is_refused(empty_database: str, folder: Path) -> None:
    (folder / "9000_more.sql").write_text("create table more ()")
    migrate(empty_database, folder)
    with pytest.raises(MigrationRefused, match=r"newer than this build.*9000_more\.sql"):
        migrate(empty_database)


def test_a_migration_that_was_slipped_in_is_refused(empty_database: str, folder: Path) -> None:
    migrate(empty_database, folder)
    (folder / "0001_earlier.sql").write_text("create table earlier ()")
    with pytest.raises(MigrationRefused, match=r"0001_earlier\.sql is missing"):
        migrate(empty_database, folder)


def test_a_failing_migration_leaves_nothing_behind(empty_database: str, folder: Path) -> None:
    broken = folder / "9000_more.sql"
    broken.write_text("create table more (); select no_such_function()")
    with pytest.raises(psycopg.errors.UndefinedFunction):
        migrate(empty_database, folder)
    broken.write_text("create table more ()")
    assert migrate(empty_database, folder) == ["9000_more.sql"]


def test_a_database_in_another_encoding_is_refused(postgres_conninfo: str) -> None:
    with psycopg.connect(postgres_conninfo, autocommit=True) as connection:
        connection.execute("drop database if exists latin")
        connection.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
        try:
            with pytest.raises(MigrationRefused, match="LATIN1"):
                migrate(make_conninfo(postgres_conninfo, dbname="latin"))
        finally:
            connection.execute("drop database latin with (force)")


def test_an_unreachable_database_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be used") as raised:
        migrate(make_conninfo(host=str(tmp_path), user="nobody", password="hidden-secret"))
    assert "\n" not in raised.value.sentence
    assert "hidden-secret" not in raised.value.sentence


@pytest.mark.parametrize("address", ["postgres//me:hidden-secret@host/db", "what is hidden-secret"])
def test_an_address_that_is_none_is_named_without_repeating_it(address: str) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be understood") as raised:
        migrate(address)
    assert "hidden-secret" not in str(raised.value)


def test_a_user_who_may_create_nothing_is_told_what_to_do(empty_database: str) -> None:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("drop role if exists guest")
        connection.execute("create role guest")
        try:
            with pytest.raises(MigrationRefused, match="OWNER"):
                migrate(make_conninfo(empty_database, options="-c role=guest"))
        finally:
            connection.execute("drop role guest")


@pytest.mark.parametrize("table", COLUMNS)
def test_the_columns_we_know_are_those_of_the_tables(database: str, table: Table) -> None:
    with psycopg.connect(database) as connection:
        cursor = connection.execute(f"table {table}".encode())
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
    assert sorted(names) == sorted((*COLUMNS[table], "position"))
