"""`linkwright verify` as people and scripts see it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.event_log.migrate import migrate
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import Head
from adapters.postgres_server.server import EmbeddedPostgres
from app.cli import linkwright
from app.cli.ending import Exit
from tests.event_log.appends import register
from tests.event_log.test_verify import tamper


def run(*arguments: str, url: str = "", data: Path | None = None) -> Result:
    environment = {"DATABASE_URL": url, "LINKWRIGHT_DATA": str(data or "")}
    return CliRunner(env=environment).invoke(linkwright, ["verify", *arguments])


@pytest.fixture
async def written(postgres_log: PostgresEventLog, database: str) -> str:
    """Give the address of a log with three events."""
    for number in range(3):
        await register(postgres_log, f"acc_{number}")
    return database


def test_a_whole_log_is_said_to_be_with_its_head(written: str) -> None:
    shown = run(url=written)
    assert shown.exit_code == Exit.DONE
    assert "3 events and 3 inputs are what was written" in shown.output
    head = Head.parse(shown.output.splitlines()[-1].removeprefix("head "))
    assert (head.position, head.input_id) == (3, 3)
    assert run("--expect-head", str(head), url=written).exit_code == Exit.DONE


def test_the_first_bad_position_is_named_and_ends_in_failure(written: str) -> None:
    tamper(written, "update events set topic = 'QrScanned' where notification_id = 2")
    shown = run(url=written)
    assert shown.exit_code == Exit.FAILED
    assert "events: row 2 (QrScanned of acc_1) is not what was written there" in shown.output
    assert "head" not in shown.output


def test_json_for_scripts(written: str) -> None:
    whole = json.loads(run("--json", url=written).stdout)
    assert (whole["whole"], whole["verdict"]["events"], whole["verdict"]["faults"]) == (True, 3, [])
    tamper(written, "delete from events where notification_id = 3")
    shown = run("--json", "--expect-head", whole["verdict"]["head"], url=written)
    assert shown.exit_code == Exit.FAILED
    (fault,) = json.loads(shown.stdout)["verdict"]["faults"]
    assert (fault["table"], fault["number"], fault["what"]) == ("events", 3, "cut_off")


def test_a_head_that_is_none_is_a_wrong_use() -> None:
    shown = run("--expect-head", "nonsense")
    assert shown.exit_code == Exit.USAGE
    assert "a head looks like" in shown.output


def test_a_database_that_is_away_is_the_services_trouble(tmp_path: Path) -> None:
    shown = run(url=f"postgresql:///log?host={tmp_path}")
    assert shown.exit_code == Exit.SERVICE
    assert "Check DATABASE_URL" in shown.output


def test_the_embedded_server_is_found_while_it_runs(tmp_path: Path) -> None:
    stopped = run(data=tmp_path)
    assert stopped.exit_code == Exit.UNREACHABLE
    assert "./linkwright up" in stopped.output

    with EmbeddedPostgres(tmp_path / "postgres", durable=False) as server:
        migrate(server.start())
        assert run(data=tmp_path).exit_code == Exit.DONE


def test_the_embedded_server_is_found_behind_a_long_path(tmp_path: Path) -> None:
    far = tmp_path / ("long" * 25)
    with EmbeddedPostgres(far / "postgres", durable=False) as server:
        migrate(server.start())
        assert run(data=far).exit_code == Exit.DONE
