"""Promises of the read models, over stories that the real domain decided."""

import itertools
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from domain.account import NEW
from domain.events import AccountEvent
from domain.evolve import evolve, replay
from domain.log import RecordedEvent
from projections.accounts import AccountRow, project_account
from projections.attempts import SPENT_IN, AttemptRow, project_attempt
from projections.feed import FeedItem, FeedProjection
from projections.text import render_timeline
from projections.timeline import AttemptTimeline, Before, timeline
from projections.why import why
from tests.read_models.generated import ACCOUNTS, stories
from tests.read_models.stories import Story

# A story of 40 moves takes some ms to tell and fold; the promises need no deadline of their own.
promise = settings(deadline=None, max_examples=150)


def event_of(recorded: RecordedEvent) -> AccountEvent:
    assert isinstance(recorded.event, AccountEvent)
    return recorded.event


def test_the_stories_go_everywhere() -> None:
    """A promise about stories that all end before READY would promise little."""
    topics: set[str] = set()

    @settings(promise, derandomize=True, database=None)
    @given(stories)
    def collect(story: Story) -> None:
        topics.update(recorded.topic for recorded in story.events)

    collect()
    assert {"LinkCompleted", "LinkFailed", "ConnectionLost", "ReconnectStarted"} <= topics
    assert {"LoggedOut", "AccountSuperseded", "AccountDestroyed", "SessionRejected"} <= topics


@promise
@given(stories)
def test_the_row_is_what_evolve_sees_after_every_single_event(story: Story) -> None:
    for stream in ACCOUNTS:
        row, account = None, NEW
        for recorded in story.of(stream)[1]:
            row = project_account(row, recorded)
            account = evolve(account, event_of(recorded))
            assert seen(row) == {
                "status": account.status,
                "since": account.since,
                "workspace": account.workspace,
                "reason": account.reason,
                "detail": account.detail,
                "attempt": account.attempt and (account.attempt.id, account.attempt.kind),
                "attempts": account.attempts,
                "phone": (account.phone, account.phone_fingerprint, account.name),
                "primary": account.primary,
                "deadline": account.deadline and (account.deadline.awaited, account.deadline.at),
                "ready_at": account.ready_at,
            }


def seen(row: AccountRow) -> dict[str, Any]:
    attempt = (row.attempt_id, row.attempt_kind) if row.attempt_id else None
    deadline = (row.deadline_awaited, row.deadline_at) if row.deadline_at else None
    return {
        "status": row.status,
        "since": row.since,
        "workspace": row.workspace,
        "reason": row.reason,
        "detail": row.detail,
        "attempt": attempt,
        "attempts": row.attempt_number,
        "phone": (row.phone, row.phone_fingerprint, row.name),
        "primary": row.is_primary,
        "deadline": deadline,
        "ready_at": row.ready_at,
    }


@promise
@given(stories)
def test_a_row_can_be_stored_and_folded_on(story: Story) -> None:
    """What a restart reads back from the table goes on as if nothing had been."""
    for stream in ACCOUNTS:
        kept: AccountRow | None = None
        live: AccountRow | None = None
        for recorded in story.of(stream)[1]:
            live = project_account(live, recorded)
            kept = project_account(kept, recorded)
            kept = msgspec.json.decode(msgspec.json.encode(kept), type=AccountRow)
            assert kept == live


@promise
@given(stories)
def test_attempts_are_numbered_without_gaps_and_agree_with_the_account(story: Story) -> None:
    for stream in ACCOUNTS:
        events = story.of(stream)[1]
        table: dict[int, AttemptRow] = {}
        newest: AttemptRow | None = None
        for recorded in events:
            newest = project_attempt(newest, recorded)
            if newest:
                table[newest.number] = newest
        account = replay(event_of(recorded) for recorded in events)
        assert sorted(table) == list(range(1, account.attempts + 1))
        running = [row for row in table.values() if row.ended_at is None]
        assert running in ([], [newest])
        if account.attempt and newest:
            counted = (newest.attempt_id, newest.codes_issued, newest.codes_fetched)
            attempt = account.attempt
            assert counted == (attempt.id, attempt.codes_issued, attempt.codes_fetched)


@promise
@given(stories)
def test_the_timeline_has_every_input_and_event_exactly_once_and_in_order(story: Story) -> None:
    for stream in ACCOUNTS:
        inputs, events = story.of(stream)
        rows = timeline(inputs, events).rows
        told = [row.position for row in rows if row.position is not None]
        assert told == [recorded.position for recorded in events]
        order = [row.cause.input_id for row in rows]
        assert order == sorted(order)
        assert sorted(set(order)) == [recorded.input_id for recorded in inputs]
        silent = [row.cause.input_id for row in rows if row.position is None]
        assert len(silent) == len(set(silent))
        assert set(silent).isdisjoint(recorded.input_id for recorded in events)


@promise
@given(stories)
def test_time_in_status_adds_up_to_the_whole_span(story: Story) -> None:
    for stream in ACCOUNTS:
        told = timeline(*story.of(stream))
        span_s = (told.rows[-1].at - told.rows[0].at).total_seconds()
        assert told.span_s == pytest.approx(span_s)
        assert sum(told.time_in_status_s.values()) == pytest.approx(span_s)
        assert sum(part.span_s for part in told.attempts) == pytest.approx(span_s)
        for part in told.attempts:
            assert sum(part.time_in_status_s.values()) == pytest.approx(part.span_s)


@promise
@given(stories)
def test_an_attempts_row_has_the_timelines_times_and_versions(story: Story) -> None:
    for stream in ACCOUNTS:
        for part in timeline(*story.of(stream)).attempts:
            row = part.attempt
            if row is None or row.linking is not None:
                continue
            for status, column in SPENT_IN.items():
                spent_s = part.time_in_status_s.get(status)
                assert getattr(row, column) == (None if spent_s is None else round(spent_s * 1e6))
            assert part.rows[0].version == row.began_version
            ended = [one.at for one in part.rows if one.event and one.version == row.ended_version]
            assert ended == ([row.ended_at] if row.ended_at else [])


@promise
@given(stories)
def test_a_story_told_from_the_middle_on_is_the_end_of_the_whole(story: Story) -> None:
    inputs, events = story.of()
    whole = timeline(inputs, events)
    account, attempt = NEW, None
    for recorded in events[:-1]:
        account, attempt = evolve(account, event_of(recorded)), project_attempt(attempt, recorded)
        before = Before(account, attempt, recorded.version)
        later = [given for given in inputs if given.input_id > recorded.input_id]
        told = timeline(later, events[recorded.version :], before=before)
        rows = [row for part in told.attempts for row in what_is_told(part)]
        of_the_whole = [row for part in whole.attempts for row in what_is_told(part)]
        assert rows == of_the_whole[recorded.version :]
        assert told.attempts[-1].attempt == whole.attempts[-1].attempt
        assert (told.version, told.after_version) == (whole.version, recorded.version)


def what_is_told(part: AttemptTimeline) -> list[tuple[object, ...]]:
    return [
        (row.name, row.sentence, row.version, row.status_before, row.status_after, row.attempt)
        for row in part.rows
        if row.what == "event"
    ]


@promise
@given(stories)
def test_statuses_join_from_row_to_row(story: Story) -> None:
    rows = timeline(*story.of()).rows
    for row, following in itertools.pairwise(rows):
        assert row.status_after is following.status_before
    assert rows[-1].status_after is story.accounts["acc_1"].status


@promise
@given(stories)
def test_feed_ids_rise_and_a_resumed_reader_gets_the_same_items(story: Story) -> None:
    live = items(story, after=0)
    ids = [item.id for item in live]
    assert ids == sorted(set(ids))
    for after in range(0, len(story.events), 5):
        assert items(story, after=after) == [item for item in live if item.id > after]


def items(story: Story, *, after: int) -> list[FeedItem]:
    projection = FeedProjection(capacity=1)
    made: list[FeedItem | None] = []
    for recorded in story.events[after:]:
        if projection.lacks(recorded):
            row = None
            for earlier in story.of(recorded.stream)[1][: recorded.version - 1]:
                row = project_account(row, earlier)
            assert row is not None
            projection.seed(row)
        made.append(projection.item(recorded))
    return [item for item in made if item is not None]


@promise
@given(stories)
def test_every_status_can_be_explained_and_every_timeline_printed(story: Story) -> None:
    for stream in ACCOUNTS:
        told = timeline(*story.of(stream))
        account = story.accounts[stream]
        answer = why(account, told, told.rows[-1].at + timedelta(seconds=1))
        assert answer.status is account.status
        assert (answer.cause is not None) == (account.status.value in ("FAILED", "DISCONNECTED"))
        if answer.cause:
            assert answer.cause.code != "unknown"
            assert answer.cause.reason is account.reason
            assert set(answer.cause.positions) <= {row.position for row in told.rows}
        sections = render_timeline(told)
        assert sum(len(section.rows) for section in sections) == len(told.rows)
