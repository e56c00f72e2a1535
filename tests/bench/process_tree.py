"""What a process and everything that it has started take of the machine. Linux only."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")
KB = 1024


class Process(NamedTuple):
    """One living process."""

    pid: int
    parent: int
    group: int


def living() -> Iterator[Process]:
    """Yield all processes; zombies have ended."""
    for entry in os.scandir(PROC):
        if not entry.name.isdecimal():
            continue
        try:
            # "pid (name) state parent group …"; the name may hold anything, so look behind it.
            stat = (PROC / entry.name / "stat").read_text(errors="replace").rpartition(")")[2]
        except OSError:
            continue  # it ended while we looked
        state, parent, group = stat.split()[:3]
        if state not in "ZX":
            yield Process(int(entry.name), int(parent), int(group))


def below(root: int) -> set[int]:
    """Give the process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for process in living():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, [])
    return found


def pss_bytes(pids: Iterable[int]) -> int:
    """Sum the proportional set sizes: of memory that n processes share, each has an nth part."""
    return sum(_kb(pid, "Pss:") for pid in pids) * KB


def written_bytes(pids: Iterable[int]) -> int:
    """Sum what they have written themselves: no file, and so nothing that strangers share."""
    return sum(_kb(pid, "Pss_Anon:", "Pss_Shmem:") for pid in pids) * KB


def _kb(pid: int, *names: str) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # it ended while we looked
    return sum(int(line.split()[1]) for line in lines if line.startswith(names))


def holding(text: str) -> set[int]:
    """Find processes by a word in their command line or environment, such as a folder's path."""
    wanted = text.encode()
    found: set[int] = set()
    for process in living():
        folder = PROC / str(process.pid)
        try:
            told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if process.pid != os.getpid() and wanted in told:
            found.add(process.pid)
    return found
