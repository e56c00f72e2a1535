"""`./linkwright replay to-test …`: an attempt that went wrong, as a regression test."""

from pathlib import Path

import click
import msgspec

from app.cli.client import connected
from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.output import console, json_option, key_option, write_json
from app.cli.paths import account_path
from app.cli.replay_diff import Place, read_place
from projections.replay.pytest_case import PytestCase, pytest_case
from projections.replay.regression import (
    Expected,
    NothingToTest,
    UnknownEnding,
    find_regression,
    read_expected,
)


class _Answer(msgspec.Struct, frozen=True):
    test: PytestCase


class _ExpectedParameter(click.ParamType[Expected]):
    name = "status[:reason]"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Expected:
        try:
            return read_expected(str(value))
        except UnknownEnding as error:
            self.fail(str(error), param, ctx)


@click.command("to-test", cls=Interruptible)
@click.argument("source")
@click.option("--attempt", type=click.IntRange(min=1), help="Its number; the newest by default.")
@click.option(
    "--expect",
    type=_ExpectedParameter(),
    help="How it should have ended, as READY or FAILED:passkey_required. Default: not as it did.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write; it must not exist. Default: standard output.",
)
@key_option
@json_option
def to_test(
    source: str,
    attempt: int | None,
    expect: Expected | None,
    output: Path | None,
    key_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Make an attempt of SOURCE that went wrong a pytest case, as small as it can be.

    SOURCE is an account, or a file that `replay export` wrote.
    """
    place = Place(source, attempt)
    case = _made(place, expect) if place.is_file else _asked(place, expect, key_file)
    if output is not None:
        _write(output, case.source)
    if as_json:
        write_json({"test": case})
    elif output is None:
        click.echo(case.source, nl=False)
    else:
        _tell(output, case)


def _made(place: Place, expected: Expected | None) -> PytestCase:
    try:
        return pytest_case(find_regression(read_place(place), expected))
    except NothingToTest as error:
        raise CommandFailed(
            Exit.REFUSED, str(error), "`--expect` says how it should have ended."
        ) from error


def _asked(place: Place, expected: Expected | None, key_file: Path | None) -> PytestCase:
    query = {"attempt": place.number, "expect": expected and str(expected)}
    with connected(key_file) as client:
        return client.get(account_path(place.source, "/replay/test"), _Answer, query).test


def _write(output: Path, source: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(source)
    except OSError as error:
        raise CommandFailed(
            Exit.USAGE,
            f"{output} cannot be written: {error.strerror}.",
            "Choose another file with -o.",
        ) from error


def _tell(output: Path, case: PytestCase) -> None:
    here = "has the fault: the test is red on it" if case.goes_wrong_here else "does it right"
    console().print(
        f"{output}: {case.name}, {case.inputs_left} of {case.inputs_recorded} inputs are left."
        f" This build {here}.\nRun it with: ./linkwright test {output}",
        soft_wrap=True,
    )
