"""`replay export` and `replay open`: a story leaves as a file, and is told without a service."""

import json
import stat
from pathlib import Path

import pytest

from app.cli.ending import Exit
from projections.replay.bundle import MOST_BYTES, read_bundle, write_bundle
from projections.replay.redaction import LEVELS, Level
from tests.command_line.conftest import Run, Service
from tests.command_line.test_replay import failed_account
from tests.read_models import scenes
from tests.read_models.stories import Story
from tests.replay.canary_stories import CANARY, with_canaries
from tests.replay.test_account_log import log_of


def bundle_of(path: Path, story: Story, level: Level = "masked") -> Path:
    path.write_bytes(write_bundle(log_of(story), level, build="0.1.0"))
    return path


def test_what_is_exported_is_told_without_a_service(
    use: Run, run: Run, service: Service, tmp_path: Path
) -> None:
    account_id, file = failed_account(service), tmp_path / "failed.bundle"
    done = use("replay", "export", account_id, str(file), "--attempt", "1")
    assert (done.exit_code, "replay open" in done.output) == (Exit.DONE, True)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_bundle(file.read_bytes()).level == "masked"

    told = run("replay", "open", str(file))
    assert told.exit_code == Exit.DONE
    heading, *_, last = told.output.splitlines()
    assert heading.startswith(f"Attempt 1 of {account_id}, events 2 to ")
    assert "AUTHENTICATING → FAILED" in told.output
    assert last.startswith("Cause: A phone scanned the code, but WhatsApp refused to link it.")

    again = use("replay", "export", account_id, str(file))
    assert again.exit_code == Exit.USAGE
    assert "is there already" in again.output
    assert use("replay", "export", account_id, str(tmp_path / "none" / "it")).exit_code == 1


def test_what_is_not_masked_takes_the_operators_key(
    use: Run, run: Run, service: Service, tmp_path: Path
) -> None:
    account_id, file = failed_account(service), tmp_path / "whole.bundle"
    command = ("replay", "export", account_id, str(file), "--level", "none", "--json")
    refused = use(*command)
    assert refused.exit_code == Exit.KEY
    assert "shows stories masked only" in refused.output
    assert not file.exists()

    operator = {
        "LINKWRIGHT_URL": service.api.url,
        "LINKWRIGHT_API_KEY": service.api.services.keys.operator,
    }
    done = run(*command, **operator)
    assert json.loads(done.output) == {
        "file": str(file),
        "level": "none",
        "size_bytes": file.stat().st_size,
    }
    assert "Berlin" in run("replay", "open", str(file)).output
    assert "Berlin" in run("replay", "show", account_id, "--unmasked", **operator).output
    shown = use("replay", "show", account_id).output
    assert "Berlin" not in shown
    assert "The account's story was exported unmasked" in shown
    assert "The account's story was read unmasked" in shown


def test_why_is_the_path_and_the_cause(run: Run, tmp_path: Path) -> None:
    file = bundle_of(tmp_path / "it", scenes.close_window(scenes.rotated({})))
    told = run("replay", "open", str(file), "--why").output
    assert "Attempt 1 began: a client asked to link by QR code." in told
    assert "Cause: " in told
    assert "Next: " in told


def test_as_json_and_for_one_attempt(run: Run, tmp_path: Path) -> None:
    file = bundle_of(tmp_path / "it", scenes.linked())
    told = json.loads(run("replay", "open", str(file), "--attempt", "1", "--json").output)
    assert (told["attempt"], told["why"]["status"]) == (1, "READY")
    missing = run("replay", "open", str(file), "--attempt", "2")
    assert missing.exit_code == Exit.NOT_FOUND
    assert "It holds 1." in missing.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This is no bundle"),
        (b'{"format":"linkwright-bundle","version":1,"build":"1"}\n', "cut off"),
        (b'{"format":"linkwright-bundle","version":9,"build":"4.2"}\n', "Build 4.2 wrote"),
        (b" " * (MOST_BYTES + 1), "at most 16384 KiB"),
    ],
)
def test_a_file_that_cannot_be_told(run: Run, tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    told = run("replay", "open", str(file))
    assert told.exit_code == Exit.USAGE
    assert said in told.output


def test_a_file_that_is_not_there(run: Run, tmp_path: Path) -> None:
    told = run("replay", "open", str(tmp_path / "nothing"), "--json")
    assert told.exit_code == Exit.NOT_FOUND
    assert "cannot be read (No such file or directory)" in told.output


def test_no_canary_is_told_and_nothing_that_a_terminal_obeys(run: Run, tmp_path: Path) -> None:
    story = with_canaries(scenes.linked())
    for level in LEVELS[1:]:
        file = bundle_of(tmp_path / level, story, level)
        for options in ((), ("--why",), ("--json",)):
            told = run("replay", "open", str(file), *options)
            assert told.exit_code == Exit.DONE
            assert CANARY.findall(told.output) == []
    loud = bundle_of(tmp_path / "loud", scenes.registered(label="\x1b[31mred\x07"), "none")
    assert "�[31mred�" in run("replay", "open", str(loud)).output
