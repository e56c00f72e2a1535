"""Whether figures that were taken again and again stay where they are."""

from collections.abc import Mapping, Sequence
from statistics import median

import msgspec

from tests.fleet_campaign.figures import LOGGED


class Limit(msgspec.Struct, frozen=True):
    """How much of a figure may come to what it was in the quarter before, and why."""

    most: float
    share: float
    why: str


EXACT = Limit(0.0, 0.0, "nothing that is left behind is allowed for")
LIMITS = (
    ("driver: memory", Limit(6.0, 0.10, "V8 collects when it likes, and keeps pages for later")),
    (
        "postgres: memory",
        Limit(6.0, 0.15, "backends cache the catalogue, and come and go"),
    ),
    (": memory", Limit(3.0, 0.04, "allocators keep pages, caches fill up to their bounds")),
    ("postgres: open files", Limit(20.0, 0.15, "each backend opens the files that it meets")),
    ("postgres: threads", Limit(3.0, 0.0, "connections and autovacuum come and go")),
    (": open files", Limit(4.0, 0.0, "connections of the pools come and go")),
    (": threads", Limit(2.0, 0.0, "pools of threads fill up to their bounds")),
    ("rows of snapshots", Limit(5.0, 0.0, "one of every 1,000 events of what goes on is kept")),
    ("rows of evidence", Limit(100.0, 0.0, "that of erased accounts is swept every 5 min")),
)
"""The first whose words are in the figure's name; without any, EXACT."""
SOMETIMES = "'s browser: "
"""Such a one is ended while it has no accounts, and looked at only while it is there."""


class Row(msgspec.Struct, frozen=True):
    """One figure: what it was first, in the third and in the last quarter, and what it may be."""

    name: str
    first: float
    third: float
    last: float
    most: float

    @property
    def is_flat(self) -> bool:
        """Tell whether it did not grow beyond its limit."""
        return self.last <= self.most


def rows(samples: Sequence[Mapping[str, float]]) -> list[Row]:
    """Compare the last quarter with the third: by then every cache is warm."""
    quarter = max(1, len(samples) // 4)
    third, last = samples[-2 * quarter : -quarter], samples[-quarter:]
    found: list[Row] = []
    for name in samples[0]:
        after = _median(name, last)
        before = _median(name, third) or after * (SOMETIMES in name)
        limit = _limit(name)
        grows = name in {f"rows of {table}" for table in LOGGED}
        most = float("inf") if grows else before + max(limit.most, before * limit.share)
        found.append(Row(name, samples[0][name], before, after, most))
    return found


def _median(name: str, samples: Sequence[Mapping[str, float]]) -> float:
    there = [one[name] for one in samples if one[name] or SOMETIMES not in name]
    return median(there or [0.0])


def _limit(name: str) -> Limit:
    return next((limit for words, limit in LIMITS if words in name), EXACT)
