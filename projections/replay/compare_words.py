"""A comparison in words."""

from collections.abc import Sequence

from projections.replay.account_log import AccountLog
from projections.replay.comparison import ComparedRow, Difference, Pair
from projections.text import signed_seconds

Names = tuple[str, str]

SAME_STEPS = "Both took the same steps."


def side_names(left: AccountLog, right: AccountLog) -> Names:
    """Name both sides as shortly as tells them apart."""
    names = _attempt(left), _attempt(right)
    if left.account_id != right.account_id:
        return f"{names[0]} of {left.account_id}", f"{names[1]} of {right.account_id}"
    if names[0] == names[1]:
        return f"{names[0]} (left)", f"{names[1]} (right)"
    return names


def _attempt(log: AccountLog) -> str:
    return f"attempt {log.before.account.attempts + 1}"


def parting(names: Names, last: ComparedRow | None, rows: Sequence[ComparedRow | None]) -> str:
    """Say where they part, and what each side went on with."""
    where = f"After “{_quoted(last)}”" if last else "From the beginning"
    left, right = (_went_on(name, row) for name, row in zip(names, rows, strict=True))
    return f"{where} they part: {left}, {right}."


def differing(names: Names, pair: Pair, fields: Sequence[Difference]) -> str:
    """Say that they came to the same step, but not in the same way."""
    told = " and ".join(f"{one.field} ({one.left}, {one.right})" for one in fields)
    rows = zip(names, (pair.left, pair.right), strict=True)
    left, right = (f"{name} with {_told(row)}" for name, row in rows if row)
    return f"They part at one step, by its {told}: {left}, {right}."


def other_policies(pairs: Sequence[Pair]) -> str:
    """Say that the attempts ran under other rules; empty if they did not."""
    found = [
        f"{one.field.removeprefix('policy.')} {one.left} and {one.right}"
        for pair in pairs
        for one in pair.differs
        if is_policy(one)
    ]
    return f"They ran under different policies: {', '.join(found)}." if found else ""


def is_policy(difference: Difference) -> bool:
    """Tell whether it is what they ran under, and not what happened."""
    return difference.field.startswith("policy.")


def slower(names: Names, before: Pair, pair: Pair) -> str:
    """Say where one side took longest in comparison."""
    took = [_between(before.left, pair.left), _between(before.right, pair.right)]
    later = took[1] > took[0]
    shorter_s, longer_s = sorted(took)
    return (
        f"The waits differ most before “{_quoted(pair.left)}”: {names[later]} took"
        f" {longer_s - shorter_s:.1f} s longer ({longer_s:.1f} s instead of {shorter_s:.1f} s)"
        f" since “{_quoted(before.left)}”."
    )


def _between(before: ComparedRow | None, row: ComparedRow | None) -> float:
    return row.since_start_s - before.since_start_s if row and before else 0.0


def _went_on(name: str, row: ComparedRow | None) -> str:
    return f"{name} went on with {_told(row)}" if row else f"{name} has no further row"


def _told(row: ComparedRow) -> str:
    place = f"event {row.position}" if row.position is not None else f"input {row.input_id}"
    return f"“{_quoted(row)}” ({place}, {signed_seconds(row.since_start_s)})"


def _quoted(row: ComparedRow | None) -> str:
    return row.sentence.rstrip(".") if row else ""
