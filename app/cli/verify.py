"""`linkwright verify`: see whether every row of the log is what was written there."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click
from psycopg.conninfo import make_conninfo
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.verify import Head, Table, Tell, Verdict
from adapters.event_log.verify import verify as walk
from adapters.postgres_server.cluster import DATABASE, DATABASE_USER
from adapters.postgres_server.socket_address import SOCKET_NAME
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, is_live, json_option, write_json
from app.settings import Settings, SettingsError, read_settings


class HeadParameter(click.ParamType[Head]):
    """A head as this command prints it."""

    name = "head"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Head:
        """Read it; click tells the user when it is none."""
        try:
            return Head.parse(str(value))
        except ValueError as error:
            self.fail(f"{error}.", param, ctx)


@click.command(cls=Interruptible)
@click.option(
    "--expect-head",
    "expected",
    type=HeadParameter(),
    multiple=True,
    help="A head that was printed earlier; the log must still contain it. May be repeated.",
)
@json_option
def verify(expected: tuple[Head, ...], *, as_json: bool) -> None:
    """Check the hash of every row in the log. It may be written to meanwhile.

    Keep the head that is printed somewhere else: only who has it can see later that the end was
    cut off, or that everything was written anew.
    """
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        raise CommandFailed(Exit.USAGE, f"{error}.", "Correct it, or unset it.") from error
    out = console()
    try:
        with _telling(out, quiet=as_json) as tell:
            verdict = walk(database_address(settings), expected=expected, tell=tell)
    except StorageUnavailable as error:
        raise away(settings, error) from error
    if as_json:
        write_json({"whole": not verdict.faults, "verdict": verdict})
    else:
        _show(out, verdict)
    if verdict.faults:
        raise click.exceptions.Exit(Exit.FAILED)


def database_address(settings: Settings) -> str:
    """Say how to connect: to DATABASE_URL, or to the embedded server while `up` runs it."""
    if settings.database_url:
        return settings.database_url
    host = _socket_folder(settings.data / "postgres")
    return make_conninfo("", host=str(host), port=5432, user=DATABASE_USER, dbname=DATABASE)


def _socket_folder(folder: Path) -> Path:
    """Find the folder of the server's socket; where its path is too long, a link leads there."""
    try:
        link = Path((folder / "socket_folder").read_text(encoding="utf-8")) / "s"
        if (link / SOCKET_NAME).exists():
            return link
    except OSError:
        pass
    return folder / "cluster"


def away(settings: Settings, error: StorageUnavailable) -> CommandFailed:
    """Say what to do about a database that cannot be asked."""
    if settings.database_url:
        return CommandFailed(Exit.SERVICE, error.sentence, "Check DATABASE_URL.")
    why = error.sentence.rstrip(".")
    return CommandFailed(
        Exit.UNREACHABLE,
        f"The embedded PostgreSQL of {settings.data} cannot be asked ({why}).",
        "It runs while `./linkwright up` does; start that, or set LINKWRIGHT_DATA or DATABASE_URL.",
    )


@contextmanager
def _telling(out: Console, *, quiet: bool) -> Generator[Tell | None]:
    """Show a bar for each table where there is a terminal."""
    if quiet or not is_live(out):
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        bars = {table: progress.add_task(table, total=None) for table in ("inputs", "events")}

        def tell(table: Table, read: int, last: int) -> None:
            progress.update(bars[table], completed=read, total=last)

        yield tell


def _show(out: Console, verdict: Verdict) -> None:
    for fault in verdict.faults:
        out.print(Text.assemble(("✗ ", "bold red"), fault.sentence))
    if verdict.faults:
        out.print(Text("The log is not what was written.", style="bold red"))
        return
    counted = f"{verdict.events:,} events and {verdict.inputs:,} inputs"
    out.print(Text.assemble(("✓ ", "green"), f"{counted} are what was written."))
    out.print(f"head {verdict.head}")
