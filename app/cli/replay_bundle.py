"""`./linkwright replay export` and `replay open`: a story as a file, and the file as a story."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import click
from msgspec.structs import replace
from rich.text import Text

from app.cli.client import connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from app.cli.story_table import story_lines
from projections.replay.bundle import (
    MOST_BYTES,
    Bundle,
    BundleUnreadable,
    read_bundle,
    read_bundles,
)
from projections.replay.opened import Opened, opened
from projections.replay.redaction import LEVELS
from projections.sentences import clock_time
from projections.text import closing_line

ReadT = TypeVar("ReadT")

attempt_option = click.option("--attempt", type=click.IntRange(min=1), help="Only this attempt.")


@click.command(cls=Interruptible)
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path))
@attempt_option
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default="masked",
    help="How much is redacted: nothing, what tells of a person, ids too, or all that can be."
    " `none` takes the operator's key, and is recorded in the story.  [default: masked]",
)
@key_option
@json_option
def export(
    account: str,
    file: Path,
    attempt: int | None,
    level: str,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Write the story of ACCOUNT to FILE, for somebody who has no service at hand."""
    with connected(key_file) as client:
        query = {"attempt": attempt, "level": level}
        path = account_path(account, "/bundle")
        content = client.send("GET", path, query=query, accept="*/*").content
    write_new_file(file, content)
    if as_json:
        write_json({"file": str(file), "level": level, "size_bytes": len(content)})
        return
    console().print(
        Text(f"{file}: {len(content)} bytes. `./linkwright replay open {file}` tells it."),
        soft_wrap=True,
    )


@click.command("open", cls=Interruptible)
@click.argument("file", type=click.Path(path_type=Path))
@attempt_option
@click.option("--why", is_flag=True, help="Only how it came to where it ended, and why.")
@json_option
def open_bundle(file: Path, attempt: int | None, *, why: bool, as_json: bool) -> None:
    """Tell the story in FILE, which `replay export` wrote: no service, no database, no network."""
    told = opened(_only(read_bundle_file(file), attempt, file))
    if as_json:
        write_json(told)
        return
    out = console()
    out.print(Text(_heading(told), style="bold"), soft_wrap=True)
    for line in _why_lines(told) if why else story_lines(out, told.timeline):
        out.print(line, soft_wrap=why)


def read_bundle_file(path: Path) -> Bundle:
    """Read a bundle; CommandFailed when there is none."""
    return _read(path, read_bundle)


def read_bundles_file(path: Path) -> list[Bundle]:
    """Read one bundle, or several that stand one after another; CommandFailed."""
    return _read(path, read_bundles)


def _read(path: Path, read: Callable[[bytes], ReadT]) -> ReadT:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"{path} cannot be read ({error.strerror or type(error).__name__}).",
            "`./linkwright replay export ACCOUNT FILE` writes one.",
        ) from error
    try:
        return read(content)
    except BundleUnreadable as error:
        raise CommandFailed(
            Exit.USAGE, f"{path}: {error}", "Get the file again from whoever exported it."
        ) from error


def _only(bundle: Bundle, number: int | None, path: Path) -> Bundle:
    if number is None:
        return bundle
    log = bundle.log.attempt(number)
    if log is None:
        numbers = [str(part.before.account.attempts + 1) for part in bundle.log.attempts()]
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"{path} holds no attempt {number}.",
            f"It holds {', '.join(numbers)}." if numbers else "It holds none.",
        )
    return replace(bundle, log=log, attempt=number)


def write_new_file(path: Path, content: bytes) -> None:
    """Write it for nobody else's eyes, and over nothing."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except FileExistsError as error:
        raise CommandFailed(
            Exit.USAGE, f"{path} is there already.", "Give another name, or remove it first."
        ) from error
    except OSError as error:
        raise CommandFailed(
            Exit.FAILED,
            f"{path} cannot be written ({error.strerror or type(error).__name__}).",
            "Give another name.",
        ) from error


def _heading(told: Opened) -> str:
    what = "Story" if told.attempt is None else f"Attempt {told.attempt}"
    where = f", events {told.positions[0]} to {told.positions[1]}" if told.positions else ""
    build = f", written by build {told.build}" if told.build else ""
    return f"{what} of {told.account_id}{where}; redaction: {told.level}{build}."


def _why_lines(told: Opened) -> Iterator[Text]:
    """Tell the path to where the story ends, and what ended it."""
    for step in told.why.led_here:
        yield Text(f"{step.position:>8}  {clock_time(step.at)}  {step.sentence}")
    yield Text(told.why.sentence)
    for attempt in told.causes:
        yield Text(f"Attempt {attempt.number}. {closing_line(attempt.cause)}")
        yield Text(f"Next: {attempt.cause.next_step}")
    for remark in told.why.remarks:
        yield Text(remark.sentence, style="dim")
