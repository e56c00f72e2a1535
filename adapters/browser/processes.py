"""The operating system's view of a browser: which processes use a folder, and their end.

A browser is found by its `--user-data-dir`. Playwright starts each one as the leader of a process
group of its own, so its children are found by the group, also when the leader is dead already.
A browser that accounts share is found by its mark on the profile (adapters/shared_browser).
"""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from adapters.shared_browser.presence import present

LOOK_EVERY_S = 0.05
SHARED_PATIENCE_S = 8.0
"""A shared browser closes one of its accounts within 30 ms. It is killed only if it hangs, for all
its other accounts have to come back then."""
_PROC = Path("/proc")
_PS_LIMIT_S = 5.0


class BrowserProcesses:
    """The browser processes of one profile folder, those that were seen once included."""

    def __init__(self, folder: Path) -> None:
        self._flag = f"--user-data-dir={folder}"
        self._presence = presence_of(folder)
        self._groups: set[int] = set()

    def running(self) -> set[int]:
        """Process ids that are alive now; of a browser that is shared, its program's."""
        shared = present(self._presence)
        if shared is not None:
            return {shared}
        return self._of_groups()

    def _of_groups(self) -> set[int]:
        table = list(_process_table())
        self._groups |= {
            one.group for one in table if one.pid == one.group and self._flag in one.arguments
        }
        return {
            one.pid for one in table if one.group in self._groups or self._flag in one.arguments
        }

    def kill(self) -> set[int]:
        """SIGKILL all of them; returns who was alive."""
        shared = present(self._presence)
        if shared is not None:  # it leads a group too, with the pages of all its accounts
            self._groups.add(shared)
        alive = self._of_groups() if shared is not None else self.running()
        for pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return alive

    async def wait_gone(self, limit_s: float) -> bool:
        """True once none is left, False when the limit has passed before."""
        try:
            async with asyncio.timeout(limit_s):
                # In a thread: with many browsers a look at all processes takes 10 ms and more.
                while await asyncio.to_thread(self.running):  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            return False
        return True

    async def end(self, *, patience_s: float, limit_s: float) -> bool:
        """Give them `patience_s` to end by themselves, then kill. False: some survive SIGKILL."""
        if present(self._presence) is not None:
            patience_s = max(patience_s, SHARED_PATIENCE_S)
        if await self.wait_gone(patience_s):
            return True
        self.kill()
        return await self.wait_gone(limit_s)


def presence_of(folder: Path) -> Path:
    """Name the file that a shared browser keeps locked while it has this profile open."""
    return folder.parent / "shared"


class _Process(NamedTuple):
    pid: int
    parent: int
    group: int
    arguments: tuple[str, ...]


def children_with(argument: str) -> set[int]:
    """Process ids of this process's own children that were started with this argument."""
    own = os.getpid()
    return {one.pid for one in _process_table() if one.parent == own and argument in one.arguments}


def descendants(ancestor: int) -> set[int]:
    """Process ids of all that were started below this process and are alive."""
    table = list(_process_table())
    found, newest = set[int](), {ancestor}
    while newest:
        newest = {one.pid for one in table if one.parent in newest} - found
        found |= newest
    return found


def _process_table() -> Iterator[_Process]:
    """Yield all living processes; zombies have ended."""
    if _PROC.joinpath("self", "stat").exists():
        yield from _from_proc()
    else:
        yield from _from_ps()


def _from_proc() -> Iterator[_Process]:
    for entry in os.scandir(_PROC):
        if not entry.name.isdecimal():
            continue
        folder = _PROC / entry.name
        try:
            # "pid (name) state parent group …"; the name may hold anything, so look behind it.
            stat = (folder / "stat").read_text().rpartition(")")[2]
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
            state, parent, group = stat.split()[:3]
        except (OSError, ValueError):
            continue  # it ended while we looked
        if state not in "ZX":
            arguments = tuple(_arguments(command))
            yield _Process(int(entry.name), int(parent), int(group), arguments)


def _arguments(command: str) -> list[str]:
    """Split a command line; Chromium's children write theirs with spaces in one piece."""
    parts = command.rstrip("\0").split("\0")
    return parts if len(parts) > 1 else parts[0].split(" ")


def _from_ps() -> Iterator[_Process]:
    listing = subprocess.run(
        ["/bin/ps", "-axww", "-o", "pid=,ppid=,pgid=,stat=,command="],
        capture_output=True,
        text=True,
        timeout=_PS_LIMIT_S,
        check=True,
    )
    for line in listing.stdout.splitlines():
        pid, parent, group, state, *command = line.split(maxsplit=4)
        if not state.startswith("Z") and command:
            yield _Process(int(pid), int(parent), int(group), tuple(command[0].split(" ")))
