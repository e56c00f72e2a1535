"""`linkwright projections …`: how the projections stand, compare them, make them anew."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from adapters.event_log.database import Database
from adapters.event_log.interface import Parked
from adapters.event_log.parking import parked as parked_partitions
from adapters.event_log.partitions import Reading
from adapters.event_log.store import PostgresEventLog
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, is_live, json_option, table, write_json
from app.cli.own_database import database_failing, own_keys, own_settings
from app.cli.verify import database_address
from app.projecting.compare import Compared, Difference, compare
from app.projecting.rebuild import Rebuilt, Tell, rebuild, tell_nobody
from app.projecting.registry import KINDS, TABLE_NAMES
from app.projecting.retry import Retried, retry
from app.projecting.standing import ProjectionStanding, status
from app.settings import Settings
from projections.tables import TABLES, TableProjection

ALL = "all"
WIDE = 125
"""Columns that the table of projections needs with what each of them does."""
MOST_SHOWN = 20
"""Parked partitions and differences that are listed for people; `--json` has more."""


@click.group()
def projections() -> None:
    """See how the projections stand, compare them with the log, and make them anew.

    Asks the database itself: the one of DATABASE_URL, or the embedded one while `up` runs it.
    """


@projections.command("status", cls=Interruptible)
@json_option
def show_status(*, as_json: bool) -> None:
    """List every projection: how far it is behind the log, and what is parked.

    Ends with 1 while anything is parked.
    """
    settings = own_settings()
    with database_failing(settings):
        standings, parked = asyncio.run(_status(settings))
    if as_json:
        write_json({"projections": standings, "parked": parked})
    else:
        _show_standings(standings, parked)
    if parked:
        raise click.exceptions.Exit(Exit.FAILED)


@projections.command(cls=Interruptible)
@click.argument("name", required=False, default=ALL)
@json_option
def verify(name: str, *, as_json: bool) -> None:
    """Compare the table NAME (or all) with a fresh fold of the log. Both may be used meanwhile.

    Names each row that differs with its columns, and ends with 1 if there is one.
    """
    settings, wanted = own_settings(), _tables(name)
    out = console()
    with database_failing(settings), _telling(out, quiet=as_json) as tell:
        reading = _reading(settings)
        found = [compare(reading, projection, tell) for projection in wanted]
    same = all(one.same for one in found)
    if as_json:
        write_json({"same": same, "projections": found})
    else:
        for one in found:
            _show_compared(out, one)
    if not same:
        raise click.exceptions.Exit(Exit.FAILED)


@projections.command("rebuild", cls=Interruptible)
@click.argument("name")
@json_option
def build_anew(name: str, *, as_json: bool) -> None:
    """Build the table NAME (or `all`) anew from the log, beside the live one, and switch.

    Reading and appending go on. Ended before the switch, it has changed nothing.
    """
    settings, wanted = own_settings(), _tables(name)
    out = console()
    with database_failing(settings), _telling(out, quiet=as_json) as tell:
        reading = _reading(settings)
        built = [rebuild(reading, projection, tell) for projection in wanted]
    if as_json:
        write_json({"rebuilt": built})
    else:
        for one in built:
            _show_rebuilt(out, one)
    if any(one.parked for one in built):
        raise click.exceptions.Exit(Exit.FAILED)


@projections.command("retry", cls=Interruptible)
@click.argument("name", required=False)
@click.argument("stream", required=False)
@json_option
def try_again(name: str | None, stream: str | None, *, as_json: bool) -> None:
    """Fold what is parked anew, and let it go on where that works.

    NAME is one projection, STREAM one account of it; without them everything that is parked.
    """
    settings = own_settings()
    if name is not None and name not in KINDS:
        raise _unknown(name, tuple(KINDS))
    with database_failing(settings):
        tried = asyncio.run(_retry(settings, name, stream))
    if stream is not None and not tried:
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"{stream} is not parked in {name}.",
            "`./linkwright projections status` lists what is.",
        )
    if as_json:
        write_json({"retried": tried})
    else:
        _show_retried(console(), tried)
    if not all(one.freed for one in tried):
        raise click.exceptions.Exit(Exit.FAILED)


async def _status(settings: Settings) -> tuple[list[ProjectionStanding], list[Parked]]:
    async with Database(database_address(settings)) as database:
        return await status(database), await parked_partitions(database, None)


async def _retry(settings: Settings, name: str | None, stream: str | None) -> list[Retried]:
    reading = _reading(settings)
    async with Database(reading.conninfo) as database:
        log = PostgresEventLog(database, reading.keys)
        try:
            found = [one for one in await log.parked(name) if stream in (None, one.stream)]
            return [await retry(log, reading, one) for one in found]
        finally:
            await log.close()


def _reading(settings: Settings) -> Reading:
    reading = Reading(database_address(settings), own_keys(settings))
    reading.check_key()
    return reading


def _tables(name: str) -> list[TableProjection]:
    """Find the tables that are meant; only they can be compared and rebuilt."""
    if name == ALL:
        return list(TABLES.values())
    found = [projection for projection in TABLES.values() if projection.name == name]
    if found:
        return found
    if name in KINDS:
        raise CommandFailed(
            Exit.USAGE,
            f"{name} keeps no table: it reads the log itself.",
            f"There are the tables {' and '.join(TABLE_NAMES)}, and all.",
        )
    raise _unknown(name, (*TABLE_NAMES, ALL))


def _unknown(name: str, known: tuple[str, ...]) -> CommandFailed:
    return CommandFailed(
        Exit.USAGE, f"There is no projection {name!r}.", f"There are: {', '.join(known)}."
    )


@contextmanager
def _telling(out: Console, *, quiet: bool) -> Generator[Tell]:
    """Show a bar for each table where there is a terminal."""
    if quiet or not is_live(out):
        yield tell_nobody
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("events"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out, transient=True) as progress:
        bars = {name: progress.add_task(name, total=None, visible=False) for name in TABLE_NAMES}

        def tell(name: str, done: int, of: int) -> None:
            progress.update(bars[name], completed=done, total=of, visible=True)

        yield tell


def _show_standings(standings: list[ProjectionStanding], parked: list[Parked]) -> None:
    out = console()
    wide = out.width >= WIDE
    shown = table(out, "projection", "kind", "position", "head", "lag", "for", "rows", "parked")
    if wide:
        shown.add_column("")
    for one in standings:
        meaning = [Text(one.meaning, style="dim")] if wide else []
        shown.add_row(
            one.name,
            one.kind,
            *("" if n is None else f"{n:,}" for n in (one.position, one.head, one.lag_events)),
            "" if one.lag_s is None else _span(one.lag_s),
            "" if one.rows is None else f"{one.rows:,}",
            Text(f"{one.parked:,}", style="bold red" if one.parked else ""),
            *meaning,
        )
    out.print(shown)
    if parked:
        out.print()
        _show_parked(out, parked)


def _span(seconds: float) -> str:
    """Say how long something has been waiting, in the unit that tells."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s"


def _show_parked(out: Console, parked: list[Parked]) -> None:
    for one in parked[:MOST_SHOWN]:
        where = f"{one.projection} {one.stream} at position {one.position:,}"
        since = f"since {one.parked_at:%Y-%m-%d %H:%M:%S} UTC, tried {one.tries} times"
        out.print(Text.assemble(("✗ ", "bold red"), f"{where}: {one.error}"))
        out.print(Text(f"  {since}", style="dim"))
    if len(parked) > MOST_SHOWN:
        out.print(f"and {len(parked) - MOST_SHOWN:,} more: `--json` lists them.")
    out.print("Start the build that can take these events in, then: ./linkwright projections retry")


def _show_compared(out: Console, compared: Compared) -> None:
    if compared.same:
        counted = f"{compared.projection}: all {compared.rows:,} rows are what the log says"
        position = f"at position {compared.position:,}"
        out.print(Text.assemble(("✓ ", "green"), f"{counted}, {position}."))
        return
    for difference in compared.differences[:MOST_SHOWN]:
        sentence = f"{compared.projection} {difference.row}: {_told(difference)}"
        out.print(Text.assemble(("✗ ", "bold red"), sentence))
    for account in compared.parked_accounts[:MOST_SHOWN]:
        sentence = f"{compared.projection} {account}: it is parked, and so not compared"
        out.print(Text.assemble(("✗ ", "bold red"), sentence))
    counted = f"different rows {compared.different:,}, parked accounts {compared.parked:,}"
    out.print(f"{compared.projection}: {counted}, compared rows {compared.rows:,}.")
    if compared.different:
        out.print(f"To make it anew: ./linkwright projections rebuild {compared.projection}")


def _told(difference: Difference) -> str:
    match difference.what:
        case "missing":
            return "the row is missing"
        case "extra":
            return "the log has no such row"
        case "different":
            return f"it differs in {', '.join(difference.columns)}"
        case "cannot_be_folded":
            return f"it cannot be folded: {difference.sentence}"


def _show_rebuilt(out: Console, built: Rebuilt) -> None:
    made = f"{built.projection}: {built.rows:,} rows, true for position {built.position:,}"
    if not built.parked:
        out.print(Text.assemble(("✓ ", "green"), f"{made}."))
        return
    left = f"parked accounts {built.parked:,}, which keep the rows that they had"
    out.print(Text.assemble(("✗ ", "bold red"), f"{made}; {left}."))
    out.print("To see why: ./linkwright projections status")


def _show_retried(out: Console, tried: list[Retried]) -> None:
    if not tried:
        out.print("Nothing is parked.")
    for one in tried:
        name = f"{one.projection} {one.stream}"
        if one.freed:
            out.print(Text.assemble(("✓ ", "green"), f"{name} goes on."))
        else:
            out.print(Text.assemble(("✗ ", "bold red"), f"{name} stays parked: {one.sentence}"))
