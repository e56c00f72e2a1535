"""The virtual environment: made from a hash-locked list, and mended when that changes.

`.venv/linkwright.json` says what is installed. It is replaced by "interrupted" before pip touches
anything and written again after; whoever finds "interrupted" starts over with an empty .venv.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.launcher.steps import Narrator, SetupFailed, StepFailed, run_step
from app.launcher.system_packages import install_system_packages

Extent = Literal["runtime", "development"]  # the second holds all of the first

# Each would send the packages elsewhere, or bring modules that the lock does not know.
_MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PYTHONPATH", "PYTHONHOME")
_ASK_LIMIT_S = 20.0


@dataclass(frozen=True)
class PythonPackages:
    checkout: Path
    environment: Mapping[str, str]

    @property
    def folder(self) -> Path:
        return self.checkout / ".venv"

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def are_current(self, extent: Extent) -> bool:
        """Compare digests; starts no program, so that a launch with nothing to do is quick."""
        enough: set[str] = {self._wanted("development")}
        if extent == "runtime":
            enough.add(self._wanted("runtime"))
        return self.python.exists() and self._installed() in enough

    def install(self, extent: Extent, narrator: Narrator, *, keep_open: int) -> None:
        """Make .venv if need be, then install what the lock names, and nothing else."""
        wanted = self._wanted(extent)
        if self._installed() == "interrupted" or not self._python_works():
            self._make(narrator, keep_open=keep_open)
        self._record("interrupted")
        pip_install(
            self.python,
            self.checkout / "requirements" / f"{extent}.txt",
            f"Installing the {extent} packages",
            narrator,
            environment=self.environment,
            keep_open=keep_open,
        )
        self._record(wanted)

    def _make(self, narrator: Narrator, *, keep_open: int) -> None:
        base = _base_python(self.folder)
        _refuse_musl()
        if importlib.util.find_spec("ensurepip") is None:
            _install_ensurepip(narrator, self.environment)
        run_step(
            "Making the virtual environment .venv",
            [base, "-m", "venv", "--clear", self.folder],
            narrator,
            environment=pip_environment(self.environment),
            folder=self.checkout,
            keep_open=[keep_open],
        )

    def _python_works(self) -> bool:
        """A .venv may be half made, or its Python gone with an upgrade of the system."""
        ask = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
        try:
            return (
                subprocess.run(
                    [self.python, "-c", ask],
                    capture_output=True,
                    timeout=_ASK_LIMIT_S,
                    check=False,
                    env=pip_environment(self.environment),
                ).returncode
                == 0
            )
        except (OSError, subprocess.TimeoutExpired):
            return False

    def _wanted(self, extent: Extent) -> str:
        # The place is part of it: a moved or copied .venv still points to where it was made.
        lock = (self.checkout / "requirements" / f"{extent}.txt").read_bytes()
        return hashlib.sha256(os.fsencode(self.folder) + b"\0" + lock).hexdigest()

    @property
    def _state_file(self) -> Path:
        return self.folder / "linkwright.json"

    def _installed(self) -> str | None:
        try:
            state = json.loads(self._state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return str(state.get("installed"))

    def _record(self, installed: str) -> None:
        new = self._state_file.with_suffix(".new")
        new.write_text(json.dumps({"installed": installed}), encoding="utf-8")
        new.replace(self._state_file)


def pip_install(
    python: Path,
    lock: Path,
    title: str,
    narrator: Narrator,
    *,
    environment: Mapping[str, str],
    keep_open: int,
    target: Path | None = None,
) -> None:
    """Install exactly what a lock names, wheels only; into `target` or Python's own folder.

    Raises SetupFailed.
    """
    command = [
        *(python, "-m", "pip", "install", "--requirement", lock, "--require-hashes", "--no-deps"),
        *("--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--progress-bar=off"),
        *([f"--target={target}"] if target else []),
    ]
    try:
        run_step(
            title,
            command,
            narrator,
            environment=pip_environment(environment),
            folder=lock.parent,
            keep_open=[keep_open],
        )
    except StepFailed as error:
        raise SetupFailed(
            f"{error}\nThe package index could not be used, or it has no wheel for this machine "
            "(there are wheels for Linux with glibc on x86-64 and arm64, and for macOS on arm64). "
            "pip reads PIP_INDEX_URL, PIP_CERT and HTTPS_PROXY; set what your network needs and "
            "run the same command again."
        ) from error


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in environment.items() if name not in _MISLEADING}
    return kept | {"PIP_USER": "0"}


def _base_python(venv: Path) -> str:
    """The Python to make .venv with: not the one inside, which the making deletes."""
    inside = Path(sys.prefix).resolve() == venv.resolve()
    return os.path.realpath(sys.executable) if inside else sys.executable


def _refuse_musl() -> None:
    if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
        raise SetupFailed(
            "This system uses musl (Alpine), for which there is no build of Playwright. Use a "
            "system with glibc, for example Debian; as a container image python:3.13-slim."
        )


def _install_ensurepip(narrator: Narrator, environment: Mapping[str, str]) -> None:
    """Debian and Ubuntu divide Python into packages; the one with ensurepip is often missing."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    try:
        install_system_packages({"apt-get": [package]}, narrator, environment)
    except SetupFailed as error:
        raise SetupFailed(
            f"{sys.executable} cannot make virtual environments, because its part 'ensurepip' is "
            f"not installed. Install it with one command:\n    sudo apt-get install -y {package}"
        ) from error
