"""`linkwright backup FILE` and `linkwright restore FILE`."""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from adapters.backup.failures import BackupError, TargetRefused
from adapters.backup.manifest import Manifest
from adapters.event_log.errors import MigrationRefused, StorageUnavailable
from adapters.keys import VARIABLE, Keys, KeyUnusable, load_keys
from adapters.postgres_server import EmbeddedPostgres, PostgresServerError
from adapters.postgres_server.cluster import cluster_major
from adapters.postgres_server.failures import AlreadyRunning
from app.backup import Tell, Written, back_up
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, is_live, json_option, write_json
from app.cli.verify import away, database_address
from app.data_folder import DataFolderError, prepare
from app.restore import Restored
from app.restore import restore as restore_backup
from app.settings import Settings, SettingsError, read_settings

DOING = {
    "dump": "Writing the database",
    "check": "Checking the file",
    "load": "Reading the database in",
    "inputs": "Verifying inputs",
    "events": "Verifying events",
    "rows": "Hashing the projections",
    "switch": "Putting it in place",
}
"""What is told of -> what people read."""
COUNTED_IN_BYTES = frozenset({"dump", "check", "load"})


@click.command(cls=Interruptible, short_help="Write the whole database into one file.")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path, *, as_json: bool) -> None:
    """Write the whole database into FILE, while Linkwright runs or not.

    An older backup of that name is replaced once the new one is complete. The master key is not
    in it, and without that nobody can read what is sealed: keep a copy of it, somewhere else.
    """
    settings = _settings()
    out = console()
    with _failing(settings), _telling(out, quiet=as_json) as tell:
        keys = _keys(settings)
        with _database(settings, may_run=True) as conninfo:
            written = back_up(conninfo, file.absolute(), keys, environment=os.environ, tell=tell)
    if as_json:
        write_json({"whole": not written.manifest.faults, "backup": written})
    else:
        _show_written(out, written, settings)
    if written.manifest.faults:
        raise click.exceptions.Exit(Exit.FAILED)


@click.command(cls=Interruptible, short_help="Read a backup into the database.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--replace",
    is_flag=True,
    help="Put the backup in the place of what the database holds now, which is gone then.",
)
@json_option
def restore(file: Path, *, replace: bool, as_json: bool) -> None:
    """Read the backup FILE into the database, while Linkwright does not run.

    The file is checked first; then everything is read in beside what is there and verified, and
    takes its place at the very end, in one step. Ended before, it has changed nothing.
    """
    settings = _settings()
    out = console()
    with _failing(settings), _telling(out, quiet=as_json) as tell:
        keys = _keys(settings)
        with _database(settings, may_run=False) as conninfo:
            restored = restore_backup(
                conninfo,
                file.absolute(),
                keys,
                replace=replace,
                environment=os.environ,
                tell=tell,
            )
    if as_json:
        write_json({"same": not restored.differences, "restored": restored})
    else:
        _show_restored(out, restored)
    if restored.differences:
        raise click.exceptions.Exit(Exit.FAILED)


def _settings() -> Settings:
    try:
        return read_settings(os.environ)
    except SettingsError as error:
        raise CommandFailed(Exit.USAGE, f"{error}.", "Correct it, or unset it.") from error


def _keys(settings: Settings) -> Keys:
    """Load the master key; one is never made here, for it would open nothing."""
    if not os.environ.get(VARIABLE) and not settings.key_file.exists():
        raise CommandFailed(
            Exit.KEY,
            f"There is no master key in {settings.key_file}, and {VARIABLE} is not set.",
            "Put the key there that belongs to this data, or set LINKWRIGHT_DATA.",
        )
    return load_keys(os.environ, settings.key_file)


@contextmanager
def _database(settings: Settings, *, may_run: bool) -> Generator[str]:
    """Give the database's address; the embedded one is started for us if it does not run."""
    folder = settings.data / "postgres"
    if settings.database_url:
        yield settings.database_url
        return
    if may_run and cluster_major(folder / "cluster") is None:
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"There is no database in {settings.data}.",
            "Set LINKWRIGHT_DATA or DATABASE_URL to where it is.",
        )
    prepare(settings.data)
    with ExitStack() as stack:
        try:
            conninfo = stack.enter_context(EmbeddedPostgres(folder)).start()
        except AlreadyRunning:
            if not may_run:
                raise
            conninfo = database_address(settings)
        yield conninfo


@contextmanager
def _failing(settings: Settings) -> Generator[None]:
    """Translate what can go wrong into a sentence and an exit status."""
    try:
        yield
    except AlreadyRunning as error:
        where = f"Linkwright runs on {settings.data}"
        by = f" (process {error.pid})" if error.pid is not None else ""
        advice = "Stop it, which is Ctrl-C where it was started, and run this again."
        raise CommandFailed(Exit.REFUSED, f"{where}{by}.", advice) from error
    except TargetRefused as error:
        raise CommandFailed(Exit.REFUSED, str(error), "") from error
    except KeyUnusable as error:
        raise CommandFailed(Exit.KEY, str(error), "") from error
    except StorageUnavailable as error:
        raise away(settings, error) from error
    except (BackupError, PostgresServerError, MigrationRefused, DataFolderError) as error:
        raise CommandFailed(Exit.FAILED, str(error), "") from error


@contextmanager
def _telling(out: Console, *, quiet: bool) -> Generator[Tell]:
    """Show in one line what is being done, where there is a terminal."""
    if quiet or not is_live(out):
        yield lambda _doing, _done, _total: None
        return
    with out.status("Starting") as status:

        def tell(doing: str, done: int, total: int | None) -> None:
            write = decimal if doing in COUNTED_IN_BYTES else "{:,}".format
            of = f" of {write(total)}" if total is not None else ""
            status.update(f"{DOING[doing]}: {write(done)}{of}")

        yield tell


def _show_written(out: Console, written: Written, settings: Settings) -> None:
    manifest = written.manifest
    size = decimal(written.size_bytes)
    out.print(Text.assemble(("✓ ", "green"), f"{written.file} is complete ({size})."))
    _show_contents(out, manifest)
    for fault in manifest.faults:
        out.print(Text.assemble(("✗ ", "bold red"), fault))
    if manifest.faults:
        out.print(
            Text("The log is not what was written; the backup holds it as it is.", "bold red")
        )
    else:
        out.print(f"head {manifest.head}", soft_wrap=True)
    out.print(f"projections {manifest.projection_hash}", soft_wrap=True)
    where = VARIABLE if os.environ.get(VARIABLE) else str(settings.key_file)
    out.print(
        f"The master key ({where}) is not in it, and nobody can read the backup without."
        " Keep a copy of the key, apart from the backup."
    )


def _show_restored(out: Console, restored: Restored) -> None:
    manifest = restored.manifest
    for difference in restored.differences:
        out.print(Text.assemble(("✗ ", "bold red"), difference))
    if restored.differences:
        out.print(Text("This is not what was backed up. Nothing was replaced.", "bold red"))
    else:
        made = f"{manifest.created_at:%Y-%m-%d %H:%M:%S} UTC"
        out.print(Text.assemble(("✓ ", "green"), f"Restored as it was at {made}."))
        _show_contents(out, manifest)
    _show_proof(out, "head", manifest.head, restored.head)
    _show_proof(out, "projections", manifest.projection_hash, restored.projection_hash)
    if restored.migrated:
        out.print(f"Brought to this build's schema: {', '.join(restored.migrated)}")
    if restored.erased_since:
        out.print(Text("Erased since that backup, and back with it; erase again:", "bold yellow"))
        for account_id in restored.erased_since:
            out.print(f"  {account_id}")


def _show_contents(out: Console, manifest: Manifest) -> None:
    counts = manifest.counts
    parts = [f"{counts.get(name, 0):,} {name}" for name in ("accounts", "attempts", "events")]
    out.print(f"{', '.join(parts)} and {counts.get('inputs', 0):,} inputs.")


def _show_proof(out: Console, what: str, expected: str, found: str) -> None:
    """Show a hash on a line of its own, unbroken: it is copied elsewhere."""
    if found == expected:
        out.print(Text.assemble(("✓ ", "green"), f"{what} {found}"), soft_wrap=True)
    else:
        out.print(Text.assemble(("✗ ", "bold red"), f"{what} {found or 'unknown'}"), soft_wrap=True)
        out.print(f"  in the backup: {expected}", soft_wrap=True)
