"""Nobody else gets in, and nothing is opened to let somebody in."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres_server import EmbeddedPostgres
from adapters.postgres_server.account import server_account
from adapters.postgres_server.failures import FolderUnusable

CHECKOUT = Path(__file__).resolve().parents[2]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as another user")


def test_every_folder_keeps_its_permissions(tmp_path: Path):
    """The usual case of a checkout in a home that only its owner enters."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    watched = [home, *home.parents, *Path(psycopg.__file__).parents]
    before = [permissions(folder) for folder in watched]
    with EmbeddedPostgres(home / "linkwright" / "data", durable=False) as server:
        assert server.alive()
        assert [permissions(folder) for folder in watched] == before
    assert [permissions(folder) for folder in watched] == before


def test_what_it_makes_is_private(server: EmbeddedPostgres, data_folder: Path):
    server.start()
    made = [data_folder, *data_folder.rglob("*")]
    open_to_others = [
        path for path in made if not path.is_symlink() and path.stat().st_mode & 0o077
    ]
    # The socket's lock file holds a process number; PostgreSQL makes it 0600 in a 0700 folder.
    assert open_to_others == []


def test_no_network_port_is_opened(server: EmbeddedPostgres):
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)


def test_another_database_user_is_refused(server: EmbeddedPostgres):
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(make_conninfo(server.start(), user="postgres"))


@AS_ROOT
def test_another_local_user_is_refused(server: EmbeddedPostgres):
    conninfo = server.start()
    refusal = as_user(pwd.getpwnam("nobody").pw_uid, lambda: refused(conninfo))
    assert "Permission denied" in refusal


@AS_ROOT
def test_even_who_can_reach_the_socket_is_refused(server: EmbeddedPostgres, data_folder: Path):
    """The user that the server runs as may enter the folder, and is still not us."""
    folder = str(conninfo_to_dict(server.start())["host"])
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    uid = server_account(data_folder / "cluster").uid
    try:
        refusal = as_user(uid, lambda: refused_in(descriptor))
    finally:
        os.close(descriptor)
    assert "Peer authentication failed" in refusal


def test_the_log_holds_no_values(server: EmbeddedPostgres, data_folder: Path):
    with psycopg.connect(server.start(), autocommit=True) as connection:
        connection.execute("create table person (phone text unique)")
        connection.execute("insert into person values ('+967 PHONE OF AYU')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("insert into person values ('+967 PHONE OF AYU')")
    log = (data_folder / "server.log").read_text()
    assert "duplicate key" in log
    # A word, not digits: a line's milliseconds or a process may have the same ones.
    assert "PHONE OF AYU" not in log


@AS_ROOT
def test_a_folder_that_may_not_be_written_to_is_named(shared_folder: Path):
    def start() -> str:
        with pytest.raises(FolderUnusable) as refusal:
            EmbeddedPostgres(shared_folder / "data").start()
        return str(refusal.value)

    sentence = as_user(pwd.getpwnam("nobody").pw_uid, start)
    assert f"{shared_folder / 'data'} cannot be used: permission denied" in sentence
    assert "LINKWRIGHT_DATA" in sentence


@AS_ROOT
def test_a_root_that_may_become_nobody_else_is_told_what_to_do(data_folder: Path):
    """As in a container that has dropped the capabilities of root."""
    program = "import sys; from pathlib import Path; from adapters.postgres_server import *\n"
    program += "try: EmbeddedPostgres(Path(sys.argv[1])).start()\n"
    program += "except PostgresServerError as error: print(error)"
    weak = ["setpriv", "--bounding-set", "-setuid,-setgid,-chown", "--inh-caps", "-all"]
    command = [*weak, sys.executable, "-c", program, str(data_folder)]
    said = subprocess.check_output(command, cwd=CHECKOUT, text=True, timeout=60)
    assert "root may not become user" in said
    assert "start as an ordinary user" in said


def test_a_part_of_the_folder_that_is_closed_is_named(server: EmbeddedPostgres, data_folder: Path):
    (data_folder / "server.log").mkdir(parents=True)
    with pytest.raises(FolderUnusable, match=r"is a directory.*server\.log"):
        server.start()
    assert not server.alive()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(FolderUnusable, match="not a directory"):
        EmbeddedPostgres(tmp_path / "file" / "data").start()


@pytest.fixture
def shared_folder() -> Generator[Path]:
    """Return a folder that everybody may enter and only we may write to."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def permissions(folder: Path) -> tuple[int, int, int]:
    facts = folder.stat()
    return stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid


def refused(conninfo: str) -> str:
    with pytest.raises(psycopg.OperationalError) as refusal:
        psycopg.connect(conninfo)
    return str(refusal.value)


def refused_in(descriptor: int) -> str:
    """Try from within the folder: the ones above it are closed, and libpq wants a whole path."""
    os.fchdir(descriptor)
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        Path(short, "s").symlink_to(f"/proc/self/fd/{descriptor}")
        return refused(f"host={short}/s user=linkwright dbname=linkwright")


def as_user(uid: int, act: Callable[[], str]) -> str:
    """Do it in a child that has become the user for good, and return what it says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            os.write(writer, act().encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said
