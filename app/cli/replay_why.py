"""`./linkwright replay why`: why an account is in its status, or why one of its attempts ended."""

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from projections.finding import Finding
from projections.text import closing_line
from projections.why import AttemptWhy, Why


class _Account(msgspec.Struct, frozen=True):
    why: Why


class _Attempt(msgspec.Struct, frozen=True):
    why: AttemptWhy


@click.command(cls=Interruptible)
@click.argument("account")
@click.option(
    "--attempt", type=click.IntRange(min=1), help="Why this attempt ended; an old one, too."
)
@key_option
@json_option
def why(account: str, attempt: int | None, key_file: Path | None, *, as_json: bool) -> None:
    """Say why ACCOUNT is in its status, with the events that prove it, and what to do."""
    with connected(key_file) as client:
        if attempt is None:
            explained = client.get(account_path(account, "/why"), _Account).why
        else:
            path = account_path(account, f"/attempts/{attempt}/why")
            explained = client.get(path, _Attempt).why
    if as_json:
        write_json({"why": explained})
        return
    out = console()
    for line in _lines(explained):
        out.print(line, soft_wrap=True)


def _lines(explained: Why | AttemptWhy) -> Iterator[Text]:
    cause = explained.cause
    if isinstance(explained, Why):
        status = explained.sentence.removesuffix(cause.sentence).rstrip() if cause else ""
        yield Text(f"{explained.status.value}: {status or explained.sentence}", style="bold")
        if explained.waiting is not None:
            yield Text(explained.waiting.sentence)
    else:
        outcome = explained.outcome.replace("_", " ")
        yield Text(f"Attempt {explained.attempt}: {outcome}", style="bold")
        if cause is None:
            yield Text(explained.sentence)
    if cause is not None:
        yield Text(f"{closing_line(cause)}  [{cause.code}]")
        yield Text(f"Next: {cause.next_step}")
    for remark in explained.remarks:
        yield Text(f"Also: {remark.sentence}{_todo(remark)}", style="dim")


def _todo(remark: Finding) -> str:
    return "" if remark.actor == "nobody" else f" {remark.next_step}"
