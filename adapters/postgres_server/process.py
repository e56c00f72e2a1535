"""Starts a PostgreSQL program as the right user, and never leaves it behind."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from adapters.postgres_server.account import ServerAccount
from adapters.postgres_server.launch import Wish

_LAUNCH = Path(__file__).with_name("launch.py")


class ServerProcess:
    """A child that gets `death_signal` when this process dies, however it dies.

    On Linux the kernel sends it. That follows the thread that started the child, so from any other
    than the main thread, and on other systems, a watcher at the end of a pipe does it.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        account: ServerAccount,
        death_signal: signal.Signals,
        output: int,
        keep_open: Sequence[int] = (),
    ) -> None:
        by_kernel = sys.platform == "linux" and _in_main_thread()
        watched, self._alive_pipe = (None, None) if by_kernel else os.pipe()
        wish = Wish(
            parent=os.getpid(),
            uid=account.uid if account.is_other else None,
            gid=account.gid if account.is_other else None,
            death_signal=death_signal,
            watch=watched,
        )
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", _LAUNCH, json.dumps(wish), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[*keep_open, *([] if watched is None else [watched])],
                # A Ctrl-C in the terminal is for us: the server stops when we say so.
                start_new_session=True,
            )
        except BaseException:
            self._dismiss_watcher()
            raise
        finally:
            if watched is not None:
                os.close(watched)

    @property
    def pid(self) -> int:
        return self._child.pid

    def exit_status(self) -> int | None:
        """Return None while it lives; asking also reaps it, so that no zombie counts as running."""
        status = self._child.poll()
        if status is not None:
            self._dismiss_watcher()
        return status

    def wait(self, limit_s: float) -> int | None:
        """Return the exit status, or None when the limit has passed first."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(limit_s)
        return self.exit_status()

    def send(self, wanted: signal.Signals) -> None:
        self._child.send_signal(wanted)  # does nothing to a child that has been reaped

    def _dismiss_watcher(self) -> None:
        if self._alive_pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._alive_pipe, b"x")
            os.close(self._alive_pipe)
            self._alive_pipe = None


def run_to_end(
    command: Sequence[str | Path],
    *,
    account: ServerAccount,
    output: int,
    limit_s: float,
    keep_open: Sequence[int] = (),
) -> int | None:
    """Run a program that ends by itself; None when it did not within the limit and was killed."""
    process = ServerProcess(
        command,
        account=account,
        death_signal=signal.SIGKILL,
        output=output,
        keep_open=keep_open,
    )
    try:
        return process.wait(limit_s)
    finally:
        if process.exit_status() is None:
            process.send(signal.SIGKILL)
            process.wait(limit_s)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
