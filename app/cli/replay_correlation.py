"""`./linkwright replay correlation …`: everything that followed from one request."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import click
import msgspec
from rich.text import Text

from app.cli.client import Client, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.correlations import Correlated
from projections.replay.correlation import CorrelatedRow

MOST_ROWS = 10_000
"""Written at most: an id that carries more than this was not made for one request."""


class _Answer(msgspec.Struct, frozen=True):
    correlated: Correlated


@click.command(cls=Interruptible)
@click.argument("correlation")
@click.option("--workspace", help="Only the accounts of this workspace, and itself.")
@key_option
@json_option
def correlation(
    correlation: str, workspace: str | None, key_file: Path | None, *, as_json: bool
) -> None:
    """Tell everything that carries the id CORRELATION, across accounts, in the log's order."""
    with connected(key_file) as client:
        rows = list(_rows(client, correlation, workspace))
    if not rows:
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"Nothing in the log carries the correlation id {correlation}.",
            "The answer to a request names its id in the header X-Correlation-Id.",
        )
    if as_json:
        write_json({"rows": rows})
        return
    out = console()
    for row in rows:
        out.print(_line(row), soft_wrap=True)


def _rows(client: Client, correlation_id: str, workspace: str | None) -> Iterator[CorrelatedRow]:
    path = f"/v1/correlations/{quote(correlation_id, safe='')}"
    after = count = 0
    while count < MOST_ROWS:
        query = {"workspace": workspace, "after": after}
        page = client.get(path, _Answer, query).correlated
        yield from page.rows
        count += len(page.rows)
        after = page.next_after
        if not page.more:
            return


def _line(row: CorrelatedRow) -> Text:
    line = Text(f"{row.at:%Y-%m-%d %H:%M:%S} UTC  ")
    line.append(f"{row.account_id or 'workspace ' + row.workspace:<27}", style="cyan")
    line.append(f"  {row.actor:<14}  ", style="dim")
    line.append(row.sentence, style="" if row.what == "event" else "yellow")
    return line
