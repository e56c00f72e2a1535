"""The data of an older version, moved to the newest by one command."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from adapters.postgres_server import EmbeddedPostgres
from adapters.postgres_server.cluster import cluster_major
from adapters.postgres_server.failures import FolderUnusable
from adapters.postgres_server.upgrade import upgrade
from tests.postgres_server.rows import add_row, count_rows
from tests.postgres_server.test_programs import INSTALLED


@pytest.mark.parametrize("programs", INSTALLED, ids=str)
def test_the_data_of_an_older_version_is_moved(data_folder: Path, programs: Path):
    with EmbeddedPostgres(data_folder, environment={"LINKWRIGHT_PG_BIN": str(programs)}) as old:
        conninfo = old.start()
        add_row(conninfo)
        with psycopg.connect(conninfo) as connection:
            connection.execute("create sequence place start 41")
            connection.execute("select nextval('place')")

    command = [sys.executable, "-m", "adapters.postgres_server.upgrade", data_folder]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stderr

    kept = data_folder.with_name(f"data-{programs.parent.name}")
    assert f"the old data is in {kept}" in said
    with EmbeddedPostgres(data_folder, environment={}) as new:
        assert cluster_major(data_folder / "cluster") != cluster_major(kept / "cluster")
        conninfo = new.start()
        assert count_rows(conninfo) == 1
        with psycopg.connect(conninfo) as connection:
            assert connection.execute("select nextval('place')").fetchone() == (42,)


def test_the_newest_version_is_left_as_it_is(data_folder: Path):
    with EmbeddedPostgres(data_folder, environment={}) as server:
        add_row(server.start())
    with pytest.raises(FolderUnusable, match=r"already.*Nothing was changed"):
        upgrade(data_folder, {}, print)
    with EmbeddedPostgres(data_folder, environment={}) as server:
        assert count_rows(server.start()) == 1


def test_a_folder_without_data_is_named(data_folder: Path):
    with pytest.raises(FolderUnusable, match="there is no database in it"):
        upgrade(data_folder, {}, print)
