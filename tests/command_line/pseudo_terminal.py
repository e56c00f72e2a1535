"""A command in a terminal of its own, as a person has one."""

import fcntl
import os
import pty
import re
import selectors
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from PIL import Image

from adapters.clock import monotonic_s
from tests.phone_camera import codes_in

CHECKOUT = Path(__file__).resolve().parents[2]
LIMIT_S = 30.0
CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
HALVES = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
"""Half block -> upper and lower pixel, 0 where it is painted: codes are drawn black on white."""
PIXELS = 4
TAKES_THE_TERMINAL = (
    "import fcntl, os, sys, termios;"
    "os.setsid();"
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""A program of its own and not a preexec_fn, which can deadlock in a process with threads."""


class PseudoTerminal:
    """Runs `linkwright …` and reads what appears; use as a context manager."""

    def __init__(
        self,
        *arguments: str,
        environment: Mapping[str, str | None],
        columns: int = 100,
        lines: int = 60,
    ) -> None:
        self.written = ""
        self._ours, theirs = pty.openpty()
        self.resize(columns, lines)
        variables = {**os.environ, "TERM": "xterm-256color", **environment}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR"):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKES_THE_TERMINAL, sys.executable, "-m", "app", *arguments],
            cwd=CHECKOUT,
            env={name: value for name, value in variables.items() if value is not None},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)

    def resize(self, columns: int, lines: int) -> None:
        """Give the window another size."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    def until(self, words: str) -> str:
        """Read until the words have appeared; returns everything so far, without control codes."""
        self._until(lambda: words in self.plain)
        return self.plain

    def until_code(self, text: str) -> None:
        """Read until a phone could read this code off the terminal."""
        self._until(lambda: text in self.codes())

    def _until(self, shown: Callable[[], bool]) -> None:
        end_s = monotonic_s() + LIMIT_S
        while not shown():
            assert monotonic_s() < end_s, self.plain
            assert self._read(1.0) or self.process.poll() is None, self.plain

    def wait(self) -> int:
        """Read to the end; returns the exit status."""
        end_s = monotonic_s() + LIMIT_S
        while self.process.poll() is None or self._read(0.0):
            assert monotonic_s() < end_s, self.plain
            self._read(0.1)
        return self.process.returncode

    @property
    def plain(self) -> str:
        """What has been written, without control codes."""
        return CONTROL.sub("", self.written).replace("\r", "")

    def codes(self) -> list[str]:
        """Read every code that was drawn whole, as a phone would."""
        found: list[str] = []
        for drawing in re.findall(r"(?:^[█▀▄ ]{21,}\n)+", self.plain, re.MULTILINE):
            found += codes_in(picture(drawing.splitlines()))
        return found

    def _read(self, limit_s: float) -> bool:
        with selectors.DefaultSelector() as ready:
            ready.register(self._ours, selectors.EVENT_READ)
            if not ready.select(limit_s):
                return False
        try:
            read = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.written += read.decode(errors="replace")
        return bool(read)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End whatever is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(LIMIT_S)
        os.close(self._ours)


def picture(drawing: list[str]) -> Image.Image:
    """Paint half blocks as a terminal does."""
    width = max(map(len, drawing))
    rows: list[list[int]] = []
    for line in drawing:
        halves = [HALVES[glyph] for glyph in line.ljust(width)]
        rows += [[upper for upper, _ in halves], [lower for _, lower in halves]]
    image = Image.new("L", (width, len(rows)), 255)
    image.putdata([255 * pixel for row in rows for pixel in row])
    return image.resize((width * PIXELS, len(rows) * PIXELS), Image.Resampling.NEAREST)
