"""A path as an SVG drawing: what was visited in colour, what was not in grey.

It needs nothing from elsewhere. The colours are the pages', and follow the reader's light or dark.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import hypot, log2

from domain.status import Status
from projections.replay.path import Path, StatusVisits, Transition
from projections.replay.path_layout import (
    BOXES,
    HALF_HEIGHT,
    HALF_WIDTH,
    HEIGHT,
    SHARED,
    WIDTH,
    Anchor,
    Point,
    route_of,
)
from projections.replay.path_words import (
    after,
    description,
    duration,
    made_by,
    often,
    taken,
    visits,
)

STYLE = """
.path { --card: #ffffff; --ink: #16211f; --quiet: #5a6a67; --line: #c9d3d1; --idle: #f4f6f7;
 --busy: #1d5fae; --busy-soft: #e2eefb; --good: #11734b; --good-soft: #ddf3e7;
 --bad: #b02a2a; --bad-soft: #fbe5e4; --warn: #8a5a00; --warn-soft: #fbeed3;
 font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
@media (prefers-color-scheme: dark) { .path { --card: #18211f; --ink: #e7efed; --quiet: #9bb0ab;
 --line: #43524f; --idle: #1d2725; --busy: #84b9f5; --busy-soft: #182e47; --good: #5fd49b;
 --good-soft: #14352a; --bad: #ff8f88; --bad-soft: #3d1d1c; --warn: #f0bc5e;
 --warn-soft: #3a2c11; } }
.path text { fill: var(--ink); stroke: var(--card); stroke-width: 4px; paint-order: stroke; }
.path .box text { stroke: none; text-anchor: middle; }
.path .name { font-weight: 600; font-size: 13px; }
.path .title { font-weight: 600; font-size: 16px; }
.path .quiet { fill: var(--quiet); font-size: 11px; }
.path rect { fill: var(--idle); stroke: var(--line); stroke-width: 1.5; }
.path .ground { fill: var(--card); stroke: none; }
.path .arrow { fill: none; stroke: var(--line); }
.path .head { fill: var(--line); }
.path .unvisited text { fill: var(--quiet); }
.path .busy rect { fill: var(--busy-soft); stroke: var(--busy); }
.path .good rect { fill: var(--good-soft); stroke: var(--good); }
.path .bad rect { fill: var(--bad-soft); stroke: var(--bad); }
.path .warn rect { fill: var(--warn-soft); stroke: var(--warn); }
.path .idle rect { stroke: var(--quiet); }
.path .busy .arrow { stroke: var(--busy); } .path .busy .head { fill: var(--busy); }
.path .good .arrow { stroke: var(--good); } .path .good .head { fill: var(--good); }
.path .bad .arrow { stroke: var(--bad); } .path .bad .head { fill: var(--bad); }
.path .warn .arrow { stroke: var(--warn); } .path .warn .head { fill: var(--warn); }
.path .idle .arrow { stroke: var(--quiet); } .path .idle .head { fill: var(--quiet); }
"""
TONES: dict[Status, str] = {
    Status.NOT_CREATED: "idle",
    Status.INITIALIZING: "busy",
    Status.WAITING_QR: "busy",
    Status.AUTHENTICATING: "busy",
    Status.READY: "good",
    Status.FAILED: "bad",
    Status.DISCONNECTED: "warn",
}
"""The colour of a status, and of the arrows that lead to it."""
UNVISITED, THINNEST, THICKEST = 1.5, 2.0, 5.0
CORNER, LINE_HEIGHT, HEAD_LENGTH = 10, 14, 10


def draw(path: Path, title: str) -> str:
    """Draw it as an SVG document."""
    grey = [one for one in path.transitions if not one.count]
    coloured = [one for one in path.transitions if one.count]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="path" role="img" {size}>',
            f"<title>{escape(title)}</title><desc>{escape(description(path))}</desc>",
            f"<style>{STYLE}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
            *map(_arrow, (*grey, *coloured)),
            *map(_box, path.statuses),
            *map(_label, coloured),
            *_heading(path, title),
            "</svg>\n",
        ]
    )


def _box(one: StatusVisits) -> str:
    x, y = BOXES[one.status]
    tone = TONES[one.status] if one.visits else "unvisited"
    return (
        f'<g class="box {tone}"><title>{escape(_told_of(one))}</title>'
        f'<rect x="{x - HALF_WIDTH}" y="{y - HALF_HEIGHT}" width="{2 * HALF_WIDTH}"'
        f' height="{2 * HALF_HEIGHT}" rx="10"/>'
        f"{_text((x, y - 3), one.status.value, 'name')}{_text((x, y + 16), visits(one))}</g>"
    )


def _told_of(one: StatusVisits) -> str:
    return f"{one.status.value}: {visits(one)}"


def _arrow(one: Transition) -> str:
    points = route_of(one.source, one.to).points
    tone, width = "unvisited", UNVISITED
    told = f"{one.source.value} to {one.to.value}: not taken ({', '.join(one.legal)})"
    if one.count:
        tone, width = TONES[one.to], min(THICKEST, THINNEST + log2(one.count))
        told = f"{one.source.value} to {one.to.value}: {taken(one)} ({made_by(one)})"
    tip, foot = points[-1], _towards(points[-1], points[-2], HEAD_LENGTH)
    return (
        f'<g class="{tone}"><title>{escape(told)}</title>'
        f'<path class="arrow" stroke-width="{width:.2f}" d="{_line((*points[:-1], foot))}"/>'
        f'<polygon class="head" points="{_head(tip, foot, width)}"/></g>'
    )


def _label(one: Transition) -> str:
    """Say how often and after how long it was taken, and what made it."""
    route = route_of(one.source, one.to)
    if not route.stacked:
        return _lines(route.label, route.anchor, [taken(one)], [", ".join(one.events)])
    told = _lines(route.label, route.anchor, [often(one), after(one)])
    return told + (_lines(route.events, route.anchor, [], list(one.events)) if route.events else "")


def _lines(at: Point, anchor: Anchor, loud: Sequence[str], quiet: Sequence[str] = ()) -> str:
    lines = [(text, "") for text in loud] + [(text, "quiet") for text in quiet]
    return "".join(
        _text((at[0], at[1] + number * LINE_HEIGHT), text, kind, anchor=anchor)
        for number, (text, kind) in enumerate(lines)
    )


def _heading(path: Path, title: str) -> Iterator[str]:
    whole = duration(sum(one.time_s for one in path.statuses))
    yield _text((20, 32), title, "title", anchor="start")
    told = f"{whole} in all. Arrows: how often, and how long the status before lasted (⌀: mean)."
    yield _text((20, 52), told, "quiet", anchor="start")
    for name, places in SHARED.items():
        for place in places:
            yield _text(place, name, "quiet", anchor="start")


def _text(at: Point, text: str, kind: str = "", *, anchor: Anchor = "middle") -> str:
    marked = f' class="{kind}"' if kind else ""
    return f'<text x="{at[0]}" y="{at[1]}" text-anchor="{anchor}"{marked}>{escape(text)}</text>'


def _line(points: Sequence[Point]) -> str:
    """Go along the points, round the corners."""
    drawn = [f"M{points[0][0]} {points[0][1]}"]
    for last, (x, y), following in zip(points, points[1:], points[2:], strict=False):
        begin, end = _towards((x, y), last, CORNER), _towards((x, y), following, CORNER)
        drawn.append(f"L{begin[0]} {begin[1]}Q{x} {y} {end[0]} {end[1]}")
    drawn.append(f"L{points[-1][0]} {points[-1][1]}")
    return "".join(drawn)


def _towards(start: Point, end: Point, length: float) -> Point:
    """Give the point so far from the start on the way to the end."""
    across, down = end[0] - start[0], end[1] - start[1]
    far = hypot(across, down) or 1.0
    return round(start[0] + across / far * length), round(start[1] + down / far * length)


def _head(tip: Point, foot: Point, width: float) -> str:
    across, down = (tip[0] - foot[0]) / HEAD_LENGTH, (tip[1] - foot[1]) / HEAD_LENGTH
    half = 3.5 + width
    sides = [(foot[0] - down * side * half, foot[1] + across * side * half) for side in (1, -1)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, *sides))
