"""A disk of a few megabytes in memory, so that a full one is not the machine's."""

import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import wait_until

SIZE = "192m"
"""A new cluster takes 40 MB, its log two files of 16 MB, and a campaign's rows some megabytes."""
LIMIT_S = 30.0


class NoSmallDisk(Exception):
    """A disk of our own cannot be mounted here; the sentence says why."""


@contextmanager
def small_disk(place: Path) -> Generator[Path]:
    """Mount it, and unmount it at the end; NoSmallDisk if that is not allowed."""
    place.mkdir(parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "linkwright-campaign", str(place))
    try:
        yield place
    finally:
        _unmount(place)


def _unmount(place: Path) -> None:
    """The last process of a server that was told to end may hold the disk for a moment."""

    def gone() -> bool:
        with suppress(NoSmallDisk):
            _run("umount", str(place))
            return True
        return False

    wait_until(gone, LIMIT_S)


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except FileNotFoundError as error:
        raise NoSmallDisk(f"there is no {command[0]} here") from error
    if done.returncode != 0:
        raise NoSmallDisk(done.stderr.strip() or f"{command[0]} ended with {done.returncode}")
