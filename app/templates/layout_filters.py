"""The filters of layouts: those of Liquid that cannot grow out of hand, and WhatsApp's own."""

from collections.abc import Callable
from typing import Any, cast

from liquid import RenderContext
from liquid.builtin.filters import array, math, misc, string
from liquid.exceptions import FilterArgumentError
from liquid.filter import liquid_filter, string_filter, with_context

from app.templates.formats import Formats, read_number

LONGEST_VALUE = 20_000
"""Characters of a text, or members of a list, that a filter may give."""


@with_context
@liquid_filter
def money(amount: object, currency: object = None, *, context: RenderContext) -> str:
    """Write an amount with its currency: the values' own, unless another is named."""
    formats = _formats(context)
    if currency is not None:
        formats = formats.in_currency(str(currency))
    return formats.money(_number(amount))


@with_context
@liquid_filter
def number(value: object, *, context: RenderContext) -> str:
    """Write a number with its digits grouped."""
    return _formats(context).number(_number(value))


@with_context
@liquid_filter
def date(value: object, *, context: RenderContext) -> str:
    """Write a date; what is no date stays as it is."""
    return _formats(context).day(value) or str(value)


@string_filter
def bold(text: str) -> str:
    """Put text in bold. Its own asterisks would end that early: WhatsApp knows no escape."""
    return _wrapped(text, "*")


@string_filter
def italic(text: str) -> str:
    """Put text in italics."""
    return _wrapped(text, "_")


@string_filter
def strike(text: str) -> str:
    """Strike text through."""
    return _wrapped(text, "~")


@string_filter
def mono(text: str) -> str:
    """Put text in type of one width."""
    return f"```{text.replace('`', '')}```" if text.strip() else ""


@string_filter
def quote(text: str) -> str:
    """Put every line behind WhatsApp's mark of a quotation."""
    return "\n".join(f"> {line}" for line in text.splitlines())


@string_filter
def one_line(text: str) -> str:
    """Put text on one line."""
    return " ".join(text.split())


@liquid_filter
def columns(rows: object) -> str:
    """Align pairs of a label and an amount, in type of one width."""
    if not isinstance(rows, list):
        raise FilterArgumentError("columns needs a list of pairs", token=None)
    pairs = [_pair(row) for row in cast("list[object]", rows)]
    left = max((len(label) for label, _ in pairs), default=0)
    right = max((len(amount) for _, amount in pairs), default=0)
    if (left + right) * len(pairs) > LONGEST_VALUE:
        raise FilterArgumentError("columns are too wide", token=None)
    lines = [f"{label:<{left}}  {amount:>{right}}".replace("`", "") for label, amount in pairs]
    return "```" + "\n".join(lines) + "```" if lines else ""


@string_filter
def replace(text: str, old: object, new: object = "") -> str:
    """Replace text; what would grow too long is refused before it does."""
    before, after = str(old), str(new)
    if len(text) + text.count(before) * len(after) > LONGEST_VALUE:
        raise FilterArgumentError("replace gives too much text", token=None)
    return text.replace(before, after)


def _formats(context: RenderContext) -> Formats:
    formats = context.tag_namespace["formats"]
    assert isinstance(formats, Formats)  # noqa: S101  for the type checker: put there for the render
    return formats


def _number(value: object) -> Any:  # noqa: ANN401  a Decimal, which liquid's types do not know
    found = read_number(value)
    if found is None:
        raise FilterArgumentError("is not a number", token=None)
    return found


def _pair(row: object) -> tuple[str, str]:
    pair = cast("list[object]", row) if isinstance(row, list) else []
    if len(pair) != 2:  # noqa: PLR2004  a pair
        raise FilterArgumentError("columns needs a list of pairs", token=None)
    return str(pair[0]), str(pair[1])


def _wrapped(text: str, mark: str) -> str:
    inner = " ".join(text.replace(mark, "").splitlines()).strip()
    return f"{mark}{inner}{mark}" if inner else ""


FILTERS: dict[str, Callable[..., Any]] = {
    "append": string.append,
    "prepend": string.prepend,
    "capitalize": string.capitalize,
    "downcase": string.downcase,
    "upcase": string.upcase,
    "strip": string.strip,
    "truncate": string.truncate,
    "default": misc.default,
    "size": misc.size,
    "first": array.first,
    "last": array.last,
    "join": array.join,
    "map": array.map_,
    "plus": math.plus,
    "minus": math.minus,
    "times": math.times,
    "divided_by": math.divided_by,
    "round": math.round_,
    "replace": replace,
    "money": money,
    "number": number,
    "date": date,
    "bold": bold,
    "italic": italic,
    "strike": strike,
    "mono": mono,
    "quote": quote,
    "one_line": one_line,
    "columns": columns,
}
