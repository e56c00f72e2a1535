"""What an earlier server may have left in its data folder."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from adapters.clock import monotonic_s
from adapters.postgres_server.failures import AlreadyRunning

_PAUSE_S = 0.02
_PS_LIMIT_S = 10.0


def wait_for_the_last_server(
    cluster: Path, *, limit_s: float, progress: Callable[[str], None]
) -> None:
    """Let a server whose parent was killed finish; refuse if somebody else keeps it running.

    The kernel has told it to stop. Starting beside it would damage the data, and the last of its
    processes may outlive the first by a moment.
    """
    until = monotonic_s() + limit_s
    running = servers_of(cluster)
    if running:
        progress(f"waiting for the PostgreSQL of an earlier start to end (process {running[0]})")
    while running:
        if monotonic_s() > until:
            raise AlreadyRunning(cluster.parent, f"PostgreSQL process {running[0]}", running[0])
        time.sleep(_PAUSE_S)
        running = servers_of(cluster)


def forget_dead_server(cluster: Path) -> None:
    """Remove a postmaster.pid whose number belongs to another program by now.

    PostgreSQL takes any living process with that number for its predecessor and does not start.
    In a container, where numbers begin again at 1, that is common. Where the number is free,
    PostgreSQL does its own, more careful tidying.
    """
    pid = recorded_pid(cluster)
    if pid is not None and _exists(pid) and pid not in servers_of(cluster):
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (cluster / name).unlink(missing_ok=True)


def recorded_pid(cluster: Path) -> int | None:
    lines = _status_lines(cluster)
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def is_ready(cluster: Path, pid: int) -> bool:
    """Read the server's own status file: line 1 is its process, line 8 says "ready"."""
    lines = _status_lines(cluster)
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7] == "ready"  # noqa: PLR2004


def _status_lines(cluster: Path) -> list[str]:
    try:
        text = (cluster / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def servers_of(cluster: Path) -> list[int]:
    """Return the living PostgreSQL processes of this data folder; zombies do not count."""
    if sys.platform == "linux":
        return sorted(_processes_in(os.path.realpath(cluster)))
    pid = recorded_pid(cluster)
    return [pid] if pid is not None and _exists(pid) and "postgres" in _program_of(pid) else []


def _processes_in(folder: str) -> list[int]:
    """Every PostgreSQL process works in its data folder, and on Linux one can see where."""
    return [
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdecimal()
        and _link(process / "cwd") == folder
        and Path(_link(process / "exe")).name.startswith("postgres")
    ]


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:  # gone, a zombie, or another user's
        return ""


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _program_of(pid: int) -> str:
    command = ["ps", "-o", "comm=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PS_LIMIT_S, check=False)
    return done.stdout
