"""`./linkwright replay …`: the recorded story of an account."""

from pathlib import Path

import click
import msgspec

from app.cli.client import Client, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from app.cli.story_decoding import StoryUnreadable, decode_timeline
from app.cli.story_table import story_lines
from projections.timeline import Timeline


@click.group()
def replay() -> None:
    """Read the recorded story of an account."""


@replay.command(cls=Interruptible)
@click.argument("account")
@click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")
@key_option
@json_option
def show(account: str, attempt: int | None, key_file: Path | None, *, as_json: bool) -> None:
    """Show what happened to ACCOUNT, step by step, and why it failed if it did."""
    with connected(key_file) as client:
        answer = client.send("GET", account_path(account, "/timeline"))
        told = _decoded(client, answer.content)
    told = only_attempt(told, attempt) if attempt is not None else told
    if as_json:
        write_json({"timeline": told})
        return
    out = console()
    for line in story_lines(out, told):
        out.print(line)


def _decoded(client: Client, content: bytes) -> Timeline:
    try:
        return decode_timeline(content)
    except StoryUnreadable as error:
        raise client.not_linkwright(str(error)) from error


def only_attempt(told: Timeline, number: int) -> Timeline:
    """Leave one attempt in the story; CommandFailed when there is none with this number."""
    parts = [part for part in told.attempts if part.attempt and part.attempt.number == number]
    if not parts:
        count = sum(part.attempt is not None for part in told.attempts)
        had = {0: "has had no attempt", 1: "has had one attempt"}.get(
            count, f"has had {count} attempts"
        )
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"There is no attempt {number}: account {told.account_id} {had}.",
            f"`./linkwright replay show {told.account_id}` shows all there is.",
        )
    return msgspec.structs.replace(
        told,
        attempts=tuple(parts),
        time_in_status_s=parts[0].time_in_status_s,
        span_s=parts[0].span_s,
    )
