"""Asks the system's package manager, where we may."""

import os
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
    manager = next((name for name in packages if _found(name, environment)), None)
    if manager is None:
        raise SetupFailed("There is no package manager here that Linkwright knows.")
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    names = " ".join(packages[manager])
    if manager in _REFRESH:
        _run(f"Refreshing the lists of {manager}", _REFRESH[manager], narrator, quiet)
    command = [*_INSTALL[manager], *packages[manager]]
    _run(f"Installing {names} with {manager}", command, narrator, quiet)


def _found(manager: str, environment: Mapping[str, str]) -> bool:
    return shutil.which(manager, path=environment.get("PATH", "")) is not None


def _run(
    title: str, command: Sequence[str], narrator: Narrator, environment: Mapping[str, str]
) -> None:
    run_step(title, command, narrator, environment=environment, folder=Path("/"))
