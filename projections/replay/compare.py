"""Two attempts side by side: which steps they share, where they part, which waits differ.

Steps are aligned by their kind, so codes that rotate and reports of progress may come more or less
often. Times count from each attempt's own start.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from msgspec.structs import replace

from domain.status import LINKING
from projections.replay import compare_words as words
from projections.replay.account_log import BEGINNINGS, AccountLog
from projections.replay.alignment import align
from projections.replay.comparison import ComparedRow, Comparison, Pair, Side
from projections.replay.differences import counts, differences, key_of
from projections.replay.divergence import first_divergence
from projections.timeline import Timeline, TimelineRow

MOST_ROWS = 5_000
"""The first so many of each attempt are compared; it has a few dozen unless something hangs."""
SHORTEST_S = 0.1
"""A difference between two waits that is worth a word; below, it is the machine's mood."""


def compare(left: AccountLog, right: AccountLog) -> Comparison:
    """Compare two attempts, of one account or of two."""
    told = left.timeline(), right.timeline()
    names = words.side_names(left, right)
    pairs = tuple(_with_gaps(_pairs(told[0].rows[:MOST_ROWS], told[1].rows[:MOST_ROWS])))
    divergence = first_divergence(pairs, names)
    slowest = _slowest(pairs)
    sentences = [
        words.other_policies(pairs),
        divergence.sentence if divergence else words.SAME_STEPS,
        words.slower(names, _before(pairs, slowest), pairs[slowest]) if slowest is not None else "",
    ]
    return Comparison(
        left=_side(told[0], names[0]),
        right=_side(told[1], names[1]),
        pairs=pairs,
        first_divergence=divergence,
        slowest=slowest,
        sentence=" ".join(filter(None, sentences)),
    )


def _side(told: Timeline, name: str) -> Side:
    return Side(
        account_id=told.account_id,
        attempt=told.attempts[-1].attempt if told.attempts else None,
        name=name,
        rows=len(told.rows),
        rows_left_out=max(0, len(told.rows) - MOST_ROWS),
    )


def _pairs(left: Sequence[TimelineRow], right: Sequence[TimelineRow]) -> Iterator[Pair]:
    shown = _compared(left), _compared(right)
    here = there = 0
    for one, other in align([key_of(row) for row in left], [key_of(row) for row in right]):
        yield from _beside(shown[0][here:one], shown[1][there:other])
        differs = differences(left[one], right[other])
        here, there = one + 1, other + 1
        yield Pair(
            left=shown[0][one],
            right=shown[1][other],
            aligned=True,
            same=not differs,
            differs=differs,
            delta_s=_rounded(shown[1][other].since_start_s - shown[0][one].since_start_s),
        )
    yield from _beside(shown[0][here:], shown[1][there:])


def _beside(left: Sequence[ComparedRow], right: Sequence[ComparedRow]) -> Iterator[Pair]:
    for one, other in zip_longest(left, right):
        yield Pair(left=one, right=other, aligned=False, same=False)


def _compared(rows: Sequence[TimelineRow]) -> list[ComparedRow]:
    """Count the rows' times from the event that began the attempt."""
    starts = (row.at for row in rows if isinstance(row.event, BEGINNINGS))
    start = next(starts, rows[0].at if rows else None)
    return [
        ComparedRow(
            what=row.what,
            name=row.name,
            sentence=row.sentence,
            position=row.position,
            input_id=row.cause.input_id,
            at=row.at,
            since_start_s=(row.at - start).total_seconds() if start else 0.0,
            gap_s=row.gap_s if index else 0.0,
            status_before=row.status_before,
            status_after=row.status_after,
        )
        for index, row in enumerate(rows)
    ]


def _with_gaps(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Tell for each aligned pair how much the sides have moved apart since the one before."""
    before: float | None = None
    for pair in pairs:
        if pair.delta_s is None:
            yield pair
            continue
        gap_delta = None if before is None else _rounded(pair.delta_s - before)
        yield replace(pair, gap_delta_s=gap_delta)
        before = pair.delta_s


def _rounded(seconds: float) -> float:
    """Times have microseconds; what is smaller is the arithmetic's."""
    return round(seconds, 6)


def _slowest(pairs: Sequence[Pair]) -> int | None:
    """Find the wait that differs most, the first of equals.

    Only waits while both were linking, and with nothing between that only one of them has.
    """
    found: int | None = None
    most_s, direct = SHORTEST_S, True
    for index, pair in enumerate(pairs):
        if not pair.aligned:
            direct = direct and not any(row and counts(row) for row in (pair.left, pair.right))
            continue
        apart_s = abs(pair.gap_delta_s or 0.0)
        if direct and apart_s > most_s and _linking(pair.left) and _linking(pair.right):
            found, most_s = index, apart_s
        direct = True
    return found


def _linking(row: ComparedRow | None) -> bool:
    return row is not None and row.status_before in LINKING


def _before(pairs: Sequence[Pair], index: int) -> Pair:
    return next(pair for pair in reversed(pairs[:index]) if pair.aligned)
