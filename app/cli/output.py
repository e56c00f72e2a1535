"""What the commands write with: colours in a terminal, plain lines of any width in a pipe."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

from domain.status import Status

PIPE_WIDTH = 250
"""Nothing is cut off for a program that reads us; the widest row of a timeline is about 200."""

STATUS_STYLES: dict[Status, str] = {
    Status.NOT_CREATED: "dim",
    Status.INITIALIZING: "cyan",
    Status.WAITING_QR: "bold cyan",
    Status.AUTHENTICATING: "bold cyan",
    Status.READY: "bold green",
    Status.FAILED: "bold red",
    Status.DISCONNECTED: "yellow",
}

Function = TypeVar("Function", bound=Callable[..., Any])


def console() -> Console:
    """Make the console of one command."""
    made = Console(highlight=False, emoji=False, markup=False)
    return made if made.is_terminal else plain_console()


def plain_console() -> Console:
    """Make a console that writes what a program can read, wherever it goes."""
    return Console(highlight=False, emoji=False, markup=False, color_system=None, width=PIPE_WIDTH)


def is_live(out: Console) -> bool:
    """Tell whether something may be redrawn in place."""
    return out.is_terminal and not out.is_dumb_terminal and sys.stdout.isatty()


def table(out: Console, *headings: str) -> Table:
    """Start a table: ruled lightly for people, columns only in a pipe."""
    made = Table(
        box=None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="bold" if out.is_terminal else "",
    )
    for heading in headings:
        made.add_column(heading, no_wrap=not out.is_terminal, overflow="fold")
    return made


def write_json(value: object) -> None:
    """Write one JSON value and a line's end, at once: a reader may be waiting for it."""
    click.echo(msgspec.json.encode(value).decode())
    sys.stdout.flush()


def json_option(function: Function) -> Function:
    """Add `--json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Write JSON for programs instead of text."
    )(function)


def key_option(function: Function) -> Function:
    """Add `--key-file`."""
    return click.option(
        "--key-file",
        type=click.Path(path_type=Path),
        help="File that holds the API key. Default: LINKWRIGHT_API_KEY, or your own data folder's.",
    )(function)
