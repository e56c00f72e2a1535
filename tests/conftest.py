"""The database that every test may ask for: a real PostgreSQL, one server for the whole run.

LINKWRIGHT_TEST_DATABASE_URL names another server to use instead; its user must be allowed to create
databases.
"""

import os
import signal
from collections.abc import Generator

import pytest

from adapters.event_log.migrate import migrate
from adapters.postgres_server import EmbeddedPostgres
from tests.database_pool import DatabasePool

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in its background so, and the programs of the tests would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
def databases(postgres_conninfo: str) -> Generator[DatabasePool]:
    """Return the migrated databases of this run."""
    pool = DatabasePool(postgres_conninfo, migrate)
    yield pool
    pool.close()


@pytest.fixture
def database(databases: DatabasePool) -> Generator[str]:
    """Return a migrated database that is the test's own until its end, without a row."""
    yield from _taken(databases)


@pytest.fixture(scope="module")
def database_of_module(databases: DatabasePool) -> Generator[str]:
    """As `database`, for all tests of a file that do not disturb each other."""
    yield from _taken(databases)


@pytest.fixture
def empty_database(databases: DatabasePool) -> Generator[str]:
    """Return a database of the test's own that no migration has seen, gone afterwards."""
    name = databases.create("template1")
    yield databases.conninfo(name)
    databases.drop(name)


def _taken(databases: DatabasePool) -> Generator[str]:
    name = databases.take()
    yield databases.conninfo(name)
    databases.give_back(name)
