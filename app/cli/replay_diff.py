"""`./linkwright replay diff …`: two attempts side by side, of the service or of bundle files."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich.text import Text

from app.cli.client import connected
from app.cli.compare_table import comparison_lines
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import PIPE_WIDTH, console, json_option, key_option, write_json
from app.cli.paths import ACCOUNT_ID, account_path
from app.cli.replay_bundle import read_bundle_file
from projections.replay.account_log import AccountLog
from projections.replay.compare import compare
from projections.replay.comparison import Comparison

USAGE = "ACCOUNT N [OTHER_ACCOUNT] M | FILE [N] FILE [M]"


class Place(msgspec.Struct, frozen=True):
    """Where one of the two attempts is to be found."""

    source: str
    """An account's id, or a file: what cannot be an id is a file."""
    number: int | None = None
    """None: of an account the newest, of a file the only one or the newest."""

    @property
    def is_file(self) -> bool:
        return not ACCOUNT_ID.fullmatch(self.source)


class _Answer(msgspec.Struct, frozen=True):
    comparison: Comparison


@click.command(cls=Interruptible, options_metavar="[OPTIONS]")
@click.argument("attempts", nargs=-1, required=True, metavar=USAGE)
@key_option
@json_option
def diff(attempts: tuple[str, ...], key_file: Path | None, *, as_json: bool) -> None:
    """Lay two attempts side by side: where they part, and which waits differ.

    Of one account or of two, or of bundles that `replay export` wrote.
    """
    left, right = places(attempts)
    if left.is_file or right.is_file:
        told = compare(read_place(left), read_place(right))
    else:
        told = _asked(left, right, key_file)
    if as_json:
        write_json({"comparison": told})
        return
    out = console()
    if not out.is_terminal:
        out.width = 2 * PIPE_WIDTH  # two sentences stand in a row
    for line in comparison_lines(out, told):
        out.print(line, soft_wrap=isinstance(line, Text) and not out.is_terminal)


def places(words: Sequence[str]) -> tuple[Place, Place]:
    """Read what was typed: a number belongs to the source before it."""
    found: list[Place] = []
    source: str | None = None
    for word in words:
        if not (word.isascii() and word.isdigit()):
            found.append(Place(word))
            source = word
        elif source is None or int(word) == 0:
            raise _mistyped()
        elif found[-1].number is None:
            found[-1] = Place(source, int(word))
        else:
            found.append(Place(source, int(word)))
    if len(found) != 2 or found[0].is_file != found[1].is_file:  # noqa: PLR2004  left and right
        raise _mistyped()
    return found[0], found[1]


def _mistyped() -> CommandFailed:
    return CommandFailed(
        Exit.USAGE,
        "Two attempts are needed, both of accounts or both in files.",
        f"Type {USAGE}; N and M are attempts' numbers.",
    )


def _asked(left: Place, right: Place, key_file: Path | None) -> Comparison:
    query = {
        "attempt": left.number,
        "with_account": right.source,
        "with_attempt": right.number,
    }
    with connected(key_file) as client:
        return client.get(account_path(left.source, "/compare"), _Answer, query).comparison


def read_place(place: Place) -> AccountLog:
    """Find the attempt in a bundle."""
    log = read_bundle_file(Path(place.source)).log
    parts = log.attempts()
    found = log.attempt(place.number) if place.number else parts[-1] if parts else None
    if found is None:
        numbers = [str(part.before.account.attempts + 1) for part in parts]
        raise CommandFailed(
            Exit.NOT_FOUND,
            f"{place.source} holds no attempt {place.number or ''}".rstrip() + ".",
            f"It holds attempt {', '.join(numbers)}." if numbers else "Export one with an attempt.",
        )
    return found
