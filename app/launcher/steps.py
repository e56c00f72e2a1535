"""Runs the programs that set things up, and tells the person at the terminal what goes on."""

import os
import selectors
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO

from adapters.clock import monotonic_s

# A package index behind a slow line; whatever takes longer is stuck.
_LIMIT_S = 1800.0
_TELL_EVERY_S = 15.0  # to a log file; a terminal sees each line
_TAIL_LINES = 12


class SetupFailed(Exception):
    """Something that Linkwright needs cannot be had. The sentence says what to do."""


class StepFailed(SetupFailed):
    """A program ended badly. `words` are its last lines."""

    def __init__(self, title: str, status: int | None, words: str) -> None:
        ended = "took too long" if status is None else f"failed with status {status}"
        super().__init__(f"{title} {ended}:\n{words}")
        self.words = words


@dataclass
class Narrator:
    """Writes to `stream` what is being done; to a terminal also the running program's last line."""

    stream: TextIO

    def say(self, sentence: str) -> None:
        self._erase()
        print(f"linkwright: {sentence}", file=self.stream, flush=True)

    def show(self, line: str) -> None:
        if self.stream.isatty():
            width = shutil.get_terminal_size().columns - 5
            self._erase()
            print(f"  … {line[:width]}", end="", file=self.stream, flush=True)

    def _erase(self) -> None:
        if self.stream.isatty():
            print("\r\033[K", end="", file=self.stream)


def run_step(
    title: str,
    command: Sequence[str | Path],
    narrator: Narrator,
    *,
    environment: Mapping[str, str],
    folder: Path,
    keep_open: Sequence[int] = (),
    limit_s: float = _LIMIT_S,
) -> None:
    """Run one program to its end. Raises StepFailed with its last lines."""
    narrator.say(f"{title} …")
    started = monotonic_s()
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=keep_open,
        )
    except OSError as error:
        raise StepFailed(title, 126, str(error)) from error
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        in_time = _listen(process.stdout, lines, narrator, until=started + limit_s)
        status = process.wait(30) if in_time else None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if status != 0:
        raise StepFailed(title, status, "\n".join(f"    {line}" for line in lines[-_TAIL_LINES:]))
    narrator.say(f"{title}: done in {monotonic_s() - started:.0f} s")


def _listen(pipe: IO[bytes], lines: list[str], narrator: Narrator, *, until: float) -> bool:
    """Collect what the program says until it closes its output; False when the time is up."""
    rest = b""
    tell_at = monotonic_s() + _TELL_EVERY_S
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while monotonic_s() < until:
            if selector.select(timeout=1.0):
                read = os.read(pipe.fileno(), 65536)
                if not read:
                    return True
                *whole, rest = (rest + read).replace(b"\r", b"\n").split(b"\n")
                lines += [line.decode(errors="replace").strip() for line in whole if line.strip()]
                narrator.show(lines[-1] if lines else "")
            if monotonic_s() > tell_at and not narrator.stream.isatty():
                tell_at += _TELL_EVERY_S
                narrator.say(f"still at it: {lines[-1][:80] if lines else 'no word yet'}")
    return False
