"""Where a browser is, found without any package: the launcher asks before anything is installed.

In this order: the configured one, Playwright's own download, the system's. Snap packages are passed
over: their confinement hides the profile folders that we keep below hidden directories.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Flavour = Literal["headless_shell", "chromium", "chrome", "qt_webengine"]

# Names on PATH, best first: the shell is smaller and starts faster than a full browser.
_NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
)
# Where distributions keep the program behind the wrapper script in bin/. The wrappers add flags of
# their own, and Debian's chromium-headless-shell does not exec, so killing it orphans the browser.
_LIBRARIES = ("lib/chromium", "lib64/chromium-browser", "lib/chromium-browser")
_MAC_BUNDLES = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
)
_VERSION_LIMIT_S = 20.0  # a cold start from a slow disk; a warm one takes 0.1 s


class ConfiguredBrowserMissingError(FileNotFoundError):
    """LINKWRIGHT_BROWSER names something that is no program."""

    def __init__(self, configured: str) -> None:
        super().__init__(
            f"LINKWRIGHT_BROWSER is {configured!r}, and there is no program there. "
            "Correct the path, or unset the variable to have a browser found or installed."
        )
        self.configured = configured


class BrowserDoesNotStartError(RuntimeError):
    """The file is there and cannot run, most often for want of a system library."""


@dataclass(frozen=True)
class BrowserChoice:
    path: Path
    flavour: Flavour


def find_browser(environment: Mapping[str, str]) -> BrowserChoice | None:
    """Return the browser to use, or None where there is none."""
    return next(found_browsers(environment), None)


def found_browsers(environment: Mapping[str, str]) -> Iterator[BrowserChoice]:
    """Yield every browser there is, best first; a configured one stands alone."""
    configured = environment.get("LINKWRIGHT_BROWSER")
    if configured:
        yield _configured(configured, environment)
        return
    yield from _downloads(environment)
    yield from _on_path(environment)
    yield from _mac_bundles(environment)


def browser_version(choice: BrowserChoice, limit_s: float = _VERSION_LIMIT_S) -> str:
    """Start the browser once to hear its version, such as "156.0.8078.79".

    Raises BrowserDoesNotStartError with the program's own words.
    """
    command = [choice.path, "--version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrowserDoesNotStartError(f"{choice.path} does not start: {error}") from error
    version = re.search(r"\d+(\.\d+)+", done.stdout)
    if done.returncode != 0 or version is None:
        words = " ".join((done.stderr or done.stdout).split())[:300]
        raise BrowserDoesNotStartError(f"{choice.path} does not start: {words}")
    return version.group()


def _configured(configured: str, environment: Mapping[str, str]) -> BrowserChoice:
    found = shutil.which(configured, path=environment.get("PATH", ""))
    if found is None:
        raise ConfiguredBrowserMissingError(configured)
    path = Path(found).absolute()
    return _choice(_program_behind(path) or path)


def _downloads(environment: Mapping[str, str]) -> Iterator[BrowserChoice]:
    """Playwright's downloads, newest first; a download that was cut short has no marker file."""
    for kind, program in (
        ("chromium_headless_shell-*", "chrome-headless-shell*/chrome-headless-shell"),
        ("chromium-*", "chrome-*/chrome"),
        ("chromium-*", "chrome-*/*.app/Contents/MacOS/*"),
    ):
        folders = sorted(_download_folder(environment).glob(kind), key=_revision, reverse=True)
        for folder in folders:
            if (folder / "INSTALLATION_COMPLETE").exists():
                yield from (_choice(path) for path in sorted(folder.glob(program)))


def _download_folder(environment: Mapping[str, str]) -> Path:
    configured = environment.get("PLAYWRIGHT_BROWSERS_PATH")
    if configured:
        return Path(configured)
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "ms-playwright"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright"


def _revision(folder: Path) -> int:
    digits = folder.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def _on_path(environment: Mapping[str, str]) -> Iterator[BrowserChoice]:
    for name in _NAMES:
        found = shutil.which(name, path=environment.get("PATH", ""))
        program = _program_behind(Path(found).absolute()) if found else None
        if program is not None:
            yield _choice(program)


def _program_behind(path: Path) -> Path | None:
    """The program itself where `path` is its wrapper script; None for a snap."""
    real = path.resolve()
    if "snap" in real.parts or real.name == "snap":
        return None
    with real.open("rb") as file:
        start = file.read(4096)
    if not start.startswith(b"#!"):
        return real
    beside = (real.parent / "chrome",)  # Google's package: wrapper and program share a folder
    names = (real.name, "chromium") if real.name == "chromium-browser" else (real.name,)
    prefix = real.parent.parent
    libraries = (prefix / folder / name for folder in _LIBRARIES for name in names)
    program = next((file for file in (*beside, *libraries) if file.is_file()), None)
    if program is None and b"snap" not in start:
        return real
    return program


def _mac_bundles(environment: Mapping[str, str]) -> Iterator[BrowserChoice]:
    if sys.platform != "darwin":
        return
    home = Path(environment.get("HOME") or Path.home())
    for folder in (Path("/Applications"), home / "Applications"):
        yield from (_choice(folder / name) for name in _MAC_BUNDLES if (folder / name).is_file())


def _choice(path: Path) -> BrowserChoice:
    return BrowserChoice(path=path, flavour=_flavour(path))


def _flavour(path: Path) -> Flavour:
    if "headless" in path.name:
        return "headless_shell"
    return "chromium" if "chromium" in str(path).lower() else "chrome"
