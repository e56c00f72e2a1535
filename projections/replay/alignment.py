"""Which rows of two sequences belong together: a longest common subsequence."""

from collections.abc import Sequence

Key = tuple[str, ...]
"""What a row is; rows with the same key may belong together."""


def align(left: Sequence[Key], right: Sequence[Key]) -> list[tuple[int, int]]:
    """Give the indices of the rows that belong together, in order.

    There are as many as can be, and they are the same ones when the sides are swapped.
    """
    if (len(right), list(right)) < (len(left), list(left)):
        return [(there, here) for here, there in _walk(right, left)]
    return _walk(left, right)


def _walk(left: Sequence[Key], right: Sequence[Key]) -> list[tuple[int, int]]:
    """Go along both sides, and skip what costs no pair."""
    longer = _longer(left, right)
    found: list[tuple[int, int]] = []
    here = there = 0
    while here < len(left) and there < len(right):
        if left[here] == right[there]:
            found.append((here, there))
            here, there = here + 1, there + 1
        elif longer[here] >> (len(right) - 1 - there) & 1:
            here += 1
        else:
            there += 1
    return found


def _longer(left: Sequence[Key], right: Sequence[Key]) -> list[int]:
    """Tell for every index of the left side where the right side's rows add a pair.

    Bit `len(right) - 1 - there` of item `here` is set if the rest of the right side from `there` on
    has one pair more with the rest of the left side than its rest from `there + 1` on. A whole row
    of the table is one number (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004), so
    5,000 rows beside 5,000 take some 20 ms; cell by cell it would be 25 million steps.
    """
    every = (1 << len(right)) - 1
    places: dict[Key, int] = {}
    for place, key in enumerate(reversed(right)):
        places[key] = places.get(key, 0) | 1 << place
    table: list[int] = []
    missing = every
    for key in reversed(left):
        matched = missing & places.get(key, 0)
        missing = ((missing + matched) | (missing - matched)) & every
        table.append(every & ~missing)
    table.reverse()
    return table
