"""wa-js, and for the tests the clients that it is compared with, by `npm ci` from the lock.

Scripts of packages never run: puppeteer's would download a browser. Where there is no npm, one is
installed from the Python package index into a place of its own (docs/decisions/launcher.md).
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.browser.assets import WaJsMissingError, find_wa_js
from app.launcher.python_packages import Extent, PythonPackages, pip_environment, pip_install
from app.launcher.steps import Narrator, SetupFailed, StepFailed, run_step

_OLDEST_NPM = 7  # the first that reads our lock's format, version 3
_ASK_LIMIT_S = 30.0


@dataclass(frozen=True)
class NodePackages:
    python_packages: PythonPackages

    @property
    def checkout(self) -> Path:
        return self.python_packages.checkout

    @property
    def environment(self) -> Mapping[str, str]:
        return self.python_packages.environment

    def are_current(self, extent: Extent) -> bool:
        """With WA_JS_FILE, running needs nothing from npm; the tests still do."""
        if extent == "runtime" and self.environment.get("WA_JS_FILE"):
            return self._bundle_is_there()
        enough = {self._wanted("development")}
        if extent == "runtime":
            enough.add(self._wanted("runtime"))
        return self._installed() in enough and self._bundle_is_there()

    def install(self, extent: Extent, narrator: Narrator, *, keep_open: int) -> None:
        if extent == "runtime" and self.environment.get("WA_JS_FILE"):
            find_wa_js(self.environment)  # it is missing, and the error says so
        npm = self._npm() or self._npm_of_our_own(narrator, keep_open=keep_open)
        omitted = ["--include=dev"] if extent == "development" else ["--omit=dev"]
        try:
            run_step(
                "Installing wa-js with npm",
                [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omitted],
                narrator,
                environment=self.environment,
                folder=self.checkout,
                keep_open=[keep_open],
            )
        except StepFailed as error:
            raise SetupFailed(
                f"{error}\nThe npm registry could not be used. npm reads npm_config_registry, "
                "npm_config_cafile and HTTPS_PROXY; or set WA_JS_FILE to a copy of "
                "wppconnect-wa.js, and run the same command again."
            ) from error
        self._stamp.write_text(json.dumps({"installed": self._wanted(extent)}), encoding="utf-8")

    def _npm(self) -> Path | None:
        found = shutil.which("npm", path=self.environment.get("PATH", ""))
        return Path(found) if found and _is_recent(Path(found), self.environment) else None

    def _npm_of_our_own(self, narrator: Narrator, *, keep_open: int) -> Path:
        """Install npm into .venv/node, apart from the packages that Linkwright imports."""
        folder = self.python_packages.folder / "node"
        npm = folder / "bin" / "npm"
        if not _is_recent(npm, self.environment):
            run_step(
                "There is no usable npm: making a place for one",
                [self.python_packages.python, "-m", "venv", "--clear", folder],
                narrator,
                environment=pip_environment(self.environment),
                folder=self.checkout,
                keep_open=[keep_open],
            )
            pip_install(
                folder / "bin" / "python",
                self.checkout / "requirements" / "node.txt",
                "Installing Node.js and npm",
                narrator,
                environment=self.environment,
                keep_open=keep_open,
            )
        return npm

    def _bundle_is_there(self) -> bool:
        try:
            find_wa_js(self.environment)
        except WaJsMissingError:
            return False
        return True

    @property
    def _stamp(self) -> Path:
        # Inside what it describes: npm ci begins by removing both.
        return self.checkout / "node_modules" / ".linkwright.json"

    def _installed(self) -> str | None:
        try:
            return str(json.loads(self._stamp.read_text(encoding="utf-8"))["installed"])
        except (OSError, ValueError, KeyError):
            return None

    def _wanted(self, extent: Extent) -> str:
        lock = (self.checkout / "package-lock.json").read_bytes()
        return hashlib.sha256(extent.encode() + b"\0" + lock).hexdigest()


def _is_recent(npm: Path, environment: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            [npm, "--version"],
            capture_output=True,
            text=True,
            timeout=_ASK_LIMIT_S,
            check=False,
            env={**environment, "PATH": environment.get("PATH", os.defpath)},
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.search(r"^(\d+)\.\d+", done.stdout, re.MULTILINE)
    return done.returncode == 0 and version is not None and int(version.group(1)) >= _OLDEST_NPM
