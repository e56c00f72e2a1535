"""Which processes an installation consists of, as the operating system sees them. Linux only."""

import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

PROC = Path("/proc")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


class Process(msgspec.Struct, frozen=True):
    """One process; `state` is the kernel's letter: T stands still, Z has ended and nobody knows."""

    pid: int
    parent: int
    group: int
    state: str
    arguments: tuple[str, ...]

    @property
    def is_renderer(self) -> bool:
        """Tell whether it runs a tab."""
        return "--type=renderer" in self.arguments


class Sight(msgspec.Struct):
    """Everything of one installation at one moment."""

    parts: dict[str, list[Process]]
    """`up` and each that it starts, `postgres` and `driver` -> its processes."""
    browsers: dict[str, list[Process]]
    """Account -> the processes of its browsers: the worker's and the standby's."""
    places: dict[int, str]
    """Process group of a browser -> `profiles` (the worker's) or `standby`."""
    others: list[Process]
    ended: list[Process]
    """Zombies of ours: whoever started them does not ask for their end."""

    def first(self, account: str, place: str = "") -> list[Process]:
        """The processes that the rest of the account's browsers hang on; one in a place at most."""
        return [
            one
            for one in self.browsers.get(account, ())
            if one.pid == one.group and place in ("", self.places[one.group])
        ]

    def everything(self) -> Iterator[Process]:
        """Yield every living process."""
        for processes in (*self.parts.values(), *self.browsers.values(), self.others):
            yield from processes


def look(data: Path) -> Sight:
    """Look at the installation whose data folder this is."""
    table = {one.pid: one for one in _table()}
    roots = [pid for pid, one in table.items() if _part(one, data)]
    ours = _descending(table, roots)
    folder = re.escape(str(data))
    profile = re.compile(rf"--user-data-dir={folder}/(profiles|standby)/([^/]+)/browser")
    parts: dict[str, list[Process]] = defaultdict(list)
    browsers: dict[str, list[Process]] = defaultdict(list)
    groups: dict[int, str] = {}
    places: dict[int, str] = {}
    for one in table.values():
        found = next((m for argument in one.arguments if (m := profile.match(argument))), None)
        if found:
            places[one.group], groups[one.group] = found.groups()
    sight = Sight(parts, browsers, places, [], [])
    for pid, one in table.items():
        if one.group in groups and one.state != "Z":
            browsers[groups[one.group]].append(one)
        elif one.state == "Z" and one.parent in ours:
            sight.ended.append(one)
        elif pid in ours and one.state != "Z":
            part = _part(one, data)
            (parts[part] if part else sight.others).append(one)
    return sight


def send(number: signal.Signals, processes: Iterable[Process]) -> None:
    """Send a signal to processes, some of which may have ended."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)


def _part(process: Process, data: Path) -> str:
    """Name the part that a process is; empty for a browser, and for whatever else."""
    arguments = process.arguments
    if arguments[1:3] == ("-m", "app") and arguments[3:4]:
        return arguments[3] if _told(process, data) else ""
    if "run-driver" in arguments:
        return "driver" if _told(process, data) else ""
    if arguments[0].endswith("/postgres") or arguments[0] == "postgres:":  # one of its children
        return "postgres" if _stands_in(process, data) else ""
    return ""


def _told(process: Process, data: Path) -> bool:
    """Tell whether it was started with this data folder."""
    try:
        environment = (PROC / str(process.pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"LINKWRIGHT_DATA={data}".encode() in environment.split(b"\0")


def _stands_in(process: Process, data: Path) -> bool:
    try:
        return str((PROC / str(process.pid) / "cwd").readlink()).startswith(f"{data}/")
    except OSError:
        return False


def _descending(table: dict[int, Process], roots: Iterable[int]) -> set[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for one in table.values():
        children[one.parent].append(one.pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children[pid]
    return found


def _table() -> Iterator[Process]:
    for entry in os.scandir(PROC):
        if entry.name.isdecimal():
            with suppress(OSError, ValueError):
                yield _process(int(entry.name))


def _process(pid: int) -> Process:
    folder = PROC / str(pid)
    # "pid (name) state parent group …"; the name may hold anything, so look behind it.
    stat = (folder / "stat").read_text(errors="replace").rpartition(")")[2]
    state, parent, group = stat.split()[:3]
    told = (folder / "cmdline").read_bytes().decode(errors="replace").rstrip("\0")
    arguments = told.split("\0")
    if len(arguments) == 1:  # Chromium's children write theirs in one piece
        arguments = told.split(" ")
    return Process(pid, int(parent), int(group), state, tuple(arguments))
