"""`./linkwright replay …`: the recorded story of an account."""

from pathlib import Path

import click
import msgspec

from app.cli.client import Client, connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from app.cli.replay_bundle import export, open_bundle
from app.cli.replay_correlation import correlation
from app.cli.replay_decided import redecide, what_if
from app.cli.replay_diff import diff
from app.cli.replay_fleet import replay_fleet
from app.cli.replay_path import path
from app.cli.replay_state import state, step
from app.cli.replay_statistics import replay_statistics
from app.cli.replay_to_test import to_test
from app.cli.replay_why import why
from app.cli.story_decoding import StoryUnreadable, decode_timeline
from app.cli.story_table import story_lines
from projections.timeline import Timeline


@click.group()
def replay() -> None:
    """Read the recorded story of an account."""


replay.add_command(why)
replay.add_command(export)
replay.add_command(open_bundle)
replay.add_command(diff)
replay.add_command(path)
replay.add_command(to_test)
replay.add_command(correlation)
replay.add_command(state)
replay.add_command(step)
replay.add_command(redecide)
replay.add_command(what_if)
replay.add_command(replay_fleet)
replay.add_command(replay_statistics)


@replay.command(cls=Interruptible)
@click.argument("account")
@click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")
@click.option(
    "--until-version", type=click.IntRange(min=1), help="Only up to this version of the account."
)
@click.option(
    "--unmasked",
    is_flag=True,
    help="Show phone numbers, names, labels and details. Takes the operator's key, and is recorded"
    " in the story.",
)
@key_option
@json_option
def show(
    account: str,
    attempt: int | None,
    until_version: int | None,
    key_file: Path | None,
    *,
    unmasked: bool,
    as_json: bool,
) -> None:
    """Show what happened to ACCOUNT, step by step, and why it failed if it did."""
    with connected(key_file) as client:
        told = _story(client, account, until_version, unmasked=unmasked)
        while attempt is not None and told.after_version and not _tells(told, attempt):
            told = _story(client, account, told.after_version, unmasked=unmasked)
    told = only_attempt(told, attempt) if attempt is not None else told
    if as_json:
        write_json({"timeline": told})
        return
    out = console()
    if told.after_version and attempt is None:
        out.print(
            f"What came before: ./linkwright replay show {account}"
            f" --until-version {told.after_version}",
            soft_wrap=True,
        )
    for line in story_lines(out, told):
        out.print(line)


def _story(client: Client, account: str, until_version: int | None, *, unmasked: bool) -> Timeline:
    """Ask for the story; of a long one comes the newest part."""
    query = {"until_version": until_version, "unmasked": "true" if unmasked else None}
    answer = client.send("GET", account_path(account, "/timeline"), query=query)
    try:
        return decode_timeline(answer.content)
    except StoryUnreadable as error:
        raise client.not_linkwright(str(error)) from error


def _tells(told: Timeline, number: int) -> bool:
    return any(part.attempt and part.attempt.number <= number for part in told.attempts)


def only_attempt(told: Timeline, number: int) -> Timeline:
    """Leave one attempt in the story; CommandFailed when there is none with this number."""
    parts = [part for part in told.attempts if part.attempt and part.attempt.number == number]
    if not parts:
        count = max((part.attempt.number for part in told.attempts if part.attempt), default=0)
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
