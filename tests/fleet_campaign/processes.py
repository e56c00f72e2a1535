"""Which processes an installation consists of, as the operating system sees them. Linux only."""

import os
import re
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

PROC = Path("/proc")
TEMPORARY = "tmp"
"""The folder beside the data folder that an installation has for temporary files. A shared browser
is known by it: it is told nothing of the data folder."""


class Process(msgspec.Struct, frozen=True):
    """One process; `state` is the kernel's letter: T stands still, Z has ended and nobody knows."""

    pid: int
    parent: int
    group: int
    state: str
    arguments: tuple[str, ...]

    @property
    def is_first(self) -> bool:
        """Tell whether the rest of a browser hangs on it."""
        return self.pid == self.group


class Browser(msgspec.Struct):
    """One browser: of one account, or of some that share it."""

    place: str = ""
    """`profiles` (the worker's) or `standby`; empty while it is shared and nobody is in it."""
    processes: list[Process] = []
    tabs: dict[str, list[Process]] = {}
    """Account -> the processes that run its tabs."""
    is_shared: bool = False

    @property
    def first(self) -> list[Process]:
        """The process that the rest hang on, if it lives."""
        return [one for one in self.processes if one.is_first]

    @property
    def strays(self) -> list[Process]:
        """What runs a tab of no account. Zygotes, of which tabs come, are the first one's own."""
        firsts = {one.pid for one in self.first}
        known = {one.pid for tabs in self.tabs.values() for one in tabs} | firsts
        return [one for one in self.processes if one.parent not in firsts and one.pid not in known]


class Sight(msgspec.Struct):
    """Everything of one installation at one moment."""

    parts: dict[str, list[Process]]
    """`up` and each that it starts, `postgres` and `driver` -> its processes."""
    browsers: list[Browser]
    """The worker's and the standby's."""
    others: list[Process]
    ended: list[Process]
    """Zombies of ours: whoever started them does not ask for their end."""

    def browsers_of(self, account: str, place: str = "") -> list[Browser]:
        """Give the browsers that the account is open in; one in a place at most."""
        return [b for b in self.browsers if account in b.tabs and place in ("", b.place)]

    def first(self, account: str, place: str = "") -> list[Process]:
        """The processes that the rest of the account's browsers hang on."""
        return [one for browser in self.browsers_of(account, place) for one in browser.first]

    def tabs(self, account: str) -> list[Process]:
        """The processes that run the account's tabs."""
        return [one for browser in self.browsers_of(account) for one in browser.tabs[account]]

    def everything(self) -> Iterator[Process]:
        """Yield every living process."""
        browsers = (browser.processes for browser in self.browsers)
        for processes in (*self.parts.values(), *browsers, self.others):
            yield from processes


def look(data: Path) -> Sight:
    """Look at the installation whose data folder this is."""
    table = {one.pid: one for one in _table()}
    browsers = _own_browsers(table, data) | shared_browsers(table, data)
    parts: dict[str, list[Process]] = defaultdict(list)
    sight = Sight(parts, list(browsers.values()), [], [])
    roots = [pid for pid, one in table.items() if _part(one, data) or one.group in browsers]
    ours = _descending(table, roots)
    for pid, one in table.items():
        if one.group in browsers and one.state != "Z":
            browsers[one.group].processes.append(one)
        elif one.state == "Z" and one.parent in ours:
            sight.ended.append(one)
        elif pid in ours and one.state != "Z":
            part = _part(one, data)
            (parts[part] if part else sight.others).append(one)
    return sight


def _own_browsers(table: Mapping[int, Process], data: Path) -> dict[int, Browser]:
    """Find by process group those that were started for one account; see what runs their tabs."""
    profile = re.compile(
        rf"--user-data-dir={re.escape(str(data))}/(profiles|standby)/([^/]+)/browser"
    )
    found: dict[int, Browser] = {}
    whose: dict[int, str] = {}
    for one in table.values():
        if match := next((m for word in one.arguments if (m := profile.match(word))), None):
            place, whose[one.group] = match.groups()
            found.setdefault(one.group, Browser(place, tabs={whose[one.group]: []}))
    for one in table.values():
        if one.group in found and one.state != "Z" and "--type=renderer" in one.arguments:
            found[one.group].tabs[whose[one.group]].append(one)
    return found


def shared_browsers(table: Mapping[int, Process], data: Path) -> dict[int, Browser]:
    """Find those that accounts share, by process group, with whatever is left of their groups.

    Their command lines name no account; their marks on the profiles do (adapters/shared_browser).
    """
    setting = f"TMPDIR={data.parent / TEMPORARY}"
    alike = {one.group: one for one in table.values() if _is_of_shared(one)}
    found = {
        group: Browser(is_shared=True)
        for group, one in alike.items()
        if one.state != "Z" and _was_told(one, setting)
    }
    for mark in data.glob("*/*/shared"):
        program, pages = _read(mark)
        if program in found:
            found[program].place = mark.parent.parent.name
            found[program].tabs[mark.parent.name] = [
                table[pid]
                for pid in pages
                if pid in table and table[pid].group == program and table[pid].state != "Z"
            ]
    return found


def _is_of_shared(process: Process) -> bool:
    is_program = process.arguments[1:3] == ("-m", "adapters.shared_browser")
    return is_program or process.arguments[0].endswith("/QtWebEngineProcess")


def _read(mark: Path) -> tuple[int, list[int]]:
    """Read the program's number and those of the account's tabs; 0 if nobody has it open."""
    with suppress(OSError, ValueError):
        program, _, pages = mark.read_text(encoding="ascii").partition("\n")
        return int(program), [int(pid) for pid in pages.split()]
    return 0, []


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
    return _was_told(process, f"LINKWRIGHT_DATA={data}")


def _was_told(process: Process, setting: str) -> bool:
    try:
        environment = (PROC / str(process.pid) / "environ").read_bytes()
    except OSError:
        return False
    return setting.encode() in environment.split(b"\0")


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
