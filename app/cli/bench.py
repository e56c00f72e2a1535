"""`linkwright bench NAME`: measure, beside references from the same run. Modules of tests/bench."""

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click
import httpx
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.cli.ending import CommandFailed, Exit, Interruptible
from app.cli.figures import Figure, Listing, Report
from app.cli.output import console, is_live, json_option, table, write_json

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "bench"
MOST_SAMPLES = 1000
MOST_DIGITS = 10_000
"""From here on a figure is written with separators and without a fraction."""
WIDE = 120
"""Columns that the numbers need with their meaning beside them."""

Say = Callable[[str], None]
Measure = Callable[[Say, int], Report]
"""What a module offers as `measure`: how to tell of progress, and how many samples to take."""


@click.command(cls=Interruptible)
@click.argument("name", required=False)
@click.option(
    "--samples",
    type=click.IntRange(1, MOST_SAMPLES),
    default=10,
    show_default=True,
    help="How often each thing is measured.",
)
@json_option
def bench(name: str | None, samples: int, *, as_json: bool) -> None:
    """Measure Linkwright on this machine. Without NAME: list what can be measured.

    Everything that a benchmark starts is its own and is stopped at its end.
    """
    known = benchmarks()
    out = console()
    if name is None:
        _list(out, known, as_json=as_json)
        return
    if name not in known:
        raise CommandFailed(
            Exit.USAGE,
            f"There is no benchmark {name!r}.",
            f"There are: {', '.join(known) or 'none, for tests/bench is not installed here'}.",
        )
    measure: Measure = import_module(f"tests.bench.{name}").measure
    try:
        report = _measured(out, measure, samples, quiet=as_json)
    except (AssertionError, RuntimeError, OSError, httpx.HTTPError) as error:
        raise CommandFailed(
            Exit.FAILED,
            f"The benchmark broke off ({type(error).__name__}: {error}).",
            "`./linkwright doctor` says whether this machine has what it needs.",
        ) from error
    if as_json:
        write_json(report)
    else:
        _show(out, report)


def benchmarks() -> dict[str, str]:
    """Find the modules that have a `measure`, with the first line of what each says of itself."""
    found: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if "measure" in functions:
            found[path.stem] = (ast.get_docstring(tree) or path.stem).splitlines()[0]
    return found


def _list(out: Console, known: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        write_json({"benchmarks": known})
        return
    shown = table(out, "benchmark", "what it measures")
    for name, sentence in known.items():
        shown.add_row(name, sentence)
    out.print(shown)


def _measured(out: Console, measure: Measure, samples: int, *, quiet: bool) -> Report:
    """Measure, and tell of it on standard error: standard output is the report's alone."""
    if quiet or not is_live(out):
        return measure(lambda sentence: click.echo(sentence, file=sys.stderr), samples)
    with out.status("Starting …") as status:
        return measure(status.update, samples)


def _show(out: Console, report: Report) -> None:
    for title, figures in (("Linkwright", report.figures), ("reference", report.references)):
        out.print(_drawn(out, title, figures))
        out.print()
    if out.width < WIDE:
        for name, figure in (report.figures | report.references).items():
            out.print(Text.assemble(f"{name}: ", (figure.meaning, "dim")))
        out.print()
    for title, listing in report.listings.items():
        out.print(_listed(out, title, listing))
        out.print()
    for pair, ratio in report.ratios.items():
        out.print(Text.assemble(f"{pair}: ", (f"{ratio:.2f}", "bold")))
    for name, why in report.skipped.items():
        out.print(Text(f"{name} was not measured: {why}", style="yellow"))
    out.print(Text(", ".join(_told(report)), style="dim"))


def _drawn(out: Console, title: str, figures: dict[str, Figure]) -> Table:
    """Draw one table; where there is no room beside the numbers, their meaning comes below."""
    shown = table(out, title, "samples", "min", "median", "p90", "p99", "max", "aim")
    for column in shown.columns:
        column.no_wrap = True
        column.justify = "right"
    shown.columns[0].justify = "left"
    if out.width >= WIDE:
        shown.add_column("meaning")
    for name, figure in figures.items():
        meaning = [Text(figure.meaning, style="dim")] if out.width >= WIDE else []
        shown.add_row(name, *_cells(figure), *meaning)
    return shown


def _listed(out: Console, title: str, listing: Listing) -> Table:
    shown = table(out, *listing.columns)
    shown.title = title
    for row in listing.rows:
        shown.add_row(*map(Text, row))
    return shown


def _cells(figure: Figure) -> Iterator[Text]:
    yield Text(str(figure.count))
    for value in (figure.min, figure.median, figure.p90, figure.p99, figure.max):
        written = f"{value:g}" if value < MOST_DIGITS else f"{value:,.0f}"
        yield Text(f"{written} {figure.unit}".rstrip())
    yield _aim(figure)


def _aim(figure: Figure) -> Text:
    if figure.aim is None:
        return Text()
    met = figure.median >= figure.aim if figure.unit == "/s" else figure.median <= figure.aim
    sign, style = ("met", "green") if met else ("not met", "bold yellow")
    return Text(f"{figure.aim:,.10g} {figure.unit}".rstrip() + f" {sign}", style=style)


def _told(report: Report) -> Iterator[str]:
    for name, value in report.machine.items():
        yield f"{name.replace('_', ' ')} {value}"
