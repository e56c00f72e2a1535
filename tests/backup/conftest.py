"""A log to be backed up, a backup of it, and processes of ours that are killed in the middle."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.backup.small_log import backed_up, fill
from tests.waiting import wait_until

CHECKOUT = Path(__file__).resolve().parents[2]
ENDED_LIMIT_S = 30.0


@pytest.fixture
async def written(database: str) -> str:
    """Return the address of a log with some accounts."""
    await fill(database, accounts=30)
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where the backup goes: a folder of its own."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "nightly.backup"


@pytest.fixture
def backup(written: str, file: Path) -> Path:
    """Return a backup of the log with some accounts."""
    backed_up(written, file)
    return file


@pytest.fixture
def kill_in_the_middle() -> Callable[..., None]:
    """Return what runs a backup or restore in a process of its own and kills it at a stage."""

    def kill(what: str, conninfo: str, file: Path, stage: str) -> None:
        command = [sys.executable, "-m", "tests.backup.killed_process", what, conninfo]
        with subprocess.Popen(
            [*command, str(file), stage],
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            reached = process.stdout.readline()
            process.kill()
            process.wait(ENDED_LIMIT_S)
        assert reached == b"reached\n"
        wait_until(lambda: sessions(conninfo) == 0)

    return kill


def sessions(conninfo: str) -> int:
    """Count who else is connected: what was killed takes a moment to be missed."""
    with psycopg.connect(conninfo) as connection:
        record = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid() and usesysid is not null"
        ).fetchone()
    assert record is not None
    count: int = record[0]
    return count
