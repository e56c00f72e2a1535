"""Moves the data to a newer major version: `python -m adapters.postgres_server.upgrade FOLDER`.

Everything is written out by the old version and read in by the new one. The old data stays beside,
under the name of its version. Slower than pg_upgrade and without its conditions: the two versions
need not share a user, a locale or an installation.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from adapters.postgres_server.account import server_account
from adapters.postgres_server.cluster import cluster_major
from adapters.postgres_server.failures import FolderUnusable, PostgresServerError
from adapters.postgres_server.programs import choose_programs, client_program
from adapters.postgres_server.server import EmbeddedPostgres

_COPY_LIMIT_S = 24 * 3600.0  # a large log on a slow disk; whatever takes longer is stuck

Progress = Callable[[str], None]


class NotAllCopied(PostgresServerError):
    """The copy differs from the data, which is untouched."""


def upgrade(data_folder: Path, environment: Mapping[str, str], progress: Progress) -> Path:
    """Replace the data by a copy in the newest version there is; return where the old is kept."""
    cluster = data_folder / "cluster"
    major = cluster_major(cluster)
    if major is None:
        raise FolderUnusable(data_folder, "there is no database in it", "Name another folder.")
    # LINKWRIGHT_PG_BIN is how somebody brings the old version; the new one is our own.
    ours = {name: value for name, value in environment.items() if name != "LINKWRIGHT_PG_BIN"}
    new_major = choose_programs(ours, server_account(cluster), None, cluster).major
    kept = data_folder.with_name(f"{data_folder.name}-{major}")
    if new_major == major or kept.exists():
        why = f"it is of version {major} already" if new_major == major else f"{kept} exists"
        raise FolderUnusable(data_folder, f"it cannot be upgraded: {why}", "Nothing was changed.")
    copy = data_folder.with_name(f"{data_folder.name}.upgraded")
    if copy.exists():  # what an earlier attempt left
        shutil.rmtree(copy)
    with (
        EmbeddedPostgres(data_folder, environment=environment, progress=progress) as old,
        EmbeddedPostgres(copy, environment=ours, progress=progress) as new,
    ):
        progress(f"copying the database from PostgreSQL {major} to {new_major}")
        _copy(old.start(), new.start(), ours, new_major)
        _compare(old.start(), new.start())
    data_folder.rename(kept)
    copy.rename(data_folder)
    return kept


def _copy(old: str, new: str, environment: Mapping[str, str], major: int) -> None:
    dump_command = [client_program("pg_dump", environment, major), "--dbname", old]
    load_command = [
        *(client_program("psql", environment, major), "--dbname", new, "--no-psqlrc", "--quiet"),
        *("--set", "ON_ERROR_STOP=1", "--single-transaction", "--output", os.devnull),
    ]
    with (
        subprocess.Popen(dump_command, stdout=subprocess.PIPE) as dump,
        subprocess.Popen(load_command, stdin=dump.stdout) as load,
    ):
        if dump.stdout is not None:
            dump.stdout.close()  # so that pg_dump hears when psql ends early
        try:
            statuses = load.wait(_COPY_LIMIT_S), dump.wait(_COPY_LIMIT_S)
        except BaseException:
            load.kill()
            dump.kill()
            raise
    if statuses != (0, 0):
        raise NotAllCopied("The copy failed, see above. The data is untouched.")


def _compare(old: str, new: str) -> None:
    before, after = _row_counts(old), _row_counts(new)
    if before != after:
        differing = sorted(name for name in before if before[name] != after.get(name))
        raise NotAllCopied(f"Tables {', '.join(differing)} differ. The data is untouched.")


def _row_counts(conninfo: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    with psycopg.connect(conninfo) as connection:
        tables = connection.execute(
            "select schemaname, tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        ).fetchall()
        for table in tables:
            count = sql.SQL("select count(*) from {}").format(sql.Identifier(*table))
            (counts[".".join(table)],) = connection.execute(count).fetchone() or (0,)
    return counts


def main() -> None:
    try:
        kept = upgrade(Path(sys.argv[1]), os.environ, _say)
    except PostgresServerError as error:
        sys.exit(str(error))
    _say(f"done; the old data is in {kept}, and can be deleted when all is well")


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    main()
