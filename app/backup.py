"""Backup: the whole database in one file, as it was at one moment, while everything goes on."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection

from adapters import clock
from adapters.backup import dump as source
from adapters.backup.archive import Write, write_backup
from adapters.backup.manifest import Manifest
from adapters.backup.snapshot_database import SnapshotDatabase
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import snapshot, verify_snapshot
from adapters.keys import Keys
from adapters.postgres_server.client_programs import choose_clients
from app.projection_hash import hashed_columns, projection_hash

Tell = Callable[[str, int, int | None], None]
"""Hears of progress: what is being done, how far it is, and how far it will go if that is known."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A backup that is complete and on the disk."""

    file: str
    size_bytes: int
    manifest: Manifest


def back_up(
    conninfo: str, file: Path, keys: Keys, *, environment: Mapping[str, str], tell: Tell
) -> Written:
    """Write the file, whole or not at all. A log that is not what was written is still saved.

    Raises BackupError, PostgresServerError or StorageUnavailable.
    """
    with snapshot(conninfo) as connection:
        moment = Moment(conninfo, connection, keys, environment, tell)
        manifest, size_bytes = write_backup(file, moment.write_out)
    return Written(file=str(file), size_bytes=size_bytes, manifest=manifest)


class Moment:
    """The database at one moment, as long as the connection holds its snapshot."""

    def __init__(
        self,
        conninfo: str,
        connection: Connection[Any],
        keys: Keys,
        environment: Mapping[str, str],
        tell: Tell,
    ) -> None:
        self._conninfo = conninfo
        self._connection = connection
        self._keys = keys
        self._tell = tell
        self._created_at = clock.now()
        self._snapshot = source.export_snapshot(connection)
        self._schema = source.current_schema(connection)
        self._migrations = source.applied_migrations(connection)
        self._server_major = connection.info.server_version // 10_000
        self._programs = choose_clients(environment, server_major=self._server_major)

    def write_out(self, write: Write) -> Manifest:
        """Write the dump, and say what is in it."""
        done = 0

        def counted(data: bytes) -> None:
            nonlocal done
            write(data)
            done += len(data)
            self._tell("dump", done, None)

        source.dump(
            self._programs,
            self._conninfo,
            schema=self._schema,
            snapshot=self._snapshot,
            write=counted,
        )
        return self._manifest()

    def _manifest(self) -> Manifest:
        verdict = verify_snapshot(self._connection, tell=self._tell)
        return Manifest(
            created_at=self._created_at,
            migrations=self._migrations,
            schema=self._schema,
            server_major=self._server_major,
            dump_major=self._programs.major,
            master_key=key_mark(self._keys),
            counts=source.count_rows(self._connection, self._schema),
            head=verdict.head,
            faults=tuple(fault.sentence for fault in verdict.faults),
            columns=hashed_columns(),
            projection_hash=asyncio.run(self._projection_hash()),
        )

    async def _projection_hash(self) -> str:
        async with SnapshotDatabase(self._conninfo, snapshot=self._snapshot) as database:
            log = PostgresEventLog(database, self._keys)
            try:
                return await projection_hash(
                    log, hashed_columns(), lambda rows: self._tell("rows", rows, None)
                )
            finally:
                await log.close()


def key_mark(keys: Keys) -> str:
    """Give what tells one master key from another, and nothing about either."""
    return keys.fingerprint("the master key of this backup")
