"""Renders one layout, written in Liquid, under limits that hold for any text and any values.

Who may save a template is not trusted with the service's time and memory: a render has a budget of
steps, every intermediate value a largest size, and only the tags and filters named here exist.
There are no ranges, so every loop is over a list that came with the request.
See docs/decisions/templates.md.
"""

import re
from collections.abc import Callable, Generator, Mapping, Sized
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import msgspec
from liquid import BoundTemplate, Environment, FalsyStrictUndefined, RenderContext
from liquid.builtin import content, illegal, output
from liquid.builtin.tags import assign_tag, case_tag, comment_tag, for_tag, if_tag, unless_tag
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.token import Token
from liquid.undefined import is_undefined
from liquid.utils import ReadOnlyChainMap

from app.templates.fields import visible
from app.templates.formats import Formats
from app.templates.layout_filters import FILTERS, LONGEST_VALUE
from app.templates.rendered import (
    LONGEST_MESSAGE,
    LONGEST_SOURCE,
    BadTemplate,
    Unfit,
    UnfitValues,
    check_length,
)

LONGEST_MARKUP = 500
"""Characters between one pair of brackets."""
STEPS = 100_000
"""A step takes some microseconds. An invoice of 200 items takes 17,000."""
FILTER_STEPS = 10
"""Writing an amount takes as long as ten tags."""
LARGEST_INTEGER = 10**18
DEEPEST_VALUES = 8
MOST_VALUES = 10_000
PARSED_KEPT = 64

_TAGS = (
    content.Literal,
    output.Output,
    illegal.Illegal,
    if_tag.IfTag,
    unless_tag.UnlessTag,
    case_tag.CaseTag,
    for_tag.ForTag,
    for_tag.BreakTag,
    for_tag.ContinueTag,
    assign_tag.AssignTag,
    comment_tag.CommentTag,
)
_MARKUP = (re.compile(r"\{\{.*?\}\}", re.DOTALL), re.compile(r"\{%.*?%\}", re.DOTALL))
_BRACKETS = re.compile(r"\{\{|\{%|\}\}|%\}")
_CLOSING = {"{{": "}}", "{%": "%}"}
_BROKEN = (LiquidError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What liquid and its filters raise on odd templates and values."""


class Layout(msgspec.Struct, frozen=True):
    """A template's text, understood."""

    parsed: BoundTemplate
    needs: tuple[str, ...]
    """Every value that it names, such as `customer.name`."""
    pieces: int
    """How many tags, outputs and filters it has at most."""


@lru_cache(maxsize=PARSED_KEPT)
def parse(source: str) -> Layout:
    """Understand a template; BadTemplate says what is wrong with it, and in which line."""
    if len(source) > LONGEST_SOURCE:
        raise BadTemplate(f"A template has at most {LONGEST_SOURCE:,} characters.")
    if not source.strip():
        raise BadTemplate("The template is empty.")
    _check_brackets(source)
    if any(".." in found for kind in _MARKUP for found in kind.findall(source)):
        raise BadTemplate("Two dots in a row, a range, are not allowed between {{ }} and {% %}.")
    try:
        parsed = _environment().from_string(source)
        filters = sorted(set(parsed.filter_names()) - FILTERS.keys())
        needs = tuple(sorted(set(parsed.global_variable_paths())))
    except _BROKEN as error:
        raise BadTemplate(_sentence(error)) from error
    if filters:
        raise BadTemplate(f"There is no filter named {', '.join(filters)}.")
    return Layout(parsed, needs, sum(map(source.count, ("{%", "{{", "|"))))


def render(source: str, values: Mapping[str, Any], formats: Formats) -> str:
    """Give the message's text; UnfitValues or BadTemplate say why there is none."""
    layout = parse(source)
    context = _Context(layout.parsed, globals=_clean(values))
    context.begin(layout.pieces, formats)
    buffer = context.get_buffer()
    try:
        layout.parsed.render_with_context(context, buffer)
    except UndefinedError as error:
        name = str(error.message).removesuffix(" is undefined").strip("'")
        raise UnfitValues(Unfit(name, "is missing")) from error
    except ResourceLimitError as error:
        raise BadTemplate("The template does more than one message needs.") from error
    except _BROKEN as error:
        raise BadTemplate(_sentence(error)) from error
    lines = (line.rstrip() for line in buffer.getvalue().splitlines())
    return check_length(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())


def _check_brackets(source: str) -> None:
    """See that each {{ and {% is closed, soon and before the next is opened.

    Liquid's lexer goes back over what it cannot read: 16,000 spaces within one took it 20 s.
    """
    opened: re.Match[str] | None = None
    for bracket in _BRACKETS.finditer(source):
        if opened is None:
            opened = bracket if bracket[0] in _CLOSING else None
        elif bracket[0] == _CLOSING[opened[0]]:
            if bracket.start() - opened.end() > LONGEST_MARKUP:
                break
            opened = None
        else:
            break
    if opened is not None:
        line = source.count("\n", 0, opened.start()) + 1
        told = f"{opened[0]} is not closed within {LONGEST_MARKUP} characters"
        raise BadTemplate(f"Line {line}: {told}, or before the next.")


class _Missing(FalsyStrictUndefined):
    """May be asked whether it is there, and be given a default; anything else names it."""

    force_liquid_default = True


class _Environment(Environment):
    block_nesting_limit = 10
    context_depth_limit = 20
    local_namespace_limit = 4 * LONGEST_VALUE
    output_stream_limit = 4 * LONGEST_MESSAGE
    undefined = _Missing

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:  # noqa: ARG002  liquid's
        for tag in _TAGS:
            self.add_tag(tag)
        for name, function in FILTERS.items():
            self.add_filter(name, function)


class _Context(RenderContext):
    """Counts the steps of one render."""

    def begin(self, pieces: int, formats: Formats) -> None:
        self.steps_left = STEPS
        self.pieces = pieces
        self.tag_namespace["formats"] = formats
        # Without liquid's `now` and `today`: the same values give the same text.
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)

    def take(self, steps: int) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            raise ResourceLimitError("too many steps", token=None)

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Generator[RenderContext]:  # noqa: ANN401  a type of liquid's inside
        self.take(forloop.length * self.pieces)
        with super().loop(namespace, forloop) as context:
            yield context

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        function = super().filter(name, token)

        def counted(left: object, *args: object, **named: object) -> object:
            self.take(FILTER_STEPS + sum(map(_cost, (left, *args))))
            given = function(left, *args, **named)
            if _size(given) > LONGEST_VALUE:
                raise ResourceLimitError("a value is too large", token=token)
            return given

        return counted


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return _Environment(undefined=_Missing)


def _size(value: object) -> int:
    if isinstance(value, int):
        return value.bit_length()
    return len(value) if isinstance(value, Sized) and not is_undefined(value) else 1


def _cost(value: object) -> int:
    """Say how many steps it takes to go through a value: a member is one, or 16 characters."""
    return len(value) // 16 if isinstance(value, str) else _size(value)


def _clean(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy the values as far as a layout may see them: null is as good as not there.

    UnfitValues when they are too many.
    """
    left = MOST_VALUES

    def copy(value: Any, field: str, depth: int) -> Any:  # noqa: ANN401  any JSON
        nonlocal left
        left -= 1
        if left < 0 or depth > DEEPEST_VALUES:
            raise UnfitValues(Unfit(field, "there are too many values, or too deep in each other"))
        match value:
            case str():
                return visible(value)
            case int() if abs(value) >= LARGEST_INTEGER:
                raise UnfitValues(Unfit(field, "the number is too large"))
            case Mapping():
                members = cast("Mapping[str, Any]", value)
                given = ((key, one) for key, one in members.items() if one is not None)
                return {key: copy(one, key, depth + 1) for key, one in given}
            case list():
                return [copy(one, field, depth + 1) for one in cast("list[Any]", value)]
            case _:
                return value

    return copy(values, "values", 0)


def _sentence(error: Exception) -> str:
    """Say what is wrong in one line, with its place if liquid knows it."""
    if not isinstance(error, LiquidError):
        return "The template cannot be worked out with these values."
    said = str(error.message).split("\n")[0]
    place = error.context()
    return f"{f'Line {place[0]}: ' if place else ''}{said}."
