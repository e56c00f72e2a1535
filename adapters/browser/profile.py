"""Profiles on disk: one private folder per account, used by at most one browser at a time.

A profile holds the session, and a session is the account: nothing here is readable by others.

The headless shell does not lock its profile at all, and two of them corrupt it
(browser-findings 3), so the lock is ours: an flock, which the system frees when we die.
"""

import asyncio
import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.browser.processes import BrowserProcesses, presence_of

ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
SOCKET_FOLDER = re.compile(r"(org\.chromium|com\.google)\.\w+\.\w{6}")
"""What Chromium and Chrome name the folder of the socket by which a second start is noticed."""
ORPHAN_PATIENCE_S = 3.0
"""When its worker dies, Playwright's driver ends a browser within 2 s (browser-findings 3)."""
KILL_LIMIT_S = 5.0


class ProfileLocked(Exception):
    """Another browser or worker uses this profile."""


class Profiles:
    """All profiles of a deployment, below one private root."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @contextmanager
    def hold(self, account_id: str) -> Generator["Profile"]:
        """Keep the account's profile to ourselves; ProfileLocked when somebody else has it."""
        if not ACCOUNT_ID.fullmatch(account_id):
            raise ValueError(f"an account id cannot be {account_id!r}")
        _make_private(self._root)
        home = self._root / account_id
        lock = lock_home(home)
        try:
            yield Profile(self.folder(account_id))
        finally:
            os.close(lock)

    def folder(self, account_id: str) -> Path:
        """Name the browser's user data directory of an account."""
        return self._root / account_id / "browser"

    def accounts(self) -> dict[str, list[str]]:
        """Name the accounts that have a folder here, with the words they were opened under."""
        homes = self._root.iterdir() if self._root.is_dir() else ()
        names = [home.name for home in homes if ACCOUNT_ID.fullmatch(home.name)]
        return {name: Profile(self.folder(name)).holders() for name in names}

    def has(self, account_id: str) -> bool:
        """Tell whether the account has a folder here."""
        return (self._root / account_id).is_dir()

    async def erase(self, account_id: str) -> None:
        """Delete the profile once its browser is gone; ProfileLocked while it is in use."""
        with self.hold(account_id) as profile:
            await profile.end_leftovers()
            await asyncio.to_thread(_remove, profile)


class Profile:
    """A profile that is ours as long as it is held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        """The browser's user data directory."""
        self.processes = BrowserProcesses(folder)
        self._holders = folder.parent / "holders"

    def holders(self) -> list[str]:
        """Words under which the session in this folder was opened; none if it was put away."""
        try:
            return self._holders.read_text(encoding="ascii").split()
        except FileNotFoundError:
            return []

    def note_holders(self, words: list[str]) -> None:
        """Note them whole or not at all."""
        draft = self._holders.with_suffix(".draft")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write("\n".join(words))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._holders)

    def wipe(self) -> None:
        """Delete everything that the browser has left, and make room for the next one."""
        self._holders.unlink(missing_ok=True)
        _remove_socket(self.folder)
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)

    async def prepare(self) -> None:
        """Make the folder fit for a new browser. ProfileLocked when an old one cannot be ended."""
        await self.end_leftovers()
        self.make_folder()
        # Left behind by a browser that was killed; from another host it would stop the next one.
        # Only now is it certain that nobody uses them: the lock is ours and no process is left.
        _remove_socket(self.folder)
        for leftover in self.folder.glob("Singleton*"):
            leftover.unlink(missing_ok=True)

    def make_folder(self) -> None:
        """Make the folder, for nobody else's eyes."""
        _make_private(self.folder)

    async def end_leftovers(self) -> None:
        """End browsers of a worker that died: the lock is ours, so nobody cares for them."""
        gone = await self.processes.end(patience_s=ORPHAN_PATIENCE_S, limit_s=KILL_LIMIT_S)
        if not gone:
            raise ProfileLocked("a browser of an earlier worker cannot be ended")


def _remove_socket(folder: Path) -> None:
    """Remove the folder outside the profile that Chromium keeps its socket in until it closes."""
    with suppress(OSError):  # there is no link, or it is from another host
        socket = (folder / "SingletonSocket").readlink()
        if socket.is_absolute() and SOCKET_FOLDER.fullmatch(socket.parent.name):
            for name in (socket.name, "SingletonCookie"):
                (socket.parent / name).unlink(missing_ok=True)
            socket.parent.rmdir()


def _remove(profile: Profile) -> None:
    profile.wipe()
    home = profile.folder.parent
    presence_of(profile.folder).unlink(missing_ok=True)
    (home / "lock").unlink()
    with suppress(OSError):  # somebody waits for the lock already and has put a new one here
        home.rmdir()


def lock_home(home: Path) -> int:
    """Lock the account's folder; returns the descriptor that holds the lock."""
    while True:
        _make_private(home)
        try:
            descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            continue  # the folder was erased just now
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still_there(descriptor, home / "lock"):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise ProfileLocked("another browser uses this profile") from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the folder was erased between our open and our lock


def _is_still_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
