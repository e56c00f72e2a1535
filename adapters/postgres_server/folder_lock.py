"""One supervisor per data folder. The kernel lets go of the lock when its holder dies."""

import fcntl
import os
import platform
from pathlib import Path

from adapters.postgres_server.failures import AlreadyRunning, FolderUnusable


class FolderLock:
    def __init__(self, data_folder: Path) -> None:
        self._data_folder = data_folder
        self._file: int | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self) -> None:
        """Raise AlreadyRunning, naming the holder, if another one has it."""
        file = os.open(self._data_folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file, 0)
            os.write(file, f"{os.getpid()} {platform.node()}\n".encode())
        except BlockingIOError:
            holder = os.pread(file, 200, 0).decode(errors="replace").split()
            os.close(file)
            raise self._held_by(holder) from None
        except OSError as error:
            os.close(file)
            raise FolderUnusable(
                self._data_folder,
                f"its lock file refuses: {error.strerror}",
                "Choose a folder on a local disk.",
            ) from error
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _held_by(self, holder: list[str]) -> AlreadyRunning:
        match holder:
            case [pid, host] if pid.isdecimal():
                where = "" if host == platform.node() else f" on {host}"
                return AlreadyRunning(self._data_folder, f"process {pid}{where}", int(pid))
            case _:
                return AlreadyRunning(self._data_folder, "another process", None)
