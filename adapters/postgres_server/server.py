"""EmbeddedPostgres: starts a private PostgreSQL on a data folder, and stops it.

data_folder/        ours, 0700
    lock            held by the supervising process
    server.log      what PostgreSQL says
    cluster/        PostgreSQL's own, 0700, belongs to the user it runs as; the socket is inside
"""

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

from adapters.clock import monotonic_s
from adapters.postgres_server.account import server_account
from adapters.postgres_server.cluster import (
    DATABASE,
    DATABASE_USER,
    ClusterFolder,
    cluster_major,
    create_cluster,
    last_words,
    opened,
)
from adapters.postgres_server.failures import FolderUnusable, ServerFailed
from adapters.postgres_server.folder_lock import FolderLock
from adapters.postgres_server.process import ServerProcess
from adapters.postgres_server.programs import Programs, choose_programs
from adapters.postgres_server.remains import (
    forget_dead_server,
    is_ready,
    wait_for_the_last_server,
)
from adapters.postgres_server.socket_address import SocketAddress

_PAUSE_S = 0.02
_TELL_EVERY_S = 5.0
_LARGEST_LOG_BYTES = 10_000_000  # kept once more as server.log.1

_SETTINGS = {
    "listen_addresses": "",  # no network, only the socket
    "unix_socket_directories": ".",  # relative to the data folder: no limit on its length
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Rows hold what people must not read in a log: no details, no failing statements.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",  # two lines every five minutes, for ever
    "jit": "off",  # our statements are short; compiling them takes longer than running them
    # After a crash it ends, and whoever keeps it starts it again. Left to bring itself back, one
    # that met a full disk meanwhile (18.6) was seen to live on without recovering, for ever.
    "restart_after_crash": "off",
}
# For tests, whose data nobody misses. A power failure would lose or damage it.
_CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Limits:
    """How long to wait, in seconds, before calling it a failure."""

    last_server_s: float = 60.0  # a fast shutdown writes out what is dirty
    ready_s: float = 900.0  # crash recovery replays up to max_wal_size (1 GB) from a slow disk
    fast_stop_s: float = 30.0
    immediate_stop_s: float = 10.0
    connect_s: int = 30


def _say_nothing(_sentence: str) -> None:
    pass


class EmbeddedPostgres:
    """One server on one data folder. Blocking.

    When it dies, `alive()` says so, and `start()` brings it back under the same address. Raises
    the errors of failures.py, each with a sentence that says what to do.
    """

    def __init__(
        self,
        data_folder: Path,
        *,
        environment: Mapping[str, str] | None = None,
        durable: bool = True,
        progress: Callable[[str], None] = _say_nothing,
        limits: Limits | None = None,
    ) -> None:
        self._data_folder = Path(os.path.abspath(data_folder))  # noqa: PTH100 - keeps symlinks
        self._cluster = self._data_folder / "cluster"
        self._log = self._data_folder / "server.log"
        self._environment = os.environ if environment is None else environment
        self._durable = durable
        self._progress = progress
        self._limits = limits or Limits()
        self._lock = FolderLock(self._data_folder)
        self._address = SocketAddress(self._cluster, self._data_folder / "socket_folder")
        self._process: ServerProcess | None = None
        self._conninfo = ""

    def start(self) -> str:
        """Start, or start again after the server died; return what psycopg connects with."""
        if self.alive():
            return self._conninfo
        again = self._lock.held
        if not again:
            _make_private(self._data_folder)
            self._lock.take()
        self._process = None  # it died; the lock and the address stay ours
        try:
            self._start_locked()
        except BaseException as error:
            # Whoever connects goes on under the same address once a later start succeeds.
            if again:
                self._end_process()
            else:
                self.stop()
            if isinstance(error, OSError):  # the disk is full, or a part of the folder is closed
                why = f"{(error.strerror or str(error)).lower()} ({error.filename})"
                raise FolderUnusable(self._data_folder, why, "Mend that first.") from error
            raise
        return self._conninfo

    def alive(self) -> bool:
        return self._process is not None and self._process.exit_status() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.alive() else None

    def stop(self) -> None:
        """Stop within limits: first politely, then at once, in the end by force."""
        if not self._lock.held:
            return  # another one may serve this folder, and its address is not ours to remove
        try:
            self._end_process()
            self._address.close()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _start_locked(self) -> None:
        wait_for_the_last_server(
            self._cluster, limit_s=self._limits.last_server_s, progress=self._progress
        )
        account = server_account(self._cluster)
        major = cluster_major(self._cluster)
        programs = choose_programs(self._environment, account, major, self._cluster)
        with ExitStack() as stack:
            output = _open_log(self._log)
            stack.callback(os.close, output)
            if major is None:
                self._progress(f"creating a PostgreSQL {programs.major} database")
                create_cluster(
                    self._cluster,
                    programs,
                    account,
                    durable=self._durable,
                    log=self._log,
                    output=output,
                )
            folder = stack.enter_context(opened(self._cluster, account))
            folder.allow_only_us()
            forget_dead_server(self._cluster)
            self._process = self._serve(programs, folder, output)
        self._wait_until_ready(self._process)
        self._conninfo = self._connectable()

    def _serve(self, programs: Programs, folder: ClusterFolder, output: int) -> ServerProcess:
        settings = _SETTINGS | ({} if self._durable else _CARELESS)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return ServerProcess(
            [programs.folder / "postgres", "-D", folder.for_server, *options],
            account=folder.account,
            death_signal=signal.SIGINT,  # fast shutdown: drops clients, loses nothing
            output=output,
            keep_open=[folder.descriptor],
        )

    def _wait_until_ready(self, process: ServerProcess) -> None:
        started = monotonic_s()
        tell_at = started + _TELL_EVERY_S
        while not is_ready(self._cluster, process.pid):
            status = process.exit_status()
            if status is not None:
                what = f"PostgreSQL did not start (exit status {status})"
                raise ServerFailed(what, last_words(self._log), self._log)
            waited_s = monotonic_s() - started
            if waited_s > self._limits.ready_s:
                what = f"PostgreSQL was not ready after {waited_s:.0f} s"
                raise ServerFailed(what, last_words(self._log), self._log)
            if monotonic_s() > tell_at:
                tell_at += _TELL_EVERY_S
                self._progress(f"PostgreSQL is recovering its data, {waited_s:.0f} s so far")
            time.sleep(_PAUSE_S)

    def _connectable(self) -> str:
        """See that it lets us in, and make our database in it the first time."""
        where = {"host": str(self._address.open()), "port": 5432, "user": DATABASE_USER}
        limit = {"connect_timeout": self._limits.connect_s}
        maintenance = make_conninfo("", **where, **limit, dbname="postgres")
        try:
            with psycopg.connect(maintenance, autocommit=True) as connection:
                known = "select 1 from pg_database where datname = %s"
                if connection.execute(known, [DATABASE]).fetchone() is None:
                    connection.execute(f'create database "{DATABASE}"')
        except psycopg.Error as error:
            what = f"PostgreSQL started and is of no use ({error})"
            raise ServerFailed(what, last_words(self._log), self._log) from error
        return make_conninfo("", **where, dbname=DATABASE)

    def _end_process(self) -> None:
        if self._process is not None:
            self._stop_process(self._process)
            self._process = None

    def _stop_process(self, process: ServerProcess) -> None:
        for wanted, limit_s in (
            (signal.SIGINT, self._limits.fast_stop_s),  # fast: drop clients, write a checkpoint
            (signal.SIGQUIT, self._limits.immediate_stop_s),  # immediate: recover at next start
            (signal.SIGKILL, self._limits.immediate_stop_s),
        ):
            process.send(wanted)
            if process.wait(limit_s) is not None:
                return
        raise ServerFailed(f"PostgreSQL process {process.pid} cannot be killed", "", self._log)


def _make_private(folder: Path) -> None:
    """Make the folder, and those above it that are missing, for us alone; touch no other."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        for part in reversed(missing):
            part.mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(13, "you may not write there")
    except OSError as error:
        advice = "Set LINKWRIGHT_DATA to a folder that you may write to."
        raise FolderUnusable(folder, (error.strerror or str(error)).lower(), advice) from error


def _open_log(log: Path) -> int:
    if log.exists() and log.stat().st_size > _LARGEST_LOG_BYTES:
        log.replace(log.with_name("server.log.1"))
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
