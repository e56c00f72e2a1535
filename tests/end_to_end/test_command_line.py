"""The commands against a whole Linkwright: a real browser, the sandbox, its simulated phone."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from app.cli.ending import Exit
from tests.end_to_end.installation import CHECKOUT, Installation
from tests.end_to_end.story import Story

LIMIT_S = 90.0
HOW_TO = CHECKOUT / "docs" / "how-to" / "debug-a-failed-scan.md"


@pytest.fixture
def environment(installation: Installation) -> dict[str, str]:
    """Variables of an operator on this machine: the data folder and the ports, and no key."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("LINKWRIGHT_")},
        "LINKWRIGHT_DATA": str(installation.data),
        "LINKWRIGHT_PORT": str(installation.port),
        "LINKWRIGHT_SANDBOX_PORT": str(installation.sandbox_port),
    }


def linkwright(
    environment: Mapping[str, str], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def test_links_by_a_scan_and_tells_the_story(environment: dict[str, str]):
    linked = linkwright(environment, "link", "--scan", "--label", "Berlin", "--workspace", "cli")

    assert linked.returncode == Exit.DONE, linked.stdout + linked.stderr
    account = re.findall(r"replay show (acc_\w+)", linked.stdout)[-1]
    listed = linkwright(environment, "accounts", "--workspace", "cli", "--status", "ready")
    assert account in listed.stdout
    told = linkwright(environment, "replay", "show", account)
    assert "WAITING_QR → AUTHENTICATING" in told.stdout
    assert told.stdout.splitlines()[-1].startswith("Linked after ")


def test_links_by_a_pairing_code(environment: dict[str, str]):
    method = ("--pairing-code", "+999 123 456 7890")

    linked = linkwright(environment, "link", "--scan", "--json", *method)

    assert linked.returncode == Exit.DONE, linked.stdout + linked.stderr
    assert json.loads(linked.stdout.splitlines()[-1])["phone"] == "9991234567890"


def test_two_accounts_of_one_workspace_do_not_take_each_others_phone(environment: dict[str, str]):
    for _ in range(2):
        assert linkwright(environment, "link", "--scan", "--workspace", "two").returncode == 0

    listed = linkwright(environment, "accounts", "--workspace", "two")

    assert listed.stdout.count(" READY ") == 2


@pytest.mark.parametrize("scene", ["scan_rejected", "page_changed", "banned"])
def test_a_failing_scene_ends_with_its_reason(
    environment: dict[str, str], client: httpx.Client, scene: str
):
    story = Story(client)
    story.scene(scene)

    linked = linkwright(environment, "link", "--scan", story.id)

    reason = {"banned": "temporarily_banned"}.get(scene, scene)
    assert linked.returncode == Exit.FAILED
    assert f"Not linked ({reason})" in linked.stdout
    told = linkwright(environment, "replay", "show", story.id)
    assert told.stdout.splitlines()[-1].startswith("Cause: ")


def test_the_doctor_knows_that_it_is_running(environment: dict[str, str]):
    examined = linkwright(environment, "doctor", "--json")

    checks = {check["name"]: check for check in json.loads(examined.stdout)["checks"]}
    assert "running here" in checks["ports"]["found"]


def test_the_helper_commands_of_a_seed(environment: dict[str, str], installation: Installation):
    tested = linkwright(environment, "test-qr", "--site", "sandbox")
    assert tested.returncode == Exit.DONE, tested.stdout + tested.stderr
    assert "SUCCESS: a QR code came after " in tested.stdout
    left = installation.data / "profiles" / "acc_left_behind"
    (left / "browser").mkdir(parents=True)

    found = linkwright(environment, "diagnostics", "--json")
    assert found.returncode == Exit.FAILED
    assert "acc_left_behind" in json.loads(found.stdout)["leftovers"]["folders"]
    cleaned = linkwright(environment, "cleanup")
    assert "acc_left_behind  Deleted a session folder." in cleaned.stdout
    assert not left.exists()


def test_the_how_to_works_as_printed(
    environment: dict[str, str], installation: Installation, tmp_path: Path
):
    blocks = re.findall(
        r"^```bash\n(.*?)^```$", HOW_TO.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    program = f"{sys.executable} -m app"
    script = "set -eu -o pipefail\n" + "".join(blocks).replace("./linkwright", program)
    variables = {
        **environment,
        "LINKWRIGHT_URL": installation.url,
        "LINKWRIGHT_API_KEY": installation.api_key,
        "PYTHONPATH": str(CHECKOUT),
        "TMPDIR": str(tmp_path),
    }

    done = subprocess.run(
        ["bash", "-c", script],  # noqa: S607  as its readers have it
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Cause: A phone scanned the code, but WhatsApp refused to link it" in done.stdout
    assert "checking it” they part: attempt 1 went on with “The attempt failed" in done.stdout
    assert "Attempt 1. Cause: A phone scanned the code" in done.stdout  # as the file tells it
