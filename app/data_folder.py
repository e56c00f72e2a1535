"""The data folder: private, writable, and used by one Linkwright at a time."""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o700


class DataFolderError(Exception):
    """The folder cannot be used; the sentence says what to do."""


def prepare(folder: Path) -> None:
    """Make the folder and what lies below it; DataFolderError if it cannot be written."""
    try:
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        message = (
            f"The data folder {folder} cannot be written ({error.strerror})."
            " Make it writable for this user, or set LINKWRIGHT_DATA to another folder."
        )
        raise DataFolderError(message) from error


@contextmanager
def exclusive(folder: Path) -> Generator[None]:
    """Hold the folder; DataFolderError names the process that holds it already."""
    path = folder / "linkwright.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "unknown"
            message = (
                f"Another Linkwright (process {holder}) uses the data folder {folder}."
                " Stop it first, or set LINKWRIGHT_DATA to another folder."
            )
            raise DataFolderError(message) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
