"""Statistics the slow way: timelines gone through one by one, lists sorted and counted.

Nothing of the sums is used here, and nothing of the attempts table.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest

from domain import events as e
from projections.statistics.told import Statistics
from projections.timeline import AttemptTimeline, Timeline
from projections.why import attempt_cause


def check(summed: Statistics, recount: "Recount") -> None:
    """See that every number is what the recount says."""
    assert summed.attempts == len(recount.parts)
    assert summed.unmeasured == 0
    assert {one.code: one.count for one in summed.causes} == {
        code: recount.causes.count(code) for code in recount.causes
    }
    assert summed.unknown == recount.causes.count("unknown")
    assert sum(one.begun for one in summed.buckets) == len(recount.parts)
    assert sum(sum(one.causes.values()) for one in summed.buckets) == len(recount.causes)
    for way in summed.ways:
        wanted = recount.way(way.way)
        for step in ("begun", "shown", "fetched", "scanned", "ready", "running"):
            assert getattr(way, step) == wanted[step]
        for name, found in way.durations.items():
            values = wanted[name]
            assert found.count == len(values)
            assert found.p50_s == pytest.approx(at_rank(values, 50))
            assert found.p90_s == pytest.approx(at_rank(values, 90))
            assert found.p99_s == pytest.approx(at_rank(values, 99))
            assert found.longest_s == pytest.approx(max(values, default=None))


class Recount:
    """Everything once more, the slow way."""

    def __init__(self, timelines: Iterable[Timeline]) -> None:
        self.parts: list[AttemptTimeline] = []
        self.causes: list[str] = []
        for told in (one.attempts for one in timelines):
            for index, part in enumerate(told):
                if part.attempt is None:
                    continue
                self.parts.append(part)
                finding = attempt_cause(part, told[:index])
                if finding is not None:
                    self.causes.append(finding.code)

    def way(self, way: str) -> dict[str, Any]:
        parts = [part for part in self.parts if way_of(part) == way]
        shown = [first(part, e.QrIssued, e.PairingCodeIssued) for part in parts]
        fetched = [first(part, e.QrFetched) for part in parts]
        scanned = [first(part, e.QrScanned) for part in parts]
        ready = [first(part, e.LinkCompleted) for part in parts]
        begun = [part.rows[0].at for part in parts]
        return {
            "begun": len(parts),
            "shown": sum(at is not None for at in shown),
            "fetched": sum(at is not None for at in fetched),
            "scanned": sum(at is not None for at in scanned),
            "ready": sum(at is not None for at in ready),
            "running": sum(runs(part) for part in parts),
            "begun_to_shown": between(begun, shown),
            "shown_to_fetched": between(shown, fetched),
            "shown_to_scanned": between(shown, scanned),
            "scanned_to_ready": between(scanned, ready),
            "begun_to_ready": between(begun, ready),
            "READY": between(ready, [end_of_link(part) for part in parts]),
            **{
                name: [
                    seconds
                    for part in parts
                    if not runs(part)
                    for status, seconds in part.time_in_status_s.items()
                    if status.value == name
                ]
                for name in ("INITIALIZING", "WAITING_QR", "AUTHENTICATING")
            },
        }


ENDINGS = (
    e.LinkFailed,
    e.ReconnectFailed,
    e.ConnectionLost,
    e.LoggedOut,
    e.AccountSuperseded,
    e.AccountDestroyed,
)


def way_of(part: AttemptTimeline) -> str:
    begun = part.rows[0].event
    return begun.method if isinstance(begun, e.LinkRequested) else "reconnect"


def first(part: AttemptTimeline, *kinds: type[e.AccountEvent]) -> datetime | None:
    return next((row.at for row in part.rows if isinstance(row.event, kinds)), None)


def runs(part: AttemptTimeline) -> bool:
    return first(part, e.LinkCompleted, *ENDINGS) is None


def end_of_link(part: AttemptTimeline) -> datetime | None:
    return first(part, *ENDINGS) if first(part, e.LinkCompleted) else None


def between(starts: Sequence[datetime | None], ends: Sequence[datetime | None]) -> list[float]:
    pairs = zip(starts, ends, strict=True)
    return [(end - start).total_seconds() for start, end in pairs if start and end]


def at_rank(values: list[float], percent: int) -> float | None:
    return sorted(values)[math.ceil(percent / 100 * len(values)) - 1] if values else None
