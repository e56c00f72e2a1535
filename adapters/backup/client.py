"""Runs pg_dump, pg_restore and psql: with a limit, no password in sight, and never left behind.

Killed with us they do no harm: pg_dump and pg_restore die of the closed pipe, and psql, whose input
ends before the commit, undoes what it did.
"""

import os
import subprocess
import tempfile
import threading
from contextlib import suppress
from io import BufferedReader, BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.backup.failures import ProgramFailed

LIMIT_S = 24 * 3600.0
"""A large log on a slow disk; whatever takes longer is stuck."""
_MOST_WORDS = 400
"""Of what a program says when it fails, this much is passed on."""


class Client:
    """One running program with pipes for input and output. Use inside `with`."""

    def __init__(self, program: Path, *options: str, conninfo: str = "") -> None:
        given = conninfo_to_dict(conninfo)
        # Everybody may read another process's arguments; its environment only the same user.
        password = given.pop("password", None)
        address = ["--dbname", make_conninfo("", **given)] if given else []
        self.name = program.name
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed at the end of the `with`
        self._process = subprocess.Popen(
            [program, *options, *address],
            env={
                **os.environ,
                **({"PGPASSWORD": str(password)} if password else {}),
                "PGAPPNAME": f"linkwright {program.name}",
                "LC_MESSAGES": "C",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            start_new_session=True,  # a Ctrl-C in the terminal is for us
        )
        self._limit = threading.Timer(LIMIT_S, self._process.kill)
        self._limit.daemon = True
        self._limit.start()

    @property
    def input(self) -> BufferedWriter:
        return cast("BufferedWriter", self._process.stdin)

    @property
    def output(self) -> BufferedReader:
        return cast("BufferedReader", self._process.stdout)  # which it is, being buffered

    def end(self) -> None:
        """Wait for its own end; ProgramFailed, in its own words, unless all went well."""
        status = self._process.wait(LIMIT_S)
        if status != 0:
            raise ProgramFailed(self.name, status, self._words())

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it now if it still runs, and free everything."""
        self._limit.cancel()
        self.kill()
        for file in (self.input, self.output, self._said):
            with suppress(BrokenPipeError):
                file.close()

    def _words(self) -> str:
        self._said.seek(0)
        lines = self._said.read().decode(errors="replace").splitlines()
        words = " / ".join(line.strip().rstrip(".") for line in lines)
        return words if len(words) <= _MOST_WORDS else f"{words[:_MOST_WORDS]} …"
