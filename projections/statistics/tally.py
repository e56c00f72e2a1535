"""Adds attempts up, one by one or whole tallies; what it holds grows with the durations only."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import msgspec

from projections.attempts import AttemptRow, Outcome
from projections.causes import RULES_VERSION
from projections.statistics.buckets import bucket_of, empty_buckets
from projections.statistics.causes import UNKNOWN, advice_of
from projections.statistics.spread import spread
from projections.statistics.told import (
    Bucket,
    By,
    CauseTold,
    Duration,
    Statistics,
    Way,
    WayTold,
)

WAYS: tuple[Way, ...] = ("qr", "pairing_code", "reconnect")
DURATIONS: tuple[Duration, ...] = Duration.__args__
_MICROSECOND = timedelta(microseconds=1)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What statistics are wanted of; attempts that began in [since, until)."""

    since: datetime
    until: datetime
    workspace: str | None = None
    by: By = "day"


class _WaySum:
    def __init__(self) -> None:
        self.steps: Counter[str] = Counter()
        self.durations: dict[Duration, array[int]] = {name: array("q") for name in DURATIONS}

    def add(self, row: AttemptRow) -> None:
        self.steps.update(_steps(row))
        for name, duration_us in _durations(row):
            self.durations[name].append(duration_us)

    def merge(self, other: "_WaySum") -> None:
        self.steps += other.steps
        for name, durations_us in other.durations.items():
            self.durations[name].extend(durations_us)


class _CauseSum(msgspec.Struct):
    count: int
    newest: tuple[datetime, str, int, int]


class Tally:
    """Sums of one question. What two tallies of the same question hold can be merged."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.ways: dict[Way, _WaySum] = {way: _WaySum() for way in WAYS}
        self.outcomes: Counter[Outcome] = Counter()
        self.causes: dict[str, _CauseSum] = {}
        self.buckets: dict[str, Counter[str]] = {}
        self.unmeasured = 0

    def add(self, row: AttemptRow, cause: str | None) -> None:
        """Add an attempt; `cause` is of its first ending, None if it had none."""
        self.ways["reconnect" if row.kind == "reconnect" else row.method].add(row)
        self.outcomes[row.outcome] += 1
        self.unmeasured += row.began_version == 0
        counts = {"begun": 1, "ready": int(row.ready_at is not None)}
        if cause is not None:
            counts[f"cause {cause}"] = 1
            newest = (row.started_at, row.account_id, row.number, row.ended_version or 0)
            self._add_cause(cause, _CauseSum(1, newest))
        self._bucket(bucket_of(row, self.asked.by)).update(counts)

    def merge(self, other: "Tally") -> None:
        """Take in another tally; which of the two comes first makes no difference."""
        for way, summed in other.ways.items():
            self.ways[way].merge(summed)
        self.outcomes.update(other.outcomes)
        self.unmeasured += other.unmeasured
        for code, summed in other.causes.items():
            self._add_cause(code, summed)
        for key, counts in other.buckets.items():
            self._bucket(key).update(counts)

    def told(self) -> Statistics:
        """Tell the sums so far."""
        asked = self.asked
        ready = sum(summed.steps["ready"] for summed in self.ways.values())
        return Statistics(
            since=asked.since,
            until=asked.until,
            workspace=asked.workspace,
            by=asked.by,
            attempts=self.outcomes.total(),
            ready=ready,
            outcomes=dict(sorted(self.outcomes.items())),
            ways=tuple(_way_told(way, summed) for way, summed in self.ways.items()),
            causes=self._causes_told(),
            unknown=self.causes[UNKNOWN].count if UNKNOWN in self.causes else 0,
            unmeasured=self.unmeasured,
            buckets=tuple(self._buckets_told()),
            rules_version=RULES_VERSION,
        )

    def _add_cause(self, code: str, summed: _CauseSum) -> None:
        held = self.causes.get(code)
        if held is None:
            self.causes[code] = summed
            return
        newest = max(held.newest, summed.newest)
        self.causes[code] = _CauseSum(held.count + summed.count, newest)

    def _bucket(self, key: str) -> Counter[str]:
        return self.buckets.setdefault(key, Counter())

    def _causes_told(self) -> tuple[CauseTold, ...]:
        told = (_cause_told(code, summed) for code, summed in self.causes.items())
        return tuple(sorted(told, key=lambda one: (-one.count, one.code)))

    def _buckets_told(self) -> Iterator[Bucket]:
        keys: Iterable[str] = empty_buckets(self.asked.since, self.asked.until, self.asked.by)
        for key in keys or sorted(self.buckets, key=_as_version):
            counts = self.buckets.get(key, Counter())
            causes = {
                name.removeprefix("cause "): count
                for name, count in sorted(counts.items())
                if name.startswith("cause ")
            }
            yield Bucket(key=key, begun=counts["begun"], ready=counts["ready"], causes=causes)


def _steps(row: AttemptRow) -> Iterator[str]:
    reached = {
        "shown": row.first_code_at,
        "fetched": row.first_fetched_at,
        "scanned": row.scanned_at,
        "ready": row.ready_at,
    }
    yield "begun"
    yield from (step for step, at in reached.items() if at is not None)
    if row.outcome == "running":
        yield "running"


def _durations(row: AttemptRow) -> Iterator[tuple[Duration, int]]:
    between: tuple[tuple[Duration, datetime | None, datetime | None], ...] = (
        ("begun_to_shown", row.started_at, row.first_code_at),
        ("shown_to_fetched", row.first_code_at, row.first_fetched_at),
        ("shown_to_scanned", row.first_code_at, row.scanned_at),
        ("scanned_to_ready", row.scanned_at, row.ready_at),
        ("begun_to_ready", row.started_at, row.ready_at),
        ("READY", row.ready_at, row.ended_at),
    )
    for name, start, end in between:
        if start is not None and end is not None:
            yield name, (end - start) // _MICROSECOND
    spent: tuple[tuple[Duration, int | None], ...] = (
        ("INITIALIZING", row.initializing_us),
        ("WAITING_QR", row.waiting_qr_us),
        ("AUTHENTICATING", row.authenticating_us),
    )
    for name, spent_us in spent:
        if row.linking is None and spent_us is not None:
            yield name, spent_us


def _way_told(way: Way, summed: _WaySum) -> WayTold:
    return WayTold(
        way=way,
        begun=summed.steps["begun"],
        shown=summed.steps["shown"],
        fetched=summed.steps["fetched"],
        scanned=summed.steps["scanned"],
        ready=summed.steps["ready"],
        running=summed.steps["running"],
        durations={name: spread(summed.durations[name]) for name in DURATIONS},
    )


def _cause_told(code: str, summed: _CauseSum) -> CauseTold:
    advice = advice_of(code)
    _, account_id, attempt, version = summed.newest
    return CauseTold(
        code=code,
        sentence=advice.sentence,
        actor=advice.actor,
        next_step=advice.next_step,
        count=summed.count,
        account_id=account_id,
        attempt=attempt,
        version=version or None,
    )


def _as_version(version: str) -> tuple[int, ...]:
    """Order versions as people do: 2.9 before 2.10, and none at all before every one."""
    return tuple(int(part) for part in version.split(".") if part)
