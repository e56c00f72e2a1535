"""A timeline as tables in a terminal: one for each attempt, its cause as the last line."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.rule import Rule
from rich.text import Text

from app.cli.output import table
from projections.text import COLUMNS, Mark, TextRow, TextSection, render_timeline
from projections.timeline import Timeline

WIDE = 160
"""Columns that a row needs beside each other; below, status and doer move into the sentence."""
STYLES: dict[Mark, str] = {
    "": "",
    "event": "cyan",
    "success": "bold green",
    "failure": "bold red",
    "ignored": "dim",
    "refused": "yellow",
}
LONGEST = " ◀"
"""Stands beside the wait that took most of the linking."""

NUMBER, SEEN, RECORDED, SINCE_START, GAP, STATUS, WHAT, WHO = range(len(COLUMNS))


def story_lines(out: Console, told: Timeline) -> Iterator[RenderableType]:
    """Give what is to be printed, in order."""
    if not told.attempts:
        yield Text("Nothing is recorded of this account yet.")
    for number, section in enumerate(render_timeline(told)):
        if number:
            yield Text()
        yield from _section(out, section)


def _section(out: Console, section: TextSection) -> Iterator[RenderableType]:
    if out.is_terminal:
        yield Rule(Text(section.heading, style="bold"), align="left", style="dim")
    else:
        yield Text(section.heading)
    wide = not out.is_terminal or out.width >= WIDE
    yield _wide(out, section) if wide else _narrow(out, section)
    if section.time_in_status:
        yield Text(section.time_in_status, style="dim")
    yield _closing(section)


def _wide(out: Console, section: TextSection) -> RenderableType:
    shown = table(out, *COLUMNS)
    for number in (NUMBER, SINCE_START, GAP):
        shown.columns[number].justify = "right"
    for row in section.rows:
        style = STYLES[row.mark]
        cells = [Text(cell) for cell in row.cells]
        cells[GAP] = _gap(row)
        cells[STATUS].stylize(style)
        cells[WHAT].stylize(style if row.mark in ("failure", "ignored", "refused") else "")
        cells[WHO].stylize("dim")
        shown.add_row(*cells)
    return shown


def _narrow(out: Console, section: TextSection) -> RenderableType:
    headings = (COLUMNS[NUMBER], COLUMNS[SEEN], COLUMNS[RECORDED], COLUMNS[SINCE_START])
    shown = table(out, *headings, COLUMNS[GAP], "what happened")
    shown.padding = (0, 1, 0, 0)
    for number, column in enumerate(shown.columns):
        column.no_wrap = number < len(headings) + 1
    for number in (NUMBER, SINCE_START, GAP):
        shown.columns[number].justify = "right"
    for row in section.rows:
        cells = row.cells
        shown.add_row(
            cells[NUMBER], cells[SEEN], cells[RECORDED], cells[SINCE_START], _gap(row), _told(row)
        )
    return shown


def _told(row: TextRow) -> Text:
    """Say the change of status, what happened, and who did it, in one cell."""
    style, told = STYLES[row.mark], Text()
    _, arrow, after = row.cells[STATUS].partition("→")
    if arrow:
        told.append(f"→{after}  ", style=style or "cyan")
    quiet = row.mark in ("failure", "ignored", "refused")
    told.append(row.cells[WHAT], style=style if quiet else "")
    kind = row.cells[WHO].partition(":")[0]
    return told.append(f" ({kind})", style="dim")


def _gap(row: TextRow) -> Text:
    text = row.cells[GAP]
    if row.longest_wait:
        return Text(text + LONGEST, style="bold yellow")
    return Text(text + " " * len(LONGEST))


def _closing(section: TextSection) -> RenderableType:
    """Put cause, proof and what to do into the last line."""
    if not section.next_step:
        return Text(section.closing, style="bold")
    head, _, rest = section.closing.partition(" ")
    return Text.assemble((head, "bold red"), f" {rest}  {section.next_step}")
