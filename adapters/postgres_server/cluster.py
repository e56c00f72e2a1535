"""The folder that PostgreSQL keeps its data in: made whole or not at all, and private."""

import os
import re
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.postgres_server.account import ServerAccount, own_name
from adapters.postgres_server.failures import FolderUnusable, ServerFailed
from adapters.postgres_server.process import run_to_end
from adapters.postgres_server.programs import Programs

DATABASE = "linkwright"
DATABASE_USER = "linkwright"
_INITDB_LIMIT_S = 180.0  # takes 0.6 s on a laptop's disk
_FIRST_WITH_BUILTIN_LOCALES = 17
_LAST_LINES = 3
_TIME_AND_PROCESS = re.compile(r"^\S+ \S+ UTC \[\d+\] ")


class ClusterFolder:
    """An open data folder. `for_server` is the name by which the server can reach it.

    When root becomes another user, that user often cannot enter the folders above (a data folder is
    0700, and so is root's home). Nothing is opened up for it: the server inherits this open
    folder and reaches it as /proc/self/fd/N, which asks nothing of the folders above.
    """

    def __init__(self, path: Path, account: ServerAccount, descriptor: int) -> None:
        self.path = path
        self.account = account
        self.descriptor = descriptor

    @property
    def for_server(self) -> str:
        if self.account.is_other and sys.platform == "linux":
            return f"/proc/self/fd/{self.descriptor}"
        return str(self.path)

    def write(self, name: str, text: str) -> None:
        """Replace a file, never following a link: the server's user may write here, we are root."""
        new = f"{name}.new"
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=self.descriptor)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        file = os.open(new, flags, 0o600, dir_fd=self.descriptor)
        with os.fdopen(file, "w", encoding="utf-8") as writer:
            writer.write(text)
            if self.account.is_other:
                os.fchown(file, self.account.uid, self.account.gid)
        os.rename(new, name, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)

    def allow_only_us(self) -> None:
        """Let in our own user, over the socket, by the kernel's word; nobody else, nothing else."""
        self.write("pg_hba.conf", f"local all {DATABASE_USER} peer map=linkwright\n")
        self.write("pg_ident.conf", f'linkwright "{own_name()}" {DATABASE_USER}\n')


@contextmanager
def opened(path: Path, account: ServerAccount) -> Generator[ClusterFolder]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield ClusterFolder(path, account, descriptor)
    finally:
        os.close(descriptor)


def cluster_major(path: Path) -> int | None:
    """Return the major version that wrote the data, or None where there is none yet."""
    try:
        return int((path / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None


def create_cluster(
    path: Path, programs: Programs, account: ServerAccount, *, durable: bool, log: Path, output: int
) -> None:
    """Make it under another name and rename it, so that an interrupted one is never mistaken."""
    new = path.with_name(f"{path.name}.new")
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    with opened(new, account) as folder:
        if account.is_other:
            _give(folder)
        _initialise(folder, programs, durable=durable, log=log, output=output)
    new.rename(path)
    _remember_the_name(path.parent)


def _remember_the_name(parent: Path) -> None:
    """A rename that a power failure undoes would hide what was acknowledged in the meantime."""
    descriptor = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give(folder: ClusterFolder) -> None:
    try:
        os.fchown(folder.descriptor, folder.account.uid, folder.account.gid)
    except PermissionError as error:
        raise FolderUnusable(
            folder.path,
            f"root may not give it to user {folder.account.name} here ({error.strerror})",
            "Start Linkwright as an ordinary user, for example with docker run --user.",
        ) from error


def _initialise(
    folder: ClusterFolder, programs: Programs, *, durable: bool, log: Path, output: int
) -> None:
    builtin = programs.major >= _FIRST_WITH_BUILTIN_LOCALES
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if builtin else []
    status = run_to_end(
        [
            *(programs.folder / "initdb", "--pgdata", folder.for_server),
            *("--username", DATABASE_USER, "--auth-local=peer", "--auth-host=reject"),
            *("--encoding=UTF8", "--locale=C", *locale, "--data-checksums", "--no-instructions"),
            *([] if durable else ["--no-sync"]),
        ],
        account=folder.account,
        output=output,
        limit_s=_INITDB_LIMIT_S,
        keep_open=[folder.descriptor],
    )
    if status != 0:
        raise ServerFailed("The database could not be created", last_words(log), log)


def last_words(log: Path) -> str:
    """Return the end of the log without times: the complaint, and what led to it."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return " / ".join(_TIME_AND_PROCESS.sub("", line).strip().rstrip(".") for line in lines)
