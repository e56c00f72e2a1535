"""The receivers that the docs hand out, running as their users run them."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs/how-to/receivers"
LISTENING = re.compile(r"(http://127\.0\.0\.1:\d+)")
NO_PHP = (
    "There is no php here, so receive.php is NOT tested. ./linkwright test installs it where it "
    "runs as root on Debian, Ubuntu or Fedora; elsewhere install php-cli."
)


@dataclass
class Running:
    url: str
    profile: str
    secret: str
    inbox: Path

    def kept(self) -> list[bytes]:
        """Return what a worker would find, but not under which names."""
        there = self.inbox.iterdir() if self.inbox.exists() else ()
        return sorted(one.read_bytes() for one in there)


@contextmanager
def running(language: str, profile: str, secret: str, folder: Path) -> Generator[Running]:
    inbox = folder / "inbox"
    settings = {
        "WEBHOOK_SECRET": secret,
        "WEBHOOK_PROFILE": profile,
        "WEBHOOK_INBOX": str(inbox),
    }
    process = subprocess.Popen(
        _command(language),
        env={**os.environ, **settings},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Running(_said_address(process), profile, secret, inbox)
    finally:
        process.kill()
        process.communicate()


def _command(language: str) -> list[str]:
    match language:
        case "python":
            return [sys.executable, str(EXAMPLES / "receive.py"), "0"]
        case "javascript":
            node = shutil.which("node")
            assert node, "node is missing. The receiver in JavaScript cannot run without it."
            return [node, str(EXAMPLES / "receive.mjs"), "0"]
        case _:
            php = shutil.which("php")
            if php is None:
                pytest.skip(NO_PHP)
            return [php, "-S", "127.0.0.1:0", str(EXAMPLES / "receive.php")]


def _said_address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = ""
    while (found := LISTENING.search(said)) is None:
        line = process.stderr.readline()
        assert line, f"The receiver ended before it listened: {said}"
        said += line
    return found[1] + "/webhooks"
