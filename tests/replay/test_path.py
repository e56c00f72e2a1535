"""The path through the lifecycle is counted, and drawn with everything that was not taken."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from domain.diagram import transitions
from domain.evolve import evolve
from domain.lifecycle import STEPS
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.status import Status as S  # noqa: N817  as in the lifecycle's table
from projections.replay.account_log import AccountLog
from projections.replay.path import Path, path_of
from projections.replay.path_drawing import draw
from projections.replay.path_layout import (
    BOXES,
    HALF_HEIGHT,
    HALF_WIDTH,
    HEIGHT,
    ROUTES,
    WIDTH,
    Point,
    route_of,
)
from projections.replay.path_mermaid import mermaid
from projections.replay.path_words import duration
from projections.rows import account_event
from tests.read_models import scenes
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import Story, at
from tests.replay.test_account_log import log_of

SVG = "{http://www.w3.org/2000/svg}"


def rejected() -> AccountLog:
    problem = RecordProblem(at=at(17), attempt=scenes.A1, reason=Reason.SCAN_REJECTED)
    return log_of(scenes.scanned().tell(problem))


def counts(path: Path) -> dict[tuple[S, S], int]:
    return {(one.source, one.to): one.count for one in path.transitions if one.count}


def test_every_status_and_every_transition_of_the_lifecycle_is_there() -> None:
    nothing = path_of([])

    assert [one.status for one in nothing.statuses] == list(S)
    legal = {(source, to) for (source, _), to in STEPS.items() if source is not to}
    assert {(one.source, one.to) for one in nothing.transitions} == legal
    assert counts(nothing) == {}
    assert all(one.visits == one.time_s == 0 for one in nothing.statuses)


def test_an_attempt_s_path() -> None:
    path = path_of([rejected()])

    assert counts(path) == {
        (S.NOT_CREATED, S.INITIALIZING): 1,
        (S.INITIALIZING, S.WAITING_QR): 1,
        (S.WAITING_QR, S.AUTHENTICATING): 1,
        (S.AUTHENTICATING, S.FAILED): 1,
    }
    taken = {(one.source, one.to): one for one in path.transitions if one.count}
    assert taken[S.WAITING_QR, S.AUTHENTICATING].after_s == 10
    assert taken[S.WAITING_QR, S.AUTHENTICATING].events == {"QrScanned": 1}
    assert {one.status: one.time_s for one in path.statuses if one.time_s} == {
        S.NOT_CREATED: 1,
        S.INITIALIZING: 4,
        S.WAITING_QR: 10,
        S.AUTHENTICATING: 2,
    }


def test_the_last_status_lasts_until_the_moment_that_is_looked_at() -> None:
    path = path_of([rejected()], until=at(77))

    assert next(one.time_s for one in path.statuses if one.status is S.FAILED) == 60


def recounted(logs: Sequence[AccountLog]) -> tuple[Counter[S], Counter[tuple[S, S]]]:
    """Fold every account event by event, with nothing but the domain's `evolve`."""
    visits: Counter[S] = Counter()
    taken: Counter[tuple[S, S]] = Counter()
    for log in logs:
        if not (log.events or log.inputs):
            continue
        account = log.before.account
        visits[account.status] += 1
        for recorded in log.events:
            after = evolve(account, account_event(recorded))
            if after.status is not account.status:
                visits[after.status] += 1
                taken[account.status, after.status] += 1
            account = after
    return visits, taken


@settings(deadline=None, max_examples=30)
@given(stories)
def test_it_is_what_a_recount_finds_and_adds_up(story: Story) -> None:
    whole = [log_of(story, account) for account in ACCOUNTS]
    for logs in (whole, [part for log in whole for part in log.attempts()]):
        path = path_of(logs)
        visits, taken = recounted(logs)
        assert {one.status: one.visits for one in path.statuses if one.visits} == visits
        assert counts(path) == taken
        assert all(sum(one.events.values()) == one.count for one in path.transitions)
        for one in path.statuses:
            told = [log.timeline().time_in_status_s.get(one.status, 0.0) for log in logs]
            assert one.time_s == pytest.approx(sum(told), abs=1e-6)
        assert path == path_of(reversed(logs))
        assert counts(path) == sum((Counter(counts(path_of([log]))) for log in logs), Counter())


@settings(deadline=None, max_examples=20)
@given(stories)
def test_the_time_in_a_status_is_what_its_ways_out_took_and_the_last_stay(story: Story) -> None:
    log = log_of(story)
    path, rows = path_of([log]), log.timeline().rows
    changed = [row.at for row in rows if row.status_after is not row.status_before]
    last_stay_s = (rows[-1].at - (changed[-1] if changed else rows[0].at)).total_seconds()
    for one in path.statuses:
        left_s = sum(way.after_s for way in path.transitions if way.source is one.status)
        stayed_s = last_stay_s if one.status is rows[-1].status_after else 0.0
        assert one.time_s == pytest.approx(left_s + stayed_s, abs=1e-6)


def drawn(path: Path, title: str = "A path") -> ET.Element:
    return ET.fromstring(draw(path, title))  # noqa: S314  our own text


def test_the_drawing_is_well_formed_and_says_everything_in_words_too() -> None:
    root = drawn(path_of([rejected()]), title='acc_1 <script>alert("&")</script>')

    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == 'acc_1 <script>alert("&")</script>'
    told = root.findtext(f"{SVG}desc") or ""
    assert "AUTHENTICATING to FAILED 1× · 2.0 s (LinkFailed)" in told  # noqa: RUF001
    assert list(root.iter("script")) == list(root.iter(f"{SVG}script")) == []


def test_it_refers_to_nothing_outside_and_carries_no_script() -> None:
    text = draw(path_of([rejected()]), "A path")

    assert "href" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert text.count("http") == 1  # the namespace


def test_what_was_not_visited_is_grey() -> None:
    root = drawn(path_of([rejected()]))

    grey = {
        group.findtext(f"{SVG}title")
        for group in root.iter(f"{SVG}g")
        if "unvisited" in (group.get("class") or "")
    }
    assert "READY: not visited" in grey
    assert "FAILED to INITIALIZING: not taken (LinkRequested)" in grey
    assert not any("AUTHENTICATING to FAILED" in str(title) for title in grey)
    assert len(grey) == (7 - 5) + (len(ROUTES) - 4)


def test_the_line_is_thicker_the_more_often_it_was_taken() -> None:
    widths = [
        max(
            float(line.get("stroke-width") or 0)
            for line in drawn(path_of([rejected()] * many)).iter(f"{SVG}path")
        )
        for many in (1, 3, 8, 50)
    ]
    assert widths[0] < widths[1] < widths[2] == widths[3]


def test_every_transition_of_the_lifecycle_has_its_place_and_no_other() -> None:
    assert ROUTES.keys() == transitions().keys()
    assert BOXES.keys() == set(S)


@pytest.mark.parametrize(("source", "to"), ROUTES, ids=lambda one: one.value)
def test_an_arrow_goes_from_edge_to_edge_along_the_axes_and_through_no_box(
    source: S, to: S
) -> None:
    points = ROUTES[source, to].points
    assert on_edge(points[0], source)
    assert on_edge(points[-1], to)
    for begin, end in pairwise(points):
        assert begin[0] == end[0] or begin[1] == end[1]
        assert not any(crosses(begin, end, box) for box in S)
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in (*points, ROUTES[source, to].label))


def on_edge(point: Point, status: S) -> bool:
    x, y = (abs(one - middle) for one, middle in zip(point, BOXES[status], strict=True))
    return (x == HALF_WIDTH and y <= HALF_HEIGHT) or (y == HALF_HEIGHT and x <= HALF_WIDTH)


def crosses(begin: Point, end: Point, status: S) -> bool:
    spans = [sorted(along) for along in zip(begin, end, strict=True)]
    box = zip(BOXES[status], (HALF_WIDTH, HALF_HEIGHT), strict=True)
    return all(
        low < middle + half and high > middle - half
        for (low, high), (middle, half) in zip(spans, box, strict=True)
    )


def test_a_transition_that_no_table_has_any_more_is_drawn_all_the_same() -> None:
    assert route_of(S.READY, S.WAITING_QR).points == (BOXES[S.READY], BOXES[S.WAITING_QR])


def test_mermaid() -> None:
    text = mermaid(path_of([rejected()]))

    lines = text.splitlines()
    assert lines[0] == "stateDiagram-v2"
    assert '    state "FAILED<br/>1× · 0.0 s" as FAILED' in lines  # noqa: RUF001
    assert "    WAITING_QR --> AUTHENTICATING: 1× · 10.0 s, QrScanned" in lines  # noqa: RUF001
    assert "    FAILED --> INITIALIZING: (LinkRequested)" in lines
    assert lines[-1] == "    class READY,DISCONNECTED unvisited"
    assert sum("-->" in line for line in lines) == len(ROUTES)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (-0.5, "-0.5 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (303, "5 min 3 s"),
        (-303, "-5 min 3 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
        (86_399.9, "1 d 0 h"),
        (86_400 * 3 + 3600 * 4, "3 d 4 h"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
