"""The one live page that an account may have on this machine, whichever process opens it.

Two pages of one session fight over WhatsApp's stream ("use here"). Worker and standby keep their
profiles apart, so the profile's own lock does not keep them apart: this one does. It names the
browser's folder, so that whoever comes next can end a browser whose process died or hangs.
"""

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from adapters.browser.processes import BrowserProcesses
from adapters.browser.profile import KILL_LIMIT_S, ORPHAN_PATIENCE_S, ProfileLocked, lock_home

PATIENCE_S = 6.0
"""Whoever is told to close needs 5 s for its browser at most (Limits.close_s)."""
SEALING_PATIENCE_S = 10.0
"""Then, with the browser gone, it may still be sealing; after that it hangs, and is passed over."""
LOOK_S = 0.02


class LivePages:
    """All live pages of this machine, below one private folder that its processes share."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    async def take(self, account_id: str, browser_folder: Path) -> "LivePage":
        """Become the only one; ends the other's browser if it does not end by itself.

        Raises ProfileLocked when that browser survives, OSError.
        """
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._root / account_id
        descriptor = await _wait(path, PATIENCE_S)
        if descriptor is None:
            await _end(_named(path), patience_s=0)
            descriptor = await _wait(path, SEALING_PATIENCE_S) or _replace(path)
        try:
            await _end_leftovers(_named(path))
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, os.fsencode(browser_folder), 0)
        except BaseException:
            os.close(descriptor)
            raise
        return LivePage(path, descriptor)

    def forget(self, account_id: str) -> None:
        """Delete what a process that died has left of an account; nothing while a page lives."""
        path = self._root / account_id
        descriptor = _lock(path) if path.exists() else None
        if descriptor is not None:
            LivePage(path, descriptor).give_up()


class LivePage:
    """Ours until it is given up, or until somebody found that we hang."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def is_ours(self) -> bool:
        """Tell whether nobody has passed us over."""
        return _is_at(self._path, self._descriptor)

    def give_up(self) -> None:
        """Let the next one have it; the browser must have ended."""
        if self.is_ours():
            self._path.unlink()
        os.close(self._descriptor)


async def _wait(path: Path, limit_s: float) -> int | None:
    """Lock the file; None when it stays locked."""
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            # Nobody tells when a lock is free; waiting for it in a thread cannot be cancelled.
            while (descriptor := _lock(path)) is None:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
            return descriptor
    return None


def _lock(path: Path) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_at(path, descriptor):
            return descriptor
    except BlockingIOError:
        pass
    os.close(descriptor)
    return None


def _replace(path: Path) -> int:
    """Pass over somebody who hangs: its lock is on a file that is not there any more."""
    path.unlink(missing_ok=True)
    descriptor = _lock(path)
    if descriptor is None:
        raise ProfileLocked("two processes want the account's page at once")
    return descriptor


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _named(path: Path) -> Path | None:
    """Give the browser folder that the file names; none in a file that was made just now."""
    try:
        named = path.read_bytes()
    except FileNotFoundError:
        return None
    return Path(os.fsdecode(named)) if named else None


async def _end(folder: Path | None, *, patience_s: float) -> None:
    if folder is None:
        return
    if not await BrowserProcesses(folder).end(patience_s=patience_s, limit_s=KILL_LIMIT_S):
        raise ProfileLocked("the account's other page cannot be ended")


async def _end_leftovers(folder: Path | None) -> None:
    """End the browser of a process that died. One that lives keeps that folder for other ends."""
    if folder is None:
        return
    if not folder.parent.is_dir():
        await _end(folder, patience_s=ORPHAN_PATIENCE_S)
        return
    try:
        lock = lock_home(folder.parent)
    except ProfileLocked:
        return
    try:
        await _end(folder, patience_s=ORPHAN_PATIENCE_S)
    finally:
        os.close(lock)
