"""Where two aligned attempts part."""

from collections.abc import Sequence

from projections.replay import compare_words as words
from projections.replay.comparison import ComparedRow, Divergence, Pair
from projections.replay.differences import counts


def first_divergence(pairs: Sequence[Pair], names: words.Names) -> Divergence | None:
    """Find the first pair that makes a difference; None when both took the same steps."""
    after: int | None = None
    begin = 0
    for index, pair in enumerate(pairs):
        if not pair.aligned:
            continue
        found = _only_one_has(pairs, range(begin, index), after, names)
        found = found or _differ(pairs, index, after, names)
        if found:
            return found
        after, begin = index, index + 1
    return _only_one_has(pairs, range(begin, len(pairs)), after, names)


def _only_one_has(
    pairs: Sequence[Pair], block: range, after: int | None, names: words.Names
) -> Divergence | None:
    """Look for a step that one side alone has between two aligned pairs."""
    lefts = [(index, row) for index in block if (row := pairs[index].left) and counts(row)]
    rights = [(index, row) for index in block if (row := pairs[index].right) and counts(row)]
    if not lefts and not rights:
        return None
    following = pairs[block.stop] if block.stop < len(pairs) else None
    left = lefts[0][1] if lefts else following and following.left
    right = rights[0][1] if rights else following and following.right
    return Divergence(
        pair=min(index for index, _ in (*lefts[:1], *rights[:1])),
        after=after,
        left=left,
        right=right,
        sentence=words.parting(names, _last(pairs, after), (left, right)),
    )


def _differ(
    pairs: Sequence[Pair], index: int, after: int | None, names: words.Names
) -> Divergence | None:
    """Look for a step of the same kind with another outcome; a policy is none."""
    pair = pairs[index]
    fields = [one for one in pair.differs if not words.is_policy(one)]
    if not fields:
        return None
    sentence = words.differing(names, pair, fields)
    return Divergence(pair=index, after=after, left=pair.left, right=pair.right, sentence=sentence)


def _last(pairs: Sequence[Pair], after: int | None) -> ComparedRow | None:
    return None if after is None else pairs[after].left
