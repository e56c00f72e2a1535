"""`replay path` shows the way through the lifecycle, from the service or from a bundle."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from app.cli.ending import Exit
from app.cli.replay_path import path_lines
from projections.replay.bundle import write_bundle
from projections.replay.path import path_of
from tests.command_line.conftest import Run, Service
from tests.read_models import scenes
from tests.replay.test_account_log import log_of


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    """Write the bundle of an account that failed at its first attempt."""
    file = tmp_path / "failed.bundle"
    file.write_bytes(write_bundle(log_of(scenes.close_window(scenes.rotated({1: 1.0}))), "masked"))
    return str(file)


def test_of_an_account_of_the_service(use: Run, service: Service, tmp_path: Path):
    account_id, _ = service.do(service.api.ready_account())

    shown = use("replay", "path", account_id)
    assert shown.exit_code == Exit.DONE, shown.output
    lines = [line.split() for line in shown.output.splitlines()]
    assert lines[0] == ["Account", account_id]
    assert ["FAILED", "0"] in lines
    assert any(line[:3] == ["AUTHENTICATING", "READY", "1"] for line in lines)
    assert ["READY", "DISCONNECTED", "0", "ConnectionLost,", "AccountSuperseded,", "LoggedOut"] in (
        lines
    )

    told = json.loads(use("replay", "path", account_id, "--attempt", "1", "--json").output)
    answered = service.do(
        service.api.client.get(f"/v1/accounts/{account_id}/path", params={"attempt": 1})
    ).json()
    assert told["path"]["transitions"] == answered["path"]["transitions"]
    assert use("replay", "path", account_id, "--attempt", "9").exit_code == Exit.NOT_FOUND
    picture = tmp_path / "path.svg"
    assert use("replay", "path", account_id, "--svg", str(picture)).exit_code == Exit.DONE
    assert f"<title>Account {account_id}</title>" in picture.read_text("utf-8")


def test_of_a_bundle_without_a_service(run: Run, bundle: str):
    drawn = run("replay", "path", bundle, "--mermaid")
    assert drawn.exit_code == Exit.DONE, drawn.output
    assert drawn.output.startswith("stateDiagram-v2\n")
    told = json.loads(run("replay", "path", bundle, "--attempt", "1", "--json").output)
    assert (told["account_id"], told["attempt"]) == ("acc_1", 1)
    assert run("replay", "path", bundle, "--attempt", "2").exit_code == Exit.NOT_FOUND


def test_one_form_at_a_time_and_no_file_is_written_over(run: Run, bundle: str):
    assert run("replay", "path", bundle, "--mermaid", "--json").exit_code == Exit.USAGE
    assert run("replay", "path", bundle, "--svg", bundle).exit_code == Exit.USAGE
    assert run("replay", "path", f"{bundle}.missing").exit_code == Exit.NOT_FOUND


@pytest.mark.parametrize("width", [80, 120])
def test_fits_the_terminal(width: int):
    out = Console(width=width, force_terminal=True, color_system=None)
    with out.capture() as captured:
        for line in path_lines(out, path_of([log_of(scenes.linked())])):
            out.print(line)
    assert max(map(len, captured.get().splitlines())) <= width
