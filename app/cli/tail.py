"""`./linkwright tail`: what happens, as it happens."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.text import Text

from app.cli.answers import FeedItem
from app.cli.client import connected
from app.cli.ending import Interruptible
from app.cli.feed import follow
from app.cli.output import STATUS_STYLES, console, json_option, key_option, write_json
from domain.reasons import Reason
from domain.status import Status
from projections.feed_data import ITEMS

TYPES = sorted({name for name, _ in ITEMS.values()})
SHOWN = ("ordinal", "percent", "phase", "method", "by", "because", "action")
"""Of an item's data, where it has no sentence."""


class _Page(msgspec.Struct, frozen=True):
    position: int


@click.command(cls=Interruptible)
@click.argument("account", required=False)
@click.option("--workspace", help="Only the accounts of this workspace.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in Status]),
    metavar="STATUS",
    help="Only what left an account in this status; may be given several times.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(TYPES),
    metavar="TYPE",
    help="Only items of this type; may be given several times.",
)
@click.option(
    "--reason",
    "reasons",
    multiple=True,
    type=click.Choice([reason.value for reason in Reason]),
    metavar="REASON",
    help="Only failures and losses with this reason; may be given several times.",
)
@click.option("--correlation-id", help="Only what carries this correlation id.")
@click.option("--after", type=click.IntRange(min=0), help="Begin behind this position of the log.")
@key_option
@json_option
def tail(
    account: str | None,
    after: int | None,
    key_file: Path | None,
    *,
    as_json: bool,
    **filters: str | Sequence[str] | None,
) -> None:
    """Follow what happens to all accounts, or to ACCOUNT, until Ctrl-C; filters can be combined."""
    wanted = {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in {"account": account, **filters}.items()
        if value
    }
    out = console()
    with connected(key_file) as client:
        if after is None:
            after = client.get("/v1/events", _Page, {"limit": 1}).position
        for item in follow(client, wanted, after):
            if as_json:
                write_json(item)
            else:
                out.print(_line(item), soft_wrap=True)


def _line(item: FeedItem) -> Text:
    line = Text(f"{item.at:%H:%M:%S} UTC  ")
    line.append(f"{item.account_id:<27}  ", style="cyan")
    line.append(f"{item.status.value:<14}  ", style=STATUS_STYLES[item.status])
    line.append(f"{item.type:<20}  ")
    line.append(str(item.data.get("sentence") or _details(item)))
    return line


def _details(item: FeedItem) -> str:
    told = [f"{name} {item.data[name]}" for name in SHOWN if item.data.get(name)]
    attempt = [f"attempt {item.attempt.number}"] if item.attempt else []
    return ", ".join(attempt + told)
