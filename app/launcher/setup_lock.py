"""One set-up at a time in one checkout.

The programs that do the work inherit the lock: when a launcher is killed, its pip may live on, and
nobody else may start before that has ended.
"""

import fcntl
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from adapters.clock import monotonic_s
from app.launcher.steps import Narrator, SetupFailed

_LIMIT_S = 1800.0  # as long as the longest step of another launcher may take
_PAUSE_S = 0.1


@contextmanager
def setup_lock(checkout: Path, narrator: Narrator) -> Generator[int]:
    """Hold the lock; yields its descriptor, to be inherited by what changes the installation."""
    # Beside .venv and not in it: making .venv anew empties it.
    path = checkout / ".venv.lock"
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise SetupFailed(
            f"{checkout} cannot be written to ({error.strerror}), and Linkwright installs its "
            "packages there. Work in a checkout of your own."
        ) from error
    try:
        _wait(file, narrator)
        yield file
    finally:
        os.close(file)


def _wait(file: int, narrator: Narrator) -> None:
    until = monotonic_s() + _LIMIT_S
    told = False
    while monotonic_s() < until:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                narrator.say("another ./linkwright is setting up this checkout; waiting for it")
                told = True
            time.sleep(_PAUSE_S)
        else:
            return
    raise SetupFailed("Another ./linkwright has been setting up this checkout for too long.")
