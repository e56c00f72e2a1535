"""The database that every test may ask for: a real PostgreSQL, one server for the whole run.

LINKWRIGHT_TEST_DATABASE_URL names another server to use instead; its user must be allowed to create
databases.
"""

import os
import uuid
from collections.abc import Callable, Generator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres

SLOW_FIRST = ("end_to_end", "fleet_campaign", "campaign", "browser_adapter", "backup", "launcher")
"""Folders whose files take longest: begun last, one of them would be what all others wait for."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow folders; within a folder the order stays as it is."""

    def turn(item: pytest.Item) -> int:
        folder = item.path.parent.name
        return SLOW_FIRST.index(folder) if folder in SLOW_FIRST else len(SLOW_FIRST)

    items.sort(key=turn)


@pytest.fixture(scope="session")
def postgres_conninfo(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """Return how to reach the server. Its data is lost in a power failure, so it is fast."""
    elsewhere = os.environ.get("LINKWRIGHT_TEST_DATABASE_URL")
    if elsewhere:
        yield elsewhere
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres") / "data", durable=False) as server:
        yield server.start()


@pytest.fixture(scope="session")
def template_database(postgres_conninfo: str) -> Generator[str]:
    """Return a database with the migrations applied, to be copied and left alone."""
    yield from _database(postgres_conninfo, prepare=migrate)


@pytest.fixture
def database(postgres_conninfo: str, template_database: str) -> Generator[str]:
    """Return a migrated database of the test's own, gone afterwards."""
    template = conninfo_to_dict(template_database)["dbname"]
    yield from _database(postgres_conninfo, template=str(template))


@pytest.fixture(scope="module")
def database_of_module(postgres_conninfo: str, template_database: str) -> Generator[str]:
    """As `database`, for all tests of a file that do not disturb each other."""
    template = conninfo_to_dict(template_database)["dbname"]
    yield from _database(postgres_conninfo, template=str(template))


@pytest.fixture
def empty_database(postgres_conninfo: str) -> Generator[str]:
    """Return a database of the test's own that no migration has seen, gone afterwards."""
    yield from _database(postgres_conninfo)


def _database(
    server: str,
    *,
    template: str = "template1",
    prepare: Callable[[str], object] = str,
) -> Generator[str]:
    name = f"test_{uuid.uuid4().hex}"
    # By files: where nothing is flushed, that takes half the time of going through the WAL.
    create = sql.SQL("create database {} template {} strategy file_copy")
    _run(server, create, name, template)
    try:
        conninfo = make_conninfo(server, dbname=name)
        prepare(conninfo)
        yield conninfo
    finally:
        _run(server, sql.SQL("drop database {} with (force)"), name)


def _run(server: str, statement: sql.SQL, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement.format(*map(sql.Identifier, names)))
