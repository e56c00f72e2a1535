"""Tells other processes who has an account's profile open in a shared browser.

The program's command line does not name the profiles in it, so each has a file beside it that the
program keeps locked. The system frees the lock when the program ends, however it does. Its first
line is the program's process id, its second one those of the profile's pages.
"""

import fcntl
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

TRIES = 50
PAUSE_S = 0.01
"""Whoever looks holds the lock for some microseconds."""


class Presence:
    """The mark of this process on a profile, until it is given up."""

    def __init__(self, path: Path) -> None:
        """Raises BlockingIOError when another program has the profile open."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(self._descriptor)
            self.tell(())
        except BaseException:
            os.close(self._descriptor)
            raise

    def tell(self, pages: Iterable[int]) -> None:
        """Write down who we are, and which processes the profile's pages have."""
        told = f"{os.getpid()}\n{' '.join(map(str, sorted(pages)))}\n".encode()
        os.pwrite(self._descriptor, told, 0)
        os.ftruncate(self._descriptor, len(told))

    def give_up(self) -> None:
        """Free the profile. The file stays: a new one could be locked beside the old."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def present(path: Path) -> int | None:
    """Give the process that has the profile open, if there is one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(IndexError):  # it has the lock, and writes its number next
            return int(os.pread(descriptor, 20, 0).split()[0])
    finally:
        os.close(descriptor)
    return None


def _lock(descriptor: int) -> None:
    for _ in range(TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(PAUSE_S)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
