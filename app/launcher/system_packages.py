"""Asks the system's package manager, where we may."""

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.launcher.steps import Narrator, SetupFailed, run_step

_INSTALL = {
    "apt-get": ["apt-get", "install", "-y", "--no-install-recommends"],
    "dnf": ["dnf", "install", "-y"],
}
# A fresh container has no package lists yet.
_REFRESH = {"apt-get": ["apt-get", "update"]}


def install_system_packages(
    packages: Mapping[str, Sequence[str]], narrator: Narrator, environment: Mapping[str, str]
) -> None:
    """Install packages, named for each package manager. Raises SetupFailed, also when not root."""
    if os.geteuid() != 0:
        raise SetupFailed("Only root may install system packages.")
    manager = _manager(packages, environment)
    if manager is None:
        raise SetupFailed(f"There is no {' or '.join(packages)} here.")
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    names = " ".join(packages[manager])
    if manager in _REFRESH:
        _run(f"Refreshing the lists of {manager}", _REFRESH[manager], narrator, quiet)
    command = [*_INSTALL[manager], *packages[manager]]
    _run(f"Installing {names} with {manager}", command, narrator, quiet)


def one_command(packages: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> str:
    """Write the command that installs them; empty where no package manager is known."""
    manager = _manager(packages, environment)
    if manager is None:
        return ""
    return shlex.join(["sudo", *_INSTALL[manager], *packages[manager]])


def _manager(packages: Mapping[str, Sequence[str]], environment: Mapping[str, str]) -> str | None:
    return next((name for name in packages if _found(name, environment)), None)


def _found(manager: str, environment: Mapping[str, str]) -> bool:
    return shutil.which(manager, path=environment.get("PATH", "")) is not None


def _run(
    title: str, command: Sequence[str], narrator: Narrator, environment: Mapping[str, str]
) -> None:
    run_step(title, command, narrator, environment=environment, folder=Path("/"))
