"""How much memory there is for one more browser: the machine's, or what our container leaves."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

MIB = 1024 * 1024


class _Files(NamedTuple):
    """Where a kernel tells of a control group, in files of these names."""

    mount: str
    limit: str
    used: str


GROUPS = {
    "": _Files("sys/fs/cgroup", "memory.max", "memory.current"),
    "memory": _Files("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
}
"""By controller, as /proc/self/cgroup names it: none in version 2, its own in version 1."""
CACHES = ("active_file", "inactive_file", "total_active_file", "total_inactive_file")
"""Counted as used, and given back when somebody needs it; version 1 has totals over all below."""


def available_memory_mb(root: Path = Path("/")) -> int | None:
    """Tell how much memory there is to give; None where nobody says, as only Linux does."""
    told = [*_of_the_machine(root), *_of_our_groups(root)]
    return max(0, min(told)) // MIB if told else None


def _of_the_machine(root: Path) -> Iterator[int]:
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            yield int(line.split()[1]) * 1024


def _of_our_groups(root: Path) -> Iterator[int]:
    """A group's limit holds for the groups in it; a container sees its own as the first one."""
    for line in _lines(root / "proc/self/cgroup"):
        _, controllers, path = line.split(":", 2)
        for controller in set(controllers.split(",")) & set(GROUPS):
            files = GROUPS[controller]
            group = PurePosixPath(path.lstrip("/"))
            for folder in (group, *group.parents):
                yield from _left_in(root / files.mount / folder, files)


def _left_in(folder: Path, files: _Files) -> Iterator[int]:
    limit, used = (_lines(folder / name) for name in (files.limit, files.used))
    if limit and used and limit[0].isdecimal():  # "max" is none
        held = dict(line.split(maxsplit=1) for line in _lines(folder / "memory.stat"))
        totals = [int(held[name]) for name in CACHES if name in held]
        yield int(limit[0]) - int(used[0]) + sum(totals[-2:])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []
