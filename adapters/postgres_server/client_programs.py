"""Finds pg_dump, pg_restore and psql of a version that fits a server, which may be a user's own.

PostgreSQL's rule: they talk to servers of their own major version and of older ones, and read
archives that an older pg_dump has written. The same version is best, then the next newer one.
"""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.postgres_server.failures import NoFittingClient
from adapters.postgres_server.programs import INSTALLED, Programs, major_of, packaged_folder

NAMES = ("pg_dump", "pg_restore", "psql")


def choose_clients(
    environment: Mapping[str, str], *, server_major: int, archive_major: int = 0
) -> Programs:
    """Return the programs that fit best; NoFittingClient names the versions when none do."""
    needed = max(server_major, archive_major)
    best: Programs | None = None
    majors: set[int] = set()
    for programs in _found(environment):
        if programs.major == needed:
            return programs
        majors.add(programs.major)
        if programs.major > needed and (best is None or programs.major < best.major):
            best = programs
    if best is None:
        raise NoFittingClient(server_major, archive_major, sorted(majors))
    return best


def _found(environment: Mapping[str, str]) -> Iterator[Programs]:
    for folder in _folders(environment):
        if all((folder / name).exists() for name in NAMES):
            try:
                major = major_of(folder / NAMES[0])
            except (OSError, subprocess.SubprocessError):
                continue  # another architecture's, or not for us to run
            if major is not None:
                yield Programs(folder, major)


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    configured = environment.get("LINKWRIGHT_PG_BIN")
    if configured:
        yield Path(configured).absolute()
    packaged = packaged_folder()
    if packaged is not None:
        yield packaged
    for pattern in INSTALLED:
        yield from sorted(Path("/").glob(pattern))
