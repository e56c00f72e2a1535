"""Qt WebEngine, the browser that accounts can share: who wants it, can it be here, does it load.

The launcher asks when it installs it (shared_browser.py), and the doctor when it is asked.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from app.launcher.system_packages import one_command

SETTING = "LINKWRIGHT_ACCOUNTS_PER_BROWSER"
FOLDER = "LINKWRIGHT_SHARED_BROWSER"
LOAD_LIMIT_S = 60.0  # 200 MB from a cold disk; a warm start takes 0.2 s
_WORDS = 300
# What the wheels are built for (PEP 600). An older glibc cannot load them.
_OLDEST_GLIBC = {"x86_64": (2, 34), "aarch64": (2, 39)}
_TELL = (
    "from PySide6 import QtWebEngineCore as q; "
    "print(q.qWebEngineChromiumVersion(), q.qWebEngineChromiumSecurityPatchVersion())"
)
# What libQt6WebEngineCore, the Qt libraries that it needs and the platform "offscreen" name as
# NEEDED and bring none of themselves, without what every system has. Debian 13 and Ubuntu 24.04
# call libasound2 otherwise, and apt-get takes patterns.
LIBRARIES = {
    "apt-get": [
        *("^libasound2(t64)?$", "libbrotli1", "libdbus-1-3", "libegl1", "libexpat1"),
        *("libfontconfig1", "libfreetype6", "libgbm1", "libgl1", "libglib2.0-0"),
        *("libgssapi-krb5-2", "libnspr4", "libnss3", "libx11-6", "libxcb-dri3-0", "libxcb1"),
        *("libxcomposite1", "libxdamage1", "libxext6", "libxfixes3", "libxkbcommon0"),
        *("libxkbfile1", "libxrandr2", "libxtst6"),
    ],
    "dnf": [
        *("alsa-lib", "dbus-libs", "expat", "fontconfig", "freetype", "glib2", "krb5-libs"),
        *("libX11", "libXcomposite", "libXdamage", "libXext", "libXfixes", "libXrandr", "libXtst"),
        *("libbrotli", "libglvnd-egl", "libglvnd-glx", "libxcb", "libxkbcommon", "libxkbfile"),
        *("mesa-libgbm", "nspr", "nss", "nss-util"),
    ],
}


class EngineDoesNotLoadError(RuntimeError):
    """The packages are there or not, and cannot be loaded. The sentence has Python's own words."""

    def __init__(self, folder: Path, words: str) -> None:
        super().__init__(f"the shared browser in {folder} does not load: {words}")
        self.lacks_a_library = "cannot open shared object file" in words


def is_shared(environment: Mapping[str, str]) -> bool:
    """Whether accounts are to share browsers; a setting that cannot be used is refused later."""
    number = environment.get(SETTING) or "1"
    return number.isdecimal() and int(number) > 1


def why_not_here() -> str:
    """Say why no build of Qt WebEngine runs on this machine; empty where one does."""
    if sys.platform != "linux":
        return "accounts share a browser on Linux only."
    oldest = _OLDEST_GLIBC.get(platform.machine())
    if oldest is None or _glibc() < oldest:
        return (
            "Qt WebEngine has builds for Linux with glibc 2.34 or newer on x86-64 (Debian 12, "
            "Ubuntu 22.04, RHEL 9), and 2.39 or newer on arm64 (Debian 13, Ubuntu 24.04) only."
        )
    return ""


def _glibc() -> tuple[int, ...]:
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        return tuple(map(int, version.split(".")[:2])) if name == "glibc" else (0,)
    except (ValueError, OSError):  # another C library does not know the question
        return (0,)


def library_command(environment: Mapping[str, str]) -> str:
    """Write the command that installs what it needs of the system; empty if we know none."""
    return one_command(LIBRARIES, environment)


def engine_version(
    folder: Path, python: Path, environment: Mapping[str, str], limit_s: float = LOAD_LIMIT_S
) -> str:
    """Load the engine in a Python of its own to hear its Chromium's version.

    Raises EngineDoesNotLoadError.
    """
    surroundings = {**environment, "PYTHONPATH": str(folder), "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(
            [python, "-c", _TELL],
            capture_output=True,
            text=True,
            timeout=limit_s,
            check=False,
            env=surroundings | {"PYTHONSAFEPATH": "1"},
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineDoesNotLoadError(folder, str(error)) from error
    told = done.stdout.split()
    if done.returncode != 0 or len(told) != 2:  # noqa: PLR2004  two versions were asked for
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise EngineDoesNotLoadError(folder, lines[-1][:_WORDS])
    return f"{told[0]} with security patches up to {told[1]}"
