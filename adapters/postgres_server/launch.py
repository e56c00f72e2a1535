"""Becomes PostgreSQL: drops root, arranges to die with the parent, and executes the program.

Run as a script by process.py: `python launch.py WISH PROGRAM ARGUMENT…`. A program of its own and
not a preexec_fn, because code between fork and exec can deadlock when the parent has threads.
Standard library only, and as little of it as possible: it runs on every start.
"""

import contextlib
import ctypes
import json
import os
import signal
import sys
from typing import TypedDict

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
CANNOT_EXECUTE = 126  # the shell's exit status for a program that is there and may not be run


class Wish(TypedDict):
    parent: int
    uid: int | None  # None: stay who we are
    gid: int | None
    death_signal: int
    watch: int | None  # a pipe that closes when the parent dies; None: ask the kernel (Linux)


def main() -> None:
    wish: Wish = json.loads(sys.argv[1])
    command = sys.argv[2:]
    os.umask(0o077)
    os.chdir("/")  # the folder we were started in may be closed to whom we become
    if wish["uid"] is not None and wish["gid"] is not None:
        _become(wish["uid"], wish["gid"])
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    # After the change of user, which clears the parent-death signal (prctl(2)).
    if wish["watch"] is None:
        _die_with_parent(wish["death_signal"])
    else:
        _leave_a_watcher(wish["watch"], wish["death_signal"])
    if os.getppid() != wish["parent"]:
        sys.exit("The parent has died before the server could start.")
    # Nothing of the caller's environment: PGDATA, PGOPTIONS and the like would change the server.
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    try:
        os.execve(command[0], command, environment)
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be run: {error.strerror}\n")
        sys.exit(CANNOT_EXECUTE)


def _become(uid: int, gid: int) -> None:
    try:
        os.setgroups([gid])
        os.setgid(gid)
        os.setuid(uid)
    except PermissionError:
        sys.exit(
            f"root may not become user {uid} here, as in a container without its capabilities: "
            "start as an ordinary user, for example with docker run --user"
        )


def _die_with_parent(death_signal: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal) != 0:
        sys.exit(f"prctl refused the parent-death signal: {os.strerror(ctypes.get_errno())}")


def _leave_a_watcher(pipe: int, death_signal: int) -> None:
    """Leave a grandchild behind that signals the server when the pipe closes without a word.

    A grandchild, so that the server does not find a child that it knows nothing of.
    """
    server = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.close(pipe)
        return
    if os.fork() == 0 and os.read(pipe, 1) == b"":
        with contextlib.suppress(ProcessLookupError):
            os.kill(server, death_signal)
    os._exit(0)


if __name__ == "__main__":
    main()
