"""`linkwright backup` and `linkwright restore` as people and scripts see them."""

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from adapters.event_log.migrate import migrate
from adapters.event_log.verify import Head
from adapters.keys import VARIABLE
from adapters.postgres_server import EmbeddedPostgres
from app.cli import linkwright
from app.cli.ending import Exit
from tests.backup.conftest import sessions
from tests.backup.small_log import fill
from tests.command_line.pseudo_terminal import PseudoTerminal
from tests.event_log.test_verify import tamper
from tests.opened_log import MASTER_KEY
from tests.waiting import wait_until

KEY = base64.b64encode(MASTER_KEY).decode()
ANOTHER_KEY = base64.b64encode(b"x" * 32).decode()


def run(*arguments: str | Path, url: str = "", data: Path | None = None, key: str = KEY) -> Result:
    environment: Mapping[str, str | None] = {
        "DATABASE_URL": url,
        "LINKWRIGHT_DATA": str(data or "/nowhere"),
        VARIABLE: key,
    }
    return CliRunner(env=environment).invoke(linkwright, [str(each) for each in arguments])


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """Return a data folder whose embedded database holds some accounts, and does not run."""
    folder = tmp_path / "data"
    with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        conninfo = server.start()
        migrate(conninfo)
        await fill(conninfo)
    return folder


def test_there_and_back(written: str, file: Path, empty_database: str):
    saved = run("backup", file, url=written)
    assert saved.exit_code == Exit.DONE
    lines = saved.output.splitlines()
    assert lines[0].startswith(f"✓ {file} is complete (")
    assert lines[1] == "30 accounts, 30 attempts, 60 events and 60 inputs."
    head = Head.parse(lines[2].removeprefix("head "))
    assert lines[3].startswith("projections ")
    assert "The master key (LINKWRIGHT_MASTER_KEY) is not in it" in lines[4]

    back = run("restore", file, url=empty_database)
    assert back.exit_code == Exit.DONE
    told = back.output.splitlines()
    assert told[0].startswith("✓ Restored as it was at 20")
    assert told[2:] == [f"✓ head {head}", f"✓ {lines[3]}"]
    assert run("verify", "--expect-head", str(head), url=empty_database).exit_code == Exit.DONE


def test_json_for_scripts(written: str, file: Path, empty_database: str):
    saved = json.loads(run("backup", file, "--json", url=written).stdout)
    assert (saved["whole"], saved["backup"]["size_bytes"]) == (True, file.stat().st_size)
    back = json.loads(run("restore", file, "--json", url=empty_database).stdout)
    assert (back["same"], back["restored"]["differences"]) == (True, [])
    assert back["restored"]["head"] == saved["backup"]["manifest"]["head"]

    again = run("restore", file, "--json", url=empty_database)
    assert again.exit_code == Exit.REFUSED
    assert json.loads(again.stderr)["error"]["code"] == "refused"


def test_a_damaged_log_ends_in_failure_and_is_saved(written: str, file: Path):
    tamper(written, "update events set topic = 'QrScanned' where notification_id = 2")
    saved = run("backup", file, url=written)
    assert saved.exit_code == Exit.FAILED
    assert "✗ events: row 2" in saved.output
    assert "the backup holds it as it is" in saved.output
    assert file.exists()
    assert json.loads(run("backup", file, "--json", url=written).stdout)["whole"] is False


def test_a_damaged_file_ends_in_failure(backup: Path, empty_database: str):
    backup.write_bytes(backup.read_bytes()[:-1])
    shown = run("restore", backup, url=empty_database)
    assert shown.exit_code == Exit.FAILED
    assert shown.stderr.startswith(f"linkwright: {backup} is damaged or cut off")


def test_the_key_that_is_missing_or_another_is_named(
    backup: Path, empty_database: str, tmp_path: Path
):
    for command in ("backup", "restore"):
        missing = run(command, backup, url=empty_database, data=tmp_path, key="")
        assert missing.exit_code == Exit.KEY
        assert f"There is no master key in {tmp_path}/master.key" in missing.stderr
        assert not (tmp_path / "master.key").exists()
    another = run("restore", backup, url=empty_database, key=ANOTHER_KEY)
    assert another.exit_code == Exit.KEY
    assert "another master key" in another.stderr


def test_a_database_that_is_away_is_the_services_trouble(backup: Path, tmp_path: Path):
    for command in ("backup", "restore"):
        shown = run(command, backup, url=f"postgresql:///log?host={tmp_path}")
        assert shown.exit_code == Exit.SERVICE
        assert "Check DATABASE_URL" in shown.stderr


def test_the_embedded_server_is_used_while_it_runs_and_started_while_not(
    data: Path, file: Path, tmp_path: Path
):
    assert run("backup", file, data=data).exit_code == Exit.DONE
    with EmbeddedPostgres(data / "postgres", durable=False) as server:
        server.start()
        assert run("backup", file, data=data).exit_code == Exit.DONE
        assert server.alive()

        busy = run("restore", "--replace", file, data=data)
        assert busy.exit_code == Exit.REFUSED
        assert f"Linkwright runs on {data} (process {os.getpid()}). Stop it" in busy.stderr
    assert run("restore", "--replace", file, data=data).exit_code == Exit.DONE
    assert run("restore", file, data=tmp_path / "new").exit_code == Exit.DONE, "a machine's first"


def test_a_folder_without_a_database_is_named(file: Path, tmp_path: Path):
    shown = run("backup", file, data=tmp_path)
    assert shown.exit_code == Exit.NOT_FOUND
    assert f"There is no database in {tmp_path}" in shown.stderr
    assert list(tmp_path.iterdir()) == [file.parent]


def in_a_terminal(*arguments: str | Path, url: str) -> PseudoTerminal:
    environment = {"DATABASE_URL": url, VARIABLE: KEY}
    return PseudoTerminal(*map(str, arguments), environment=environment)


def test_a_terminal_shows_what_is_being_done(backup: Path, empty_database: str):
    with in_a_terminal("restore", backup, url=empty_database) as terminal:
        assert terminal.wait() == Exit.DONE
    assert "Putting it in place" in terminal.plain
    assert "✓ Restored" in terminal.plain


def test_ctrl_c_leaves_no_file_and_no_program(written: str, file: Path):
    with psycopg.connect(written) as holder:
        holder.execute("lock table cursors in access exclusive mode")
        with in_a_terminal("backup", file, url=written) as terminal:
            wait_until(lambda: waiting_dumps(written) == 1)
            terminal.press(b"\x03")
            assert terminal.wait() == Exit.INTERRUPTED
    # The server notices that pg_dump is gone when it has the lock.
    wait_until(lambda: sessions(written) == 0)
    assert list(file.parent.iterdir()) == []
    hidden, shown = (terminal.written.rindex(code) for code in ("\x1b[?25l", "\x1b[?25h"))
    assert hidden < shown, "the cursor is back"


def waiting_dumps(conninfo: str) -> int:
    with psycopg.connect(conninfo) as connection:  # a transaction sees one moment of the activity
        record = connection.execute(
            "select count(*) from pg_stat_activity where application_name = 'linkwright pg_dump'"
            " and wait_event_type = 'Lock'"
        ).fetchone()
    assert record is not None
    count: int = record[0]
    return count
