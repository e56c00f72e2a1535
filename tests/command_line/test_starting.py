"""What a start imports, every user and nearly every test waits for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import UNUSED
from app.cli import PROCESSES

CHECKOUT = Path(__file__).resolve().parents[2]


def imported(*arguments: str) -> set[str]:
    """Run `python -m app …` and list the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "app", *arguments],
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout.startswith("Usage: linkwright")
    return set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))


def test_help_imports_no_command():
    found = {name for name in imported("--help") if name.startswith("app.cli.")}

    assert found == {"app.cli.typed_secrets"}


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_a_process_leaves_out_what_libraries_only_import_where_it_is_there(name: str):
    found = imported(name, "--help")

    assert "structlog.dev" in found
    assert not [one for one in found if one.startswith(tuple(f"{name}." for name in UNUSED))]


def test_a_command_still_draws():
    assert "rich.console" in imported("accounts", "--help")
