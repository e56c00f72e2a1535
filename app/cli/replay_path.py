"""`./linkwright replay path …`: the path through the lifecycle, in a table or drawn."""

from collections.abc import Iterator
from pathlib import Path as File

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import STATUS_STYLES, console, json_option, key_option, table, write_json
from app.cli.paths import ACCOUNT_ID, account_path
from app.cli.replay_bundle import read_bundle_file, write_new_file
from app.cli.replay_diff import Place, read_place
from projections.replay.path import Path, path_of
from projections.replay.path_drawing import draw
from projections.replay.path_mermaid import mermaid
from projections.replay.path_words import after, duration, made_by, title_of


class _Answer(msgspec.Struct, frozen=True):
    account_id: str
    attempt: int | None
    after_version: int
    path: Path


@click.command(cls=Interruptible)
@click.argument("account")
@click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")
@click.option("--svg", type=click.Path(path_type=File), help="Draw it into this file.")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Write it as a Mermaid diagram.")
@key_option
@json_option
def path(
    account: str,
    attempt: int | None,
    svg: File | None,
    key_file: File | None,
    *,
    as_mermaid: bool,
    as_json: bool,
) -> None:
    """Show the path that ACCOUNT took through the lifecycle: visits, transitions and times.

    ACCOUNT may also be a bundle that `replay export` wrote; that needs no service.
    """
    if (svg is not None) + as_mermaid + as_json > 1:
        raise CommandFailed(
            Exit.USAGE, "There is one form at a time.", "Give one of --svg, --mermaid and --json."
        )
    told = (
        _asked(account, attempt, key_file)
        if ACCOUNT_ID.fullmatch(account)
        else _read(account, attempt)
    )
    title = title_of(told.account_id, told.attempt)
    if as_json:
        write_json(told)
    elif as_mermaid:
        click.echo(mermaid(told.path), nl=False)
    elif svg is not None:
        drawn = draw(told.path, title).encode()
        write_new_file(svg, drawn)
        click.echo(f"{svg}: {len(drawn)} bytes.")
    else:
        _show(console(), told, title)


def _asked(account: str, attempt: int | None, key_file: File | None) -> _Answer:
    with connected(key_file) as client:
        return client.get(account_path(account, "/path"), _Answer, {"attempt": attempt})


def _read(file: str, attempt: int | None) -> _Answer:
    """Follow what is in a bundle."""
    bundle = read_bundle_file(File(file))
    log = bundle.log if attempt is None else read_place(Place(file, attempt))
    return _Answer(
        account_id=log.account_id,
        attempt=attempt or bundle.attempt,
        after_version=0 if attempt or bundle.attempt else log.before.version,
        path=path_of([log]),
    )


def _show(out: Console, told: _Answer, title: str) -> None:
    out.print(Text(title, style="bold"))
    if told.after_version:
        out.print(Text(f"What came up to version {told.after_version} is not counted.", "dim"))
    for shown in path_lines(out, told.path):
        out.print()
        out.print(shown)


def path_lines(out: Console, told: Path) -> Iterator[Table]:
    """Give a table of the statuses and one of the transitions, what was taken first."""
    statuses = table(out, "status", "visits", "time")
    for one in told.statuses:
        style = STATUS_STYLES[one.status] if one.visits else "dim"
        spent = duration(one.time_s) if one.visits else ""
        statuses.add_row(Text(one.status.value, style), str(one.visits), spent)
    yield _to_the_right(statuses, 1, 2)
    steps = table(out, "from", "to", "times", "after", "by")
    for one in sorted(told.transitions, key=lambda one: -one.count):
        waited, by = (after(one), made_by(one)) if one.count else ("", ", ".join(one.legal))
        cells = (one.source.value, one.to.value, str(one.count), waited, by)
        steps.add_row(*(Text(cell, "" if one.count else "dim") for cell in cells))
    yield _to_the_right(steps, 2, 3)


def _to_the_right(shown: Table, *columns: int) -> Table:
    for number in columns:
        shown.columns[number].justify = "right"
    return shown
