"""The path that clients connect to: the data folder itself, or a short name for it."""

import os
import shutil
import tempfile
from pathlib import Path

SOCKET_NAME = ".s.PGSQL.5432"
# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero.
_LONGEST = 103
_TEMPORARY = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it


class SocketAddress:
    """A folder for libpq's `host`. A long path is reached through a link in a private folder.

    The server itself binds the relative name, so only clients feel the limit.
    """

    def __init__(self, cluster: Path, record: Path) -> None:
        self._cluster = cluster
        self._record = record  # where the private folder's name outlives a kill -9 of this process
        self._short: Path | None = None

    def open(self) -> Path:
        """Return the same folder until it is closed: clients keep it across restarts."""
        if self._short is not None:
            return self._short
        self.close()
        if _usable(self._cluster):
            return self._cluster
        private = self._private_folder()
        self._record.write_text(str(private), encoding="utf-8")
        self._short = private / "s"
        self._short.symlink_to(self._cluster)
        return self._short

    def close(self) -> None:
        """Remove the private folder, this time's or the one that a killed process left."""
        self._short = None
        try:
            left = Path(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        ours = left.name.startswith("linkwright-") and left.is_dir() and not left.is_symlink()
        if ours and left.stat().st_uid == os.geteuid():
            shutil.rmtree(left)
        self._record.unlink()

    def _private_folder(self) -> Path:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        places = [Path(runtime)] if runtime else []
        for place in (*places, Path(tempfile.gettempdir()), _TEMPORARY):
            if _usable(place / "linkwright-12345678" / "s") and os.access(place, os.W_OK | os.X_OK):
                return Path(tempfile.mkdtemp(prefix="linkwright-", dir=place))
        return Path(tempfile.mkdtemp(prefix="linkwright-"))


def _usable(folder: Path) -> bool:
    """A comma in `host` would be the start of the next host to libpq."""
    return "," not in str(folder) and len(os.fsencode(folder / SOCKET_NAME)) <= _LONGEST
