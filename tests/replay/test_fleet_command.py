"""`./linkwright replay fleet` as people and scripts see it, before they deploy a build."""

import base64
import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from adapters.event_log.database import Database
from app.cli import linkwright
from app.cli.ending import Exit
from app.dispatch import Dispatch
from projections.replay.bundle import write_bundle
from tests.bench.replay_log import told
from tests.event_log.test_verify import tamper
from tests.opened_log import MASTER_KEY, open_log
from tests.read_models.test_twelve_failures import TWELVE
from tests.replay.test_account_log import log_of
from tests.retold import retell

SHORT_WINDOW = ("--policy", "link_window_s=200")


def run(
    *arguments: str, url: str = "", data: Path | None = None, key: bytes = MASTER_KEY
) -> Result:
    environment = {
        "DATABASE_URL": url,
        "LINKWRIGHT_DATA": str(data or ""),
        "LINKWRIGHT_MASTER_KEY": base64.b64encode(key).decode(),
    }
    return CliRunner(env=environment).invoke(linkwright, ["replay", "fleet", *arguments])


@pytest.fixture
async def written(database: str) -> str:
    """Give the address of a log with an account for each scene: 7 attempts since noon, UTC."""
    async with Database(database) as opened:
        log = open_log(opened)
        for number, story in enumerate(told()):
            await retell(Dispatch(log), story, f"acc_{number}")
        await log.close()
    return database


def test_the_build_that_wrote_the_log_decides_it_as_it_was(written: str) -> None:
    shown = run("--since", "2026-03-01", url=written)

    assert shown.exit_code == Exit.DONE, shown.output
    assert shown.output.splitlines()[1].split()[:2] == ["SAME", "7"]


def test_attempts_that_would_come_out_otherwise_are_listed_and_fail(written: str) -> None:
    shown = run("--since", "2026-03-01", *SHORT_WINDOW, url=written)
    assert shown.exit_code == Exit.DIFFERENT
    listed = [line.split() for line in shown.output.splitlines() if "acc_" in line]
    assert [row[:3] for row in listed] == [["DIVERGED", "acc_2", "1"]]

    told_as_json = run("--since", "2026-03-01", *SHORT_WINDOW, "--json", url=written)
    assert told_as_json.exit_code == Exit.DIFFERENT
    answer = json.loads(told_as_json.stdout)
    assert (answer["since"], answer["policy"]) == ("2026-03-01T00:00:00Z", {"link_window_s": 200})
    assert answer["fleet"]["attempts"] == 7
    assert answer["fleet"]["verdicts"] == {"SAME": 6, "DIVERGED": 1}
    (one,) = answer["fleet"]["different"]
    assert (one["account_id"], one["attempt"], one["verdict"]) == ("acc_2", 1, "DIVERGED")
    assert one["difference"].startswith("QrIssued would be LinkFailed")


def test_what_the_log_cannot_answer_fails_only_when_it_is_to(written: str) -> None:
    tamper(written, "update inputs set kind = 'RecordBlessing' where kind = 'RecordScan'")
    lenient = run("--since", "2026-03-01", url=written)
    assert lenient.exit_code == Exit.DONE
    assert "this build does not know RecordBlessing" in lenient.output
    assert run("--since", "2026-03-01", "--strict", url=written).exit_code == Exit.DIFFERENT


def test_workspace_and_limit_choose_the_attempts(written: str) -> None:
    newest = run("--since", "2026-03-01", "--limit", "2", "--json", url=written)
    assert json.loads(newest.stdout)["fleet"]["attempts"] == 2
    elsewhere = run("--since", "2026-03-01", "--workspace", "ws_2", url=written)
    assert elsewhere.output == "There is no such attempt.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Say since when"),
        (("story.bundle", "--limit", "1"), "--workspace and --limit choose from the database"),
        (("--since", "yesterday"), "'yesterday' is no date like 2026-03-01"),
        (("--since", "2026-03-01", "--policy", "pace=3"), "A policy has no pace"),
        (
            ("--since", "2026-03-01", "--policy", "link_window_s=-1"),
            "policy.link_window_s must lie",
        ),
        (("--since", "2026-03-01", "--policy", "link_window_s"), "is not like link_window_s=600"),
    ],
)
def test_a_question_that_cannot_be_asked_is_a_wrong_use(
    arguments: tuple[str, ...], sentence: str
) -> None:
    shown = run(*arguments)
    assert shown.exit_code == Exit.USAGE
    assert sentence in shown.stderr


def test_bundles_are_decided_without_a_database(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.bundle" for number, _ in enumerate(told())]
    for file, story in zip(files, told(), strict=True):
        file.write_bytes(write_bundle(log_of(story), "limited"))
    names = [str(file) for file in files]

    same = json.loads(run(*names, "--json").stdout)
    assert (same["since"], same["fleet"]["verdicts"]) == (None, {"SAME": 7})
    shorter = run(*names, *SHORT_WINDOW)
    assert shorter.exit_code == Exit.DIFFERENT
    assert shorter.output.count("QrIssued would be LinkFailed") == 1
    later = run(*names, "--since", "2026-03-01T12:10", "--json")
    assert json.loads(later.stdout)["fleet"]["attempts"] == 1
    assert run(str(tmp_path / "none.bundle")).exit_code == Exit.NOT_FOUND


def test_the_twelve_failures_are_decided_as_they_are_told_and_a_longer_window_is_not_made_up(
    tmp_path: Path,
) -> None:
    names: list[str] = []
    for name, (make, _, _) in TWELVE.items():
        (tmp_path / name).write_bytes(write_bundle(log_of(make()), "masked"))
        names.append(str(tmp_path / name))
    assert json.loads(run(*names, "--json").stdout)["fleet"]["verdicts"] == {"SAME": 13}

    longer = json.loads(run(*names, "--policy", "link_window_s=600", "--json").stdout)["fleet"]
    assert longer["verdicts"] == {"SAME": 7, "UNDECIDABLE": 6}
    asked = Counter(one["missing"].split(" after ")[0] for one in longer["different"])
    assert asked == {"what the page showed": 4, "what came": 2}


def test_a_database_that_is_away_and_a_key_that_is_another_ones(written: str) -> None:
    away = run("--since", "2026-03-01", url="host=127.0.0.1 port=1 dbname=none")
    assert away.exit_code == Exit.SERVICE
    locked = run("--since", "2026-03-01", url=written, key=b"o" * 32)
    assert locked.exit_code == Exit.KEY
