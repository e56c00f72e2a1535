"""How long something took, over many attempts."""

from array import array

import msgspec

MICROSECONDS = 1_000_000
PERCENTS = (50, 90, 99)


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles by nearest rank: each is a duration that was measured, none is interpolated.

    All but `count` are None when nothing was measured. A negative duration says that the clocks of
    two observers disagreed.
    """

    count: int
    p50_s: float | None
    p90_s: float | None
    p99_s: float | None
    longest_s: float | None


def spread(durations_us: "array[int]") -> Spread:
    """Sum up durations in microseconds, given in any order."""
    ordered = sorted(durations_us)
    p50_s, p90_s, p99_s, longest_s = (
        nearest_rank(ordered, percent) for percent in (*PERCENTS, 100)
    )
    return Spread(count=len(ordered), p50_s=p50_s, p90_s=p90_s, p99_s=p99_s, longest_s=longest_s)


def nearest_rank(ordered_us: list[int], percent: int) -> float | None:
    """Give, in seconds, the smallest one that at least so many percent are not longer than."""
    if not ordered_us:
        return None
    rank = -(-percent * len(ordered_us) // 100)
    return ordered_us[rank - 1] / MICROSECONDS
