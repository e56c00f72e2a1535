"""The processes that run an account's pages, of which many end and give their numbers away."""

import os
import signal
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

_STARTED = 19
"""Field of /proc/PID/stat, counted from the state: when the process began."""


class PageProcesses:
    """Those that were noted once. One that has got the number of another is none of them."""

    def __init__(self, noted: Mapping[int, str] | None = None) -> None:
        """`noted` has for each process when it began, as the kernel tells it."""
        self._noted = dict(noted or {})

    def note(self, pids: Iterable[int]) -> bool:
        """Know these too if they live. Tell whether there are others now than before."""
        before = self._noted
        kept = {pid: before[pid] for pid in self.alive()}
        self._noted = kept | {pid: began for pid in pids if (began := _began(pid))}
        return self._noted != before

    def alive(self) -> set[int]:
        """Give the process ids of those that live."""
        return {pid for pid, began in self._noted.items() if _began(pid) == began}

    def kill(self) -> None:
        """SIGKILL those that live."""
        for pid in self.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _began(pid: int) -> str:
    """Tell when a page's process began; empty if it has ended, or is another program."""
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except OSError:
        return ""
    # "pid (name) state parent …"; the name may hold anything, so look behind it.
    name, _, rest = stat.partition("(")[2].rpartition(")")
    fields = rest.split()
    is_page = name.startswith("QtWebEngine") and fields[0] not in "ZX"
    return fields[_STARTED] if is_page else ""
