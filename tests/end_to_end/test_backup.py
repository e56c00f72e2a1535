"""The disk is lost, the master key and the backup are not: every account comes back truthfully."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.installation import CHECKOUT, Installation
from tests.end_to_end.story import Story
from tests.waiting import wait_until

COMMAND_LIMIT_S = 60.0
WINDOW_S = 12
"""Of linking: time enough for a scan, and over before the installation is back."""


def command(installation: Installation, *arguments: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "app", *map(str, arguments)],
        cwd=CHECKOUT,
        env=installation.environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_accounts_come_back_as_they_were_and_go_on(
    fresh_installation: Callable[..., Installation], tmp_path: Path
):
    policy = json.dumps({"reconnect_first_s": 0.5, "link_window_s": WINDOW_S})
    installation = fresh_installation(LINKWRIGHT_POLICY=policy)
    installation.start()
    file = tmp_path / "nightly.backup"
    with installation.client() as client:
        linked = Story(client, label="Linked")
        assert linked.link_to_ready()["status"] == "READY"
        half_way = Story(client, label="Half way", workspace="other")
        assert half_way.link()["status"] == "WAITING_QR"
        told = command(installation, "backup", file)
        assert command(installation, "verify").splitlines()[-1].startswith("head ")
        later = Story(client, label="Later")
    installation.kill("up")
    wait_until(lambda: not installation.leftovers())

    # What is WhatsApp's own, here the sandbox's state, is not lost with our disk.
    shutil.rmtree(installation.data / "postgres")
    shutil.rmtree(installation.data / "profiles")
    back = command(installation, "restore", file)
    assert [line.removeprefix("✓ ") for line in back.splitlines()[2:4]] == told.splitlines()[2:4]

    installation.start()
    with installation.client() as client:
        for story in (linked, half_way, later):
            story.client = client
        assert half_way.until("FAILED")["reason"]["code"] == "qr_not_fetched"
        linked.until("READY")
        assert linked.names().count("QrScanned") == 1, "from the session that was in the backup"
        assert linked.show()["label"] == "Linked"
        assert client.get(f"/v1/accounts/{later.id}").status_code == 404
        assert half_way.link_to_ready("retry", phone="4915100000000")["status"] == "READY"
