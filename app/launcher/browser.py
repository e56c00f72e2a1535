"""A browser that starts: one that is there, else one installed without asking.

Where to look is decided in adapters/browser/discovery.py. Here what is found is started once to
see that it runs, and remembered, since a browser without its system libraries is no browser.
"""

import itertools
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.browser.discovery import (
    BrowserChoice,
    BrowserDoesNotStartError,
    ConfiguredBrowserMissingError,
    browser_version,
    found_browsers,
)
from app.launcher.python_packages import PythonPackages
from app.launcher.steps import Narrator, SetupFailed, run_step
from app.launcher.system_packages import install_system_packages

_SHELL_PACKAGES = {"apt-get": ["chromium-headless-shell"]}
_PACKAGES = {"apt-get": ["chromium"], "dnf": ["chromium"]}


@dataclass(frozen=True)
class Browser:
    python_packages: PythonPackages
    whole: bool = False
    """Only a full one will do, as those start that we are compared with, also if another is set."""

    @property
    def environment(self) -> Mapping[str, str]:
        return self.python_packages.environment

    def known(self) -> Path | None:
        """Return the browser that an earlier launch has seen running, if nothing has changed."""
        remembered = self._remembered()
        return next((path for path in self._paths() if _fingerprint(path) == remembered), None)

    def install(self, narrator: Narrator) -> Path:
        """Find or install a browser and see it run. Raises SetupFailed with the one command."""
        path = self._first_that_runs(narrator)
        if path is not None:
            return path
        if self.environment.get("LINKWRIGHT_BROWSER") and not self.whole:
            raise SetupFailed("Correct LINKWRIGHT_BROWSER, or unset it to have one installed.")
        return self._installed_one_way_or_another(narrator)

    def _installed_one_way_or_another(self, narrator: Narrator) -> Path:
        ways: list[Callable[[Narrator], None]] = [
            self._download,
            self._install_libraries,
            *(() if self.whole else (self._install_shell_package,)),
            self._install_package,
        ]
        reasons: list[str] = []
        for way in ways:
            try:
                way(narrator)
            except SetupFailed as error:
                reasons.append(str(error))
                continue
            path = self._first_that_runs(narrator)
            if path is not None:
                return path
            reasons.append("What that installed does not start.")
        browser = "full Chromium or Chrome" if self.whole else "browser"
        or_set = "" if self.whole else "or set LINKWRIGHT_BROWSER to a Chromium or Chrome. "
        raise SetupFailed(
            f"There is no {browser} here that starts, and none could be installed. Install one "
            f"with one command and run this again:\n    {self._one_command()}\n"
            f"{or_set}What was tried:\n" + "\n".join(reasons)
        )

    def _download(self, narrator: Narrator) -> None:
        self._playwright("Downloading a browser", ["install", self._part, "chromium"], narrator)

    def _install_libraries(self, narrator: Narrator) -> None:
        """What Playwright downloads needs libraries that a bare system lacks."""
        if os.geteuid() != 0:
            raise SetupFailed("Only root may install the libraries of a browser.")
        if not any(self._paths()):
            raise SetupFailed("No browser was downloaded, so there is nothing to complete.")
        self._playwright("Installing its libraries", ["install-deps", "chromium"], narrator)

    def _install_shell_package(self, narrator: Narrator) -> None:
        """The smaller one of the same source, as the download is. Not every system has it."""
        install_system_packages(_SHELL_PACKAGES, narrator, self.environment)

    def _install_package(self, narrator: Narrator) -> None:
        install_system_packages(_PACKAGES, narrator, self.environment)

    def _one_command(self) -> str:
        if sys.platform == "darwin":
            return "brew install --cask chromium"
        if shutil.which("dnf", path=self.environment.get("PATH", "")):
            return "sudo dnf install -y chromium"
        if _system() == "debian":  # Ubuntu has it as a snap only
            return f"sudo apt-get install -y chromium{'' if self.whole else '-headless-shell'}"
        python = self.python_packages.python
        return f"{python} -m playwright install --with-deps {self._part} chromium"

    @property
    def _part(self) -> str:
        return "--no-shell" if self.whole else "--only-shell"

    def _playwright(self, title: str, arguments: list[str], narrator: Narrator) -> None:
        run_step(
            title,
            [self.python_packages.python, "-m", "playwright", *arguments],
            narrator,
            environment=self.environment,
            folder=self.python_packages.checkout,
        )

    def _first_that_runs(self, narrator: Narrator) -> Path | None:
        for choice in self._found():
            try:
                version = browser_version(choice)
            except BrowserDoesNotStartError as error:
                narrator.say(str(error))
                continue
            narrator.say(f"the browser is {choice.path}, version {version}")
            self._memory.write_text(json.dumps(_fingerprint(choice.path)), encoding="utf-8")
            return choice.path
        return None

    def _paths(self) -> Iterator[Path]:
        return (choice.path for choice in self._found())

    def _found(self) -> Iterator[BrowserChoice]:
        try:
            if not self.whole:
                yield from found_browsers(self.environment)
                return
            unset = {k: v for k, v in self.environment.items() if k != "LINKWRIGHT_BROWSER"}
            found = itertools.chain(found_browsers(self.environment), found_browsers(unset))
            yield from (choice for choice in found if choice.flavour != "headless_shell")
        except ConfiguredBrowserMissingError as error:
            raise SetupFailed(str(error)) from error

    @property
    def _memory(self) -> Path:
        name = "linkwright-full-browser.json" if self.whole else "linkwright-browser.json"
        return self.python_packages.folder / name

    def _remembered(self) -> object:
        try:
            return json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["ID"]
    except OSError:
        return ""


def _fingerprint(path: Path) -> list[str | int]:
    facts = path.stat()
    return [str(path), facts.st_size, facts.st_mtime_ns]
