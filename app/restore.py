"""Restore: a backup takes the place of what is in the database, once it has proved to be right."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from adapters.backup.archive import Backup, open_backup
from adapters.backup.failures import BackupUnusable
from adapters.backup.load import address_of_restored, load
from adapters.backup.manifest import Manifest
from adapters.backup.target import Target, open_target
from adapters.event_log.database import Database
from adapters.event_log.migrate import FOLDER, migration_files
from adapters.event_log.store import PostgresEventLog
from adapters.event_log.verify import Head, verify
from adapters.keys import Keys, KeyUnusable
from adapters.postgres_server.client_programs import choose_clients
from app.backup import Tell, key_mark
from app.projection_hash import Columns, hashed_columns, projection_hash

BY_HAND = "docs/how-to/back-up-and-restore.md says how to read it by hand."


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What came out. With differences, the database is what it was before."""

    file: str
    manifest: Manifest
    head: str
    projection_hash: str
    """Empty where the backup's columns are not this build's any more."""
    differences: tuple[str, ...]
    migrated: tuple[str, ...]
    """Migrations that this build has applied to it."""
    erased_since: tuple[str, ...]
    """Accounts that the replaced log has erased and the backup has not: erase them again."""


def restore(
    conninfo: str,
    file: Path,
    keys: Keys,
    *,
    replace: bool,
    environment: Mapping[str, str],
    tell: Tell,
    migrations: Path = FOLDER,
) -> Restored:
    """Read the backup in beside what is there, verify it, and only then let it take the place.

    Raises BackupError, KeyUnusable, PostgresServerError, MigrationRefused or StorageUnavailable;
    nothing is replaced then.
    """
    with open_backup(file, lambda done, total: tell("check", done, total)) as backup:
        _require_usable(file, backup.manifest, keys, migrations)
        with open_target(conninfo) as target:
            target.require_replaceable(replace=replace)
            try:
                _load(backup, conninfo, target, environment, tell)
                restored = _examine(file, backup.manifest, keys, conninfo, target, tell, migrations)
                if not restored.differences:
                    tell("switch", 0, 1)
                    target.switch()
                    tell("switch", 1, 1)
            finally:
                target.drop_restored()
            return restored


def _require_usable(file: Path, manifest: Manifest, keys: Keys, migrations: Path) -> None:
    known = {path.name for path in migration_files(migrations)}
    newer = [name for name in manifest.migrations if name not in known]
    if newer:
        raise BackupUnusable(
            file,
            f"is of a newer build: its schema {manifest.schema_version} is not known to this one",
            "Restore it with the build that made it, or a later one.",
        )
    if manifest.faults:
        why = f"holds a log that was damaged when the backup was made ({manifest.faults[0]})"
        raise BackupUnusable(file, why.replace(".)", ")"), f"Take an older one; {BY_HAND}")
    if key_mark(keys) != manifest.master_key:
        raise KeyUnusable(
            f"{file} belongs to another master key than the one that is set here. Nothing was"
            " restored. Put that backup's key in its place first."
        )


def _load(
    backup: Backup, conninfo: str, target: Target, environment: Mapping[str, str], tell: Tell
) -> None:
    programs = choose_clients(
        environment,
        server_major=target.server_major,
        archive_major=backup.manifest.dump_major,
    )
    load(
        programs,
        conninfo,
        backup,
        server_major=target.server_major,
        name_is_taken=target.has_schema(backup.manifest.schema),
        tell=lambda done, total: tell("load", done, total),
    )


def _examine(
    file: Path,
    manifest: Manifest,
    keys: Keys,
    conninfo: str,
    target: Target,
    tell: Tell,
    migrations: Path,
) -> Restored:
    """Compare what was read in with what the backup says of itself."""
    address = address_of_restored(conninfo)
    counts = target.count_restored()
    migrated = target.migrate_restored(migrations)
    verdict = verify(address, expected=[Head.parse(manifest.head)], tell=tell)
    found = asyncio.run(_projection_hash(address, keys, manifest.columns, tell))
    differences = [fault.sentence for fault in verdict.faults]
    differences += [
        f"Table {table} has {counts.get(table, 0):,} rows, and not {rows:,}."
        for table, rows in manifest.counts.items()
        if counts.get(table, 0) != rows
    ]
    if found and found != manifest.projection_hash:
        differences.append("The rows of accounts and attempts are not those of the backup.")
    return Restored(
        file=str(file),
        manifest=manifest,
        head=verdict.head,
        projection_hash=found,
        differences=tuple(differences),
        migrated=tuple(migrated),
        erased_since=target.erased_since(),
    )


async def _projection_hash(address: str, keys: Keys, columns: Columns, tell: Tell) -> str:
    """Hash what was hashed then; empty where this build no longer has one of its columns."""
    ours = hashed_columns()
    if any(not set(names) <= set(ours.get(table, ())) for table, names in columns.items()):
        return ""
    async with Database(address) as database:
        log = PostgresEventLog(database, keys)
        try:
            return await projection_hash(log, columns, lambda rows: tell("rows", rows, None))
        finally:
            await log.close()
