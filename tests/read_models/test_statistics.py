"""Statistics against a naive recount, and what they make of the twelve failures."""

import inspect
from array import array
from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.attempts import AttemptRow, project_attempt
from projections.causes import RULES
from projections.replay.account_log import AccountLog
from projections.statistics.causes import LOOKS_BACK, ending_cause
from projections.statistics.spread import spread
from projections.statistics.tally import Asked, Tally
from projections.statistics.told import By, Statistics
from projections.timeline import Before, timeline
from tests.read_models import scenes
from tests.read_models.generated import stories
from tests.read_models.recount import Recount, check
from tests.read_models.stories import NOON, Story
from tests.read_models.test_twelve_failures import TWELVE

promise = settings(deadline=None, max_examples=60)
AGES = timedelta(days=400)
ALWAYS = Asked(since=NOON - AGES, until=NOON + AGES)
Counted = tuple[AttemptRow, str | None]


def counted(story: Story) -> Iterator[Counted]:
    """Give every attempt's row with its cause, reading no more of the log than the service does."""
    for stream in story.accounts:
        inputs, events = story.of(stream)
        table: dict[int, AttemptRow] = {}
        newest: AttemptRow | None = None
        for recorded in events:
            newest = project_attempt(newest, recorded)
            if newest is not None:
                table[newest.number] = newest
        for row in table.values():
            if row.reason is None or row.ended_version is None:
                yield row, None
                continue
            start = 0 if row.reason in LOOKS_BACK else row.began_version - 1
            following = table.get(row.number + 1)
            until = following.began_version if following else events[-1].version
            read = [one for one in events if start < one.version <= until]
            part = AccountLog(
                account_id=stream,
                before=Before(version=start),
                inputs=tuple(
                    one
                    for one in inputs
                    if one.input_id >= read[0].input_id and one.stream_version <= until
                ),
                events=tuple(read),
            )
            yield row, ending_cause(part, row.ended_version)


def told(attempts: Sequence[Counted], asked: Asked = ALWAYS) -> Statistics:
    tally = Tally(asked)
    for row, cause in attempts:
        tally.add(row, cause)
    return tally.told()


@promise
@given(stories)
def test_every_number_equals_a_recount(story: Story) -> None:
    told_of = (timeline(*story.of(stream)) for stream in story.accounts)
    check(told([*counted(story)]), Recount(told_of))


def test_only_reasons_that_are_said_to_look_back_have_rules_that_do() -> None:
    for reason, rules in RULES.items():
        sources = [inspect.getsource(rule) for rule in rules]
        looks = any(word in source for source in sources for word in ("history", "earlier"))
        assert looks == (reason in LOOKS_BACK), reason


@promise
@given(stories, st.sampled_from(("day", "week", "whatsapp")), st.randoms())
def test_sums_of_parts_make_the_sum_of_the_whole(story: Story, by: By, chance: Random) -> None:
    asked = Asked(since=NOON - timedelta(days=3), until=NOON + timedelta(days=30), by=by)
    attempts = [*counted(story)]
    left, right = Tally(asked), Tally(asked)
    for row, cause in attempts:
        chance.choice((left, right)).add(row, cause)
    left.merge(right)
    assert left.told() == told(attempts, asked)


@given(st.lists(st.integers(-(10**9), 10**12), min_size=1))
def test_a_percentile_is_the_least_that_so_many_are_not_longer_than(values: list[int]) -> None:
    summed = spread(array("q", values))
    for percent, found in ((50, summed.p50_s), (90, summed.p90_s), (99, summed.p99_s)):
        assert found is not None
        reached = sum(value / 1e6 <= found for value in values)
        before = sum(value / 1e6 < found for value in values)
        assert before * 100 < percent * len(values) <= reached * 100


TOLD_AS: dict[str, tuple[int, dict[str, int]]] = {
    # Four of the six can change nothing any more; a number that moves and a wish are told as such.
    "constraint": (6, {"code_never_fetched": 1, "duplicate_account": 1, "cancelled": 1}),
    "strategy": (3, {"page_changed": 3}),
    "webhook": (3, {"code_never_fetched": 1, "stale_code_shown": 1, "codes_fetched_late": 1}),
}
"""Kind of failure in qr-scan-failure-flow -> how many of the twelve, and what ends them here."""


def test_the_twelve_failures_have_the_distribution_that_they_were_told_with() -> None:
    whole = Tally(ALWAYS)
    for kind, (count, causes) in TOLD_AS.items():
        made = [make() for name, (make, *_) in TWELVE.items() if name.startswith(kind)]
        assert len(made) == count
        tally = Tally(ALWAYS)
        for story in made:
            for row, cause in counted(story):
                tally.add(row, cause)
        summed = tally.told()
        assert {one.code: one.count for one in summed.causes} == causes
        assert summed.unknown == 0
        whole.merge(tally)
    everything = whole.told()
    # One of the twelve cancels its first attempt and begins another.
    assert (everything.attempts, everything.outcomes["failed"]) == (13, 7)
    assert [one.code for one in everything.causes][:2] == ["page_changed", "code_never_fetched"]


def test_days_without_an_attempt_are_there_and_weeks_begin_on_monday() -> None:
    attempts = [*counted(scenes.linked())]
    asked = Asked(since=NOON - timedelta(days=1), until=NOON + timedelta(hours=12))
    days = told(attempts, asked).buckets
    assert [(one.key, one.begun, one.ready) for one in days] == [
        ("2026-02-28", 0, 0),
        ("2026-03-01", 1, 1),
    ]
    weekly = msgspec.structs.replace(asked, by="week", until=NOON + timedelta(days=2))
    weeks = told(attempts, weekly).buckets
    assert [(one.key, one.begun) for one in weeks] == [("2026-02-23", 1), ("2026-03-02", 0)]


def test_versions_are_in_the_order_of_their_numbers() -> None:
    asked = msgspec.structs.replace(ALWAYS, by="whatsapp")
    ((row, _),) = counted(scenes.linked())
    rows = [
        msgspec.structs.replace(row, number=number, whatsapp=version)
        for number, version in enumerate(("2.3000.10", "", "2.3000.9", "2.3000.10"))
    ]
    assert [(one.key, one.begun) for one in told([(one, None) for one in rows], asked).buckets] == [
        ("", 1),
        ("2.3000.9", 1),
        ("2.3000.10", 2),
    ]


def test_a_row_of_before_is_counted_and_said_to_be_unmeasured() -> None:
    ((row, _),) = counted(scenes.linked())
    old = msgspec.structs.replace(
        row, began_version=0, initializing_us=None, waiting_qr_us=None, authenticating_us=None
    )
    summed = told([(old, None)])
    assert (summed.attempts, summed.ready, summed.unmeasured) == (1, 1, 1)
    assert summed.ways[0].durations["WAITING_QR"].count == 0
    assert summed.ways[0].durations["shown_to_scanned"].p50_s == 10


def test_a_cause_names_its_newest_attempt_as_the_example() -> None:
    story = TWELVE["strategy 1"][0]()
    (only,) = told([*counted(story)]).causes
    assert (only.account_id, only.attempt, only.actor) == ("acc_1", 1, "operator")
