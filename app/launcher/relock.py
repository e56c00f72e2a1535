"""`./linkwright lock`: writes every lock file from pyproject.toml and package.json.

A lock holds versions and hashes and no address, so that it serves a site with an index of its own.
docs/how-to/change-dependencies.md says when and why.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.launcher.python_packages import pip_environment, pip_install
from app.launcher.setup_lock import setup_lock
from app.launcher.steps import Narrator, SetupFailed, run_step

# Each lock, and what uv makes it from. The development lock holds all of the runtime lock at the
# same versions, so that either can be installed on its own.
_LOCKS: dict[str, list[str]] = {
    "runtime": ["pyproject.toml"],
    "development": [
        *("pyproject.toml", "--group", "development", "--constraints", "requirements/runtime.txt"),
    ],
    "node": ["--group", "node"],
    "shared-browser": ["--group", "shared-browser"],
    "lock": ["--group", "lock"],
}
_UNIVERSAL = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"]
_ADDRESS = re.compile(r"\w+://\S+")


def write_locks(checkout: Path, options: Sequence[str], narrator: Narrator) -> int:
    """Write the locks, keeping versions that still fit unless `--upgrade` is given."""
    if list(options) not in ([], ["--upgrade"]):
        raise SetupFailed("usage: ./linkwright lock [--upgrade]")
    with setup_lock(checkout, narrator) as lock, tempfile.TemporaryDirectory() as folder:
        uv = _uv(checkout, Path(folder), narrator, keep_open=lock)
        for name, sources in _LOCKS.items():
            output = f"requirements/{name}.txt"
            _run(
                f"Writing {output}",
                [uv, "pip", "compile", *sources, *_UNIVERSAL, *options, "--output-file", output],
                checkout,
                narrator,
            )
        _write_node_lock(checkout, narrator)
    _refuse_addresses(checkout)
    narrator.say("the locks are written; ./linkwright check installs and tests them")
    return 0


def _uv(checkout: Path, folder: Path, narrator: Narrator, *, keep_open: int) -> Path:
    _run("Making a place for uv", [sys.executable, "-m", "venv", folder], checkout, narrator)
    pip_install(
        folder / "bin" / "python",
        checkout / "requirements" / "lock.txt",
        "Installing uv",
        narrator,
        environment=os.environ,
        keep_open=keep_open,
    )
    return folder / "bin" / "uv"


def _write_node_lock(checkout: Path, narrator: Narrator) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise SetupFailed("Writing package-lock.json needs npm: install Node.js.")
    command = [npm, "install", "--package-lock-only", "--ignore-scripts"]
    _run("Writing package-lock.json", command, checkout, narrator)
    path = checkout / "package-lock.json"
    lock: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)  # the only addresses that .npmrc does not keep out
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _refuse_addresses(checkout: Path) -> None:
    for path in (*checkout.glob("requirements/*.txt"), checkout / "package-lock.json"):
        address = _ADDRESS.search(path.read_text(encoding="utf-8"))
        if address is not None:
            raise SetupFailed(f"{path.name} holds an address: {address.group()}")


def _run(title: str, command: Sequence[str | Path], checkout: Path, narrator: Narrator) -> None:
    environment = pip_environment(os.environ)
    run_step(title, command, narrator, environment=environment, folder=checkout)
