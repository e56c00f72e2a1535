"""A comparison as two columns in a terminal, with the place marked where they part."""

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from app.cli.output import table
from app.cli.story_table import LONGEST, WIDE
from projections.replay.comparison import ComparedRow, Comparison, Pair, Side
from projections.text import signed_seconds

PARTED, DIFFERS, ALONE, SAME = "▶", "≠", "·", " "
"""Marks of a line: here they part, the same step but not alike, only beside each other, alike."""
STYLES = {PARTED: "bold red", DIFFERS: "yellow", ALONE: "yellow", SAME: ""}


def comparison_lines(out: Console, told: Comparison) -> Iterator[RenderableType]:
    """Give what is to be printed, in order."""
    yield Text(f"Left:  {_heading(told.left)}")
    yield Text(f"Right: {_heading(told.right)}")
    yield Text()
    wide = not out.is_terminal or out.width >= WIDE
    yield _wide(out, told) if wide else _narrow(out, told)
    for side in (told.left, told.right):
        if side.rows_left_out:
            yield Text(f"{side.rows_left_out} more rows of {side.name} are not compared.")
    yield Text()
    yield Text(told.sentence, style="bold")


def _heading(side: Side) -> str:
    attempt = side.attempt
    if attempt is None:
        return side.name
    kind = "reconnect" if attempt.kind == "reconnect" else attempt.method.replace("_", " ")
    reason = f" ({attempt.reason.value})" if attempt.reason else ""
    started = f"{attempt.started_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{side.name}, {kind}, {started}: {attempt.outcome}{reason}"


def _wide(out: Console, told: Comparison) -> Table:
    shown = table(out, "", "#", "+", "left", "#", "+", "right", "right later by", "wait differs by")
    for number in (1, 2, 4, 5, 7, 8):
        shown.columns[number].justify = "right"
    for index, pair in enumerate(told.pairs):
        mark = _mark(told, index)
        shown.add_row(
            Text(mark, style=STYLES[mark]),
            *_cells(pair.left, mark),
            *_cells(pair.right, mark),
            *_deltas(told, index),
        )
    return shown


def _cells(row: ComparedRow | None, mark: str) -> tuple[Text, Text, Text]:
    if row is None:
        return Text(), Text(), Text()
    return (
        Text(_number(row)),
        Text(signed_seconds(row.since_start_s)),
        Text(row.sentence, style=_style(row, mark)),
    )


def _narrow(out: Console, told: Comparison) -> Table:
    """Put all that a side tells into one cell, and both differences into another."""
    shown = table(out, "", "left", "right", "later by")
    shown.padding = (0, 1, 0, 0)
    for number in (1, 2):
        shown.columns[number].ratio = 1
    shown.columns[3].no_wrap = True
    shown.columns[3].justify = "right"
    for index, pair in enumerate(told.pairs):
        mark = _mark(told, index)
        later, _ = _deltas(told, index)
        sides = (_told(row, mark) for row in (pair.left, pair.right))
        shown.add_row(Text(mark, style=STYLES[mark]), *sides, later)
    return shown


def _told(row: ComparedRow | None, mark: str) -> Text:
    if row is None:
        return Text()
    told = Text.assemble((f"{_number(row)} {signed_seconds(row.since_start_s)}  ", "dim"))
    return told.append(row.sentence, style=_style(row, mark))


def _number(row: ComparedRow) -> str:
    return "·" if row.position is None else str(row.position)


def _style(row: ComparedRow, mark: str) -> str:
    return STYLES[mark] or ("dim" if row.what != "event" else "")


def _mark(told: Comparison, index: int) -> str:
    pair = told.pairs[index]
    if told.first_divergence and told.first_divergence.pair == index:
        return PARTED
    if pair.same:
        return SAME
    return DIFFERS if pair.aligned else ALONE


def _deltas(told: Comparison, index: int) -> tuple[Text, Text]:
    """Tell how much later the right side is, and by how much the wait before differs."""
    pair: Pair = told.pairs[index]
    later = "" if pair.delta_s is None else signed_seconds(pair.delta_s)
    wait = "" if pair.gap_delta_s is None else signed_seconds(pair.gap_delta_s)
    if told.slowest == index:
        style = "bold yellow"
        return Text(later + LONGEST, style=style), Text(wait + LONGEST, style=style)
    blank = " " * len(LONGEST)
    return Text(later + blank), Text(wait + blank)
