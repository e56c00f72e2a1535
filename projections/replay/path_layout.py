"""Where the lifecycle's statuses and transitions stand in the drawing; laid by hand, once.

The five statuses of a normal run stand in a row, the two endings below. Arrows run along the axes;
those of AccountDestroyed share a line above the row, and one below the endings.
"""

from typing import Literal

import msgspec

from domain.status import Status as S  # noqa: N817  the table must stay readable aloud

WIDTH, HEIGHT = 1236, 672
HALF_WIDTH, HALF_HEIGHT = 70, 32
ROW, ENDINGS = 256, 476
BOXES: dict[S, tuple[int, int]] = {
    S.NOT_CREATED: (90, ROW),
    S.INITIALIZING: (354, ROW),
    S.WAITING_QR: (618, ROW),
    S.AUTHENTICATING: (882, ROW),
    S.READY: (1146, ROW),
    S.FAILED: (618, ENDINGS),
    S.DISCONNECTED: (1146, ENDINGS),
}
"""Status -> the centre of its box."""

Point = tuple[int, int]
Anchor = Literal["start", "middle", "end"]


class Route(msgspec.Struct, frozen=True):
    """One arrow: its corners, and where its label stands."""

    points: tuple[Point, ...]
    label: Point
    """The base line of the first line."""
    anchor: Anchor = "middle"
    stacked: bool = False
    """There is little room across: count and time stand in two lines, each event in its own."""
    events: Point | None = None
    """Of a stacked label: the base line of the first event. None: the shared line is named."""


_TOP, _BOTTOM = ROW - HALF_HEIGHT, ROW + HALF_HEIGHT
_OVER, _UNDER = ENDINGS - HALF_HEIGHT, ENDINGS + HALF_HEIGHT
_HIGH, _LOW = 82, 636
SHARED: dict[str, tuple[Point, ...]] = {
    "AccountDestroyed": ((100, _HIGH - 8), (100, _LOW - 8)),
}
"""Event -> where the lines are named that its arrows share."""


def _in_row(left: int) -> Route:
    """Lead from the box that ends here to the next one in the row."""
    middle = left + 58
    return Route(
        ((left, ROW), (left + 124, ROW)),
        (middle, ROW - 24),
        stacked=True,
        events=(middle, ROW + 18),
    )


def _destroyed(x: int, label: Point, anchor: Anchor, *, above: bool) -> Route:
    box, line, entry = (_TOP, _HIGH, _TOP) if above else (_UNDER, _LOW, _BOTTOM)
    return Route(((x, box), (x, line), (90, line), (90, entry)), label, anchor, stacked=True)


ROUTES: dict[tuple[S, S], Route] = {
    # The normal run.
    (S.NOT_CREATED, S.INITIALIZING): _in_row(160),
    (S.INITIALIZING, S.WAITING_QR): _in_row(424),
    (S.WAITING_QR, S.AUTHENTICATING): _in_row(688),
    (S.AUTHENTICATING, S.READY): _in_row(952),
    # Past the code, and back to it.
    (S.INITIALIZING, S.AUTHENTICATING): Route(
        ((374, _TOP), (374, 180), (862, 180), (862, _TOP)), (540, 160)
    ),
    (S.AUTHENTICATING, S.INITIALIZING): Route(
        ((902, _TOP), (902, 132), (334, 132), (334, _TOP)), (540, 112)
    ),
    # Failures, and the next attempt.
    (S.INITIALIZING, S.FAILED): Route(((384, _BOTTOM), (384, 464), (548, 464)), (464, 442)),
    (S.WAITING_QR, S.FAILED): Route(((618, _BOTTOM), (618, _OVER)), (630, 364), "start"),
    (S.AUTHENTICATING, S.FAILED): Route(((852, _BOTTOM), (852, 476), (688, 476)), (772, 454)),
    (S.FAILED, S.INITIALIZING): Route(((548, 488), (344, 488), (344, _BOTTOM)), (450, 506)),
    # Lost links, and coming back.
    (S.READY, S.DISCONNECTED): Route(
        ((1146, _BOTTOM), (1146, _OVER)), (1134, 330), "end", stacked=True, events=(1134, 360)
    ),
    (S.AUTHENTICATING, S.DISCONNECTED): Route(
        ((912, _BOTTOM), (912, 476), (1076, 476)), (992, 454)
    ),
    (S.INITIALIZING, S.DISCONNECTED): Route(
        ((314, _BOTTOM), (314, 552), (1126, 552), (1126, _UNDER)), (870, 532)
    ),
    (S.DISCONNECTED, S.INITIALIZING): Route(
        ((1166, _UNDER), (1166, 596), (294, 596), (294, _BOTTOM)), (870, 576)
    ),
    # Destroyed.
    (S.INITIALIZING, S.NOT_CREATED): _destroyed(304, (294, 104), "end", above=True),
    (S.WAITING_QR, S.NOT_CREATED): _destroyed(672, (682, 104), "start", above=True),
    (S.AUTHENTICATING, S.NOT_CREATED): _destroyed(936, (946, 104), "start", above=True),
    (S.READY, S.NOT_CREATED): _destroyed(1146, (1136, 104), "end", above=True),
    (S.FAILED, S.NOT_CREATED): _destroyed(618, (608, 614), "end", above=False),
    (S.DISCONNECTED, S.NOT_CREATED): _destroyed(1196, (1186, 614), "end", above=False),
}


def route_of(source: S, to: S) -> Route:
    """Give an arrow's route; one that no table has any more goes straight through."""
    known = ROUTES.get((source, to))
    if known is not None:
        return known
    begin, end = BOXES[source], BOXES[to]
    return Route((begin, end), ((begin[0] + end[0]) // 2, (begin[1] + end[1]) // 2))
