"""Reads a dump into a schema of its own, beside the live one, in one transaction.

pg_restore cannot rename a schema on the way, so within the transaction the live one steps aside.
Nobody else ever sees that: outside, RESTORED appears at the commit, or never.
"""

import threading
from contextlib import suppress
from types import TracebackType
from typing import IO, LiteralString, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from adapters.backup.archive import CHUNK, Backup, Tell
from adapters.backup.client import Client
from adapters.postgres_server.programs import Programs

RESTORED = "linkwright_restored"
"""The schema that the backup lies in until it takes the live one's place."""
ASIDE = "linkwright_aside"
_FIRST_WITH_TRANSACTION_TIMEOUT = 17
_HEAD_BYTES = 4096
"""The settings that pg_restore begins its script with are some 500."""


def load(
    programs: Programs,
    conninfo: str,
    backup: Backup,
    *,
    server_major: int,
    name_is_taken: bool,
    tell: Tell,
) -> None:
    """Fill RESTORED anew; ProgramFailed when it did not work, and then nothing was changed."""
    schema = backup.manifest.schema
    restore = ("--format=custom", "--file=-", f"--schema={schema}", "--no-owner", "--no-privileges")
    psql = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    with (
        backup.dump() as dump,
        Client(programs.folder / "psql", *psql, conninfo=conninfo) as writer,
        Client(programs.folder / "pg_restore", *restore) as reader,
        Feeding(dump, reader) as feeding,
    ):
        try:
            writer.input.write(_before(schema, name_is_taken=name_is_taken))
            writer.input.write(_understood(reader.output.read(_HEAD_BYTES), server_major))
            while data := reader.output.read1(CHUNK):
                writer.input.write(data)
                tell(feeding.fed, backup.dump_bytes)
            reader.end()  # before the commit: half a dump must not look like a whole one
            writer.input.write(_after(schema, name_is_taken=name_is_taken))
            writer.input.close()
        except BrokenPipeError:
            pass  # psql has ended before its time, and says why
        writer.end()


def address_of_restored(conninfo: str) -> str:
    """Say how to connect to what was restored, and to nothing else."""
    options = f"{conninfo_to_dict(conninfo).get('options') or ''} -c search_path={RESTORED}"
    return make_conninfo(conninfo, options=options.strip())


class Feeding:
    """Passes the dump on while its other end is read, because a pipe holds only so much."""

    def __init__(self, source: IO[bytes], reader: Client) -> None:
        self.fed = 0
        self._source = source
        self._reader = reader
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the reader with it: one that is read no more takes no more either."""
        self._reader.kill()
        self._thread.join()

    def _run(self) -> None:
        with suppress(BrokenPipeError):  # pg_restore has ended, and says why
            while data := self._source.read(CHUNK):
                self._reader.input.write(data)
                self.fed += len(data)
            self._reader.input.close()


def _before(schema: str, *, name_is_taken: bool) -> bytes:
    script = _statement("begin; drop schema if exists {} cascade", RESTORED)
    if name_is_taken:
        script += _statement("alter schema {} rename to {}", schema, ASIDE)
    return script + _statement("create schema {}", schema)


def _after(schema: str, *, name_is_taken: bool) -> bytes:
    script = _statement("alter schema {} rename to {}", schema, RESTORED)
    if name_is_taken:
        script += _statement("alter schema {} rename to {}", ASIDE, schema)
    return script + _statement("commit")


def _statement(form: LiteralString, *names: str) -> bytes:
    return SQL(form).format(*map(Identifier, names)).as_bytes() + b";\n"


def _understood(head: bytes, server_major: int) -> bytes:
    """Take out the setting that older servers do not know, where a newer pg_restore must serve."""
    if server_major >= _FIRST_WITH_TRANSACTION_TIMEOUT:
        return head
    return head.replace(b"SET transaction_timeout = 0;\n", b"", 1)
