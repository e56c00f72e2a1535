"""The browser that several accounts can share, in `.shared-browser`, by pip from its own lock.

`.shared-browser/linkwright.json` says what is installed. It is the first thing that goes and the
last that comes, so a folder without it is begun again.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.launcher.python_packages import PythonPackages, pip_install
from app.launcher.qt_webengine import (
    FOLDER,
    LIBRARIES,
    SETTING,
    EngineDoesNotLoadError,
    engine_version,
    is_shared,
    library_command,
    why_not_here,
)
from app.launcher.steps import Narrator, SetupFailed
from app.launcher.system_packages import install_system_packages


@dataclass(frozen=True)
class SharedBrowser:
    python_packages: PythonPackages

    @property
    def environment(self) -> Mapping[str, str]:
        return self.python_packages.environment

    @property
    def folder(self) -> Path:
        configured = self._configured
        return configured or self.python_packages.checkout / ".shared-browser"

    def is_wanted(self, narrator: Narrator, *, by_tests: bool) -> bool:
        """Tests want it wherever it can be; else a person must have said so. Raises SetupFailed."""
        shared = is_shared(self.environment)
        reason = "" if self._configured else why_not_here()
        if not reason:
            return by_tests or shared
        if by_tests:
            narrator.say(f"what accounts share is not tested: {reason}")
        elif shared:
            raise SetupFailed(f"{SETTING} cannot be used here: {reason} Unset it.")
        return False

    def is_there(self) -> bool:
        """Compare digests; starts no program. What somebody has set is as he wants it."""
        return self._configured is not None or self._installed() == self._wanted()

    def is_current(self, *, loading: bool) -> bool:
        """It is there and, where it is to run, an earlier launch has seen it load."""
        return self.is_there() and (not loading or self._remembered() == self._fingerprint())

    def install(self, narrator: Narrator, *, loading: bool, keep_open: int) -> None:
        """Unpack it unless it is there, and see it load. Raises SetupFailed."""
        if not self.is_there():
            self._unpack(narrator, keep_open=keep_open)
        if loading:
            version = self._seen_loading(narrator)
            narrator.say(f"the shared browser is in {self.folder}, Chromium {version}")
            self._memory.write_text(json.dumps(self._fingerprint()), encoding="utf-8")

    def _unpack(self, narrator: Narrator, *, keep_open: int) -> None:
        wanted = self._wanted()
        self._clear()
        # pip collects everything in its temporary folder first, and /tmp is often small.
        unpacking = self.folder / "unpacking"
        unpacking.mkdir(parents=True)
        pip_install(
            self.python_packages.python,
            self._lock,
            "Installing the shared browser, 260 MB to download",
            narrator,
            environment={**self.environment, "TMPDIR": str(unpacking)},
            keep_open=keep_open,
            target=self.folder,
        )
        shutil.rmtree(unpacking)
        self._state_file.write_text(json.dumps({"installed": wanted}), encoding="utf-8")

    def _clear(self) -> None:
        try:
            if self.folder.is_symlink():
                self.folder.unlink()
            elif self.folder.exists():
                self._state_file.unlink(missing_ok=True)
                shutil.rmtree(self.folder)
        except OSError as error:
            raise SetupFailed(
                f"{self.folder} cannot be replaced ({error.strerror}). Delete it and run this "
                "again."
            ) from error

    def _seen_loading(self, narrator: Narrator) -> str:
        try:
            return self._version()
        except EngineDoesNotLoadError as error:
            if not error.lacks_a_library:
                raise SetupFailed(f"{error}. {self._remedy()}") from error
            narrator.say(str(error))
        try:
            install_system_packages(LIBRARIES, narrator, self.environment)
            return self._version()
        except (SetupFailed, EngineDoesNotLoadError) as error:
            command = library_command(self.environment)
            how = f" with one command:\n    {command}" if command else "."
            raise SetupFailed(f"{error}\nInstall the libraries that it needs{how}") from error

    def _version(self) -> str:
        return engine_version(self.folder, self.python_packages.python, self.environment)

    def _remedy(self) -> str:
        if self._configured:
            return f"Correct {FOLDER}, or unset it to have one installed."
        return f"Delete {self.folder} and run this again."

    @property
    def _configured(self) -> Path | None:
        folder = self.environment.get(FOLDER)
        return Path(folder).absolute() if folder else None

    @property
    def _lock(self) -> Path:
        return self.python_packages.checkout / "requirements" / "shared-browser.txt"

    def _wanted(self) -> str:
        return hashlib.sha256(self._lock.read_bytes()).hexdigest()

    @property
    def _state_file(self) -> Path:
        return self.folder / "linkwright.json"

    def _installed(self) -> str | None:
        try:
            return str(json.loads(self._state_file.read_text(encoding="utf-8"))["installed"])
        except (OSError, ValueError, KeyError):
            return None

    @property
    def _memory(self) -> Path:
        # In .venv, because another Python has to see it load again.
        return self.python_packages.folder / "linkwright-shared-browser.json"

    def _remembered(self) -> object:
        try:
            return json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _fingerprint(self) -> list[str | int]:
        try:
            facts = (self.folder / "PySide6" / "__init__.py").stat()
        except OSError:
            return [str(self.folder)]
        return [str(self.folder), facts.st_size, facts.st_mtime_ns]
