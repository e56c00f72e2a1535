"""The commands of the README, run as printed."""

import json
import os
import re
import subprocess
from pathlib import Path

import httpx

from tests.end_to_end.installation import CHECKOUT, Installation
from tests.waiting import wait_until

BLOCK = re.compile(r"<!-- run by tests/end_to_end/test_readme.py -->\s+```sh\n(.*?)```", re.DOTALL)


def test_the_http_commands_link_an_account(
    installation: Installation, client: httpx.Client, tmp_path: Path
):
    found = BLOCK.search((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    assert found is not None
    ran = subprocess.run(
        ["/bin/sh", "-euc", found.group(1)],
        cwd=tmp_path,
        env={**os.environ, "URL": installation.url, "KEY": installation.api_key},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()
    assert (tmp_path / "qr.png").read_bytes().startswith(b"\x89PNG")
    answers = [json.loads(part) for part in re.findall(r"\{.*?\}(?=\{|$)", ran.stdout.decode())]
    account = answers[0]["account"]["id"]
    wait_until(lambda: client.get(f"/v1/accounts/{account}").json()["account"]["status"] == "READY")
    client.delete(f"/v1/accounts/{account}")
