"""Every check that needs no running service, in the order in which they are quick to tell."""

import os
import shutil
import subprocess
from collections.abc import Mapping

from app.launcher.python_packages import PythonPackages
from app.launcher.steps import Narrator

_LIMIT_S = 600.0  # pyright on the whole tree takes half a minute

_CHECKS = {
    "format": ["-m", "ruff", "format", "--check"],
    "lint": ["-m", "ruff", "check"],
    "types": ["-m", "pyright"],
    "imports": ["-c", "from importlinter.cli import lint_imports_command as c; c()"],
    "shape": ["-m", "pytest", "-q", "tests/architecture"],
}


def run_checks(packages: PythonPackages, environment: Mapping[str, str], narrator: Narrator) -> int:
    """Run all of them, also after one has failed; 0 when every one passed."""
    failed: list[str] = []
    for name, arguments in _CHECKS.items():
        narrator.say(f"check: {name}")
        done = subprocess.run(
            [packages.python, *arguments],
            cwd=packages.checkout,
            env=_with_node(packages, environment),
            stdin=subprocess.DEVNULL,
            timeout=_LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            failed.append(name)
    narrator.say(f"failed: {', '.join(failed)}" if failed else "every check passed")
    return 1 if failed else 0


def _with_node(packages: PythonPackages, environment: Mapping[str, str]) -> dict[str, str]:
    """Pyright needs Node.js; Playwright brings one, for machines that have none."""
    path = environment.get("PATH", os.defpath)
    if shutil.which("node", path=path) is None:
        drivers = packages.folder.glob("lib/python3*/site-packages/playwright/driver")
        path = os.pathsep.join([*map(str, drivers), path])
    return {**environment, "PATH": path}
