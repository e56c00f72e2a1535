"""What goes out next, and when: examples with fixed times, then a machine for the promises."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.webhook_outbox import Held
from app.webhooks.patience import (
    GIVEN_UP_AFTER,
    LONGEST_DELAY_S,
    LONGEST_RETRY_AFTER_S,
    PATIENCE,
    STRUGGLING,
    delay_s,
)
from app.webhooks.schedule import MOST_WAITING, Failure, Schedule, Work

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DOWN = Failure(error="connect_failed")


class Item(msgspec.Struct, frozen=True):
    id: int
    account_id: str


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def offered(*items: tuple[int, str]) -> Schedule[Item]:
    schedule: Schedule[Item] = Schedule(0)
    for position, account in items:
        schedule.offer(Item(position, account), START)
    return schedule


def fail_first(
    schedule: Schedule[Item],
    now: datetime = START,
    failure: Failure = DOWN,
    chance: float = 0.5,
) -> str:
    """Let the next item fail, and tell what becomes of it."""
    work = schedule.start(now)
    assert work is not None
    item = schedule.waiting(work.account_id)
    position = item.id if item else (work.held.position if work.held else 0)
    verdict = schedule.failed(work.account_id, position, failure, now, chance)
    schedule.finish(work.account_id)
    return verdict


def test_items_of_one_account_go_one_after_the_other() -> None:
    schedule = offered((1, "a"), (2, "a"))
    assert schedule.start(START) is not None
    assert schedule.start(START) is None
    schedule.delivered("a", 1, START)
    schedule.finish("a")
    work = schedule.start(START)
    assert work is not None
    assert schedule.waiting("a") == Item(2, "a")


def test_other_accounts_go_on_while_one_is_held_up() -> None:
    schedule = offered((1, "a"), (2, "b"), (3, "a"))
    fail_first(schedule)
    work = schedule.start(START)
    assert work is not None
    assert work.account_id == "b"
    schedule.delivered("b", 2, START)
    schedule.finish("b")
    assert schedule.cursor == 3  # what "a" still has to be told is in its held row
    assert schedule.held("a") == Held(
        account_id="a",
        position=1,
        tries=1,
        first_tried_at=START,
        next_at=at(2.5),
        error="connect_failed",
    )


def test_the_cursor_stays_before_what_is_under_way() -> None:
    schedule = offered((4, "a"), (7, "b"), (9, "c"))
    schedule.start(START)
    assert schedule.cursor == 3
    schedule.delivered("a", 4, START)
    assert schedule.cursor == 6


def test_an_item_that_failed_is_tried_again_when_its_time_has_come() -> None:
    schedule = offered((1, "a"))
    fail_first(schedule)
    assert schedule.next_at(START) == at(2.5)
    assert schedule.start(at(2.4)) is None
    work = schedule.start(at(2.5))
    assert work is not None
    assert (work.account_id, work.until) == ("a", 1)


def test_a_lane_is_free_once_it_has_caught_up() -> None:
    schedule = offered((1, "a"))
    fail_first(schedule)
    schedule.offer(Item(2, "a"), at(1))
    schedule.start(at(3))
    schedule.delivered("a", 1, at(3))
    schedule.finish("a")
    assert schedule.held("a") is not None
    schedule.start(at(3))
    schedule.delivered("a", 2, at(3))
    schedule.finish("a")
    assert schedule.held("a") is None
    assert schedule.changes().freed == ("a",)


def test_what_is_behind_a_held_item_is_not_kept_in_memory() -> None:
    schedule = offered(*((position, "a") for position in range(1, MOST_WAITING + 1)))
    assert not schedule.has_room
    fail_first(schedule)
    assert schedule.has_room
    assert schedule.cursor == MOST_WAITING


@pytest.mark.parametrize("tries", [1, 2, 5, 11, 200])
def test_pauses_grow_and_are_bounded(tries: int) -> None:
    ceiling_s = min(LONGEST_DELAY_S, 5.0 * 2 ** (tries - 1))
    assert delay_s(tries, 0.0) == 0.0
    assert delay_s(tries, 0.999) == pytest.approx(ceiling_s * 0.999)


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(120.0, 120.0), (1e9, LONGEST_RETRY_AFTER_S), (0.0, 2.5)]
)
def test_retry_after_is_honoured_within_bounds(asked_s: float, waited_s: float) -> None:
    schedule = offered((1, "a"), (2, "b"))
    fail_first(schedule, failure=Failure(error="answered_429", status=429, retry_after_s=asked_s))
    assert schedule.next_at(START) == at(waited_s)
    assert schedule.start(at(waited_s - 0.1)) is None, "a throttled endpoint is left alone"
    assert schedule.start(at(waited_s)) is not None


def test_an_endpoint_that_takes_nothing_is_asked_once_at_a_time() -> None:
    accounts = [(n, f"account {n}") for n in range(1, 40)]
    schedule = offered(*accounts)
    for _ in range(STRUGGLING):
        fail_first(schedule, chance=0.9)
    assert schedule.struggling
    assert schedule.cursor == 39
    assert len(schedule.changes().held) == 39
    at_s = schedule.next_at(START)
    assert at_s is not None
    probe = schedule.start(at_s)
    assert probe is not None
    assert probe.account_id == f"account {STRUGGLING + 1}", "not again one that has failed"
    assert schedule.start(at_s) is None
    schedule.delivered(probe.account_id, STRUGGLING + 1, at_s)
    schedule.finish(probe.account_id)
    ready = [work for _ in accounts if (work := schedule.start(at_s)) is not None]
    assert len(ready) == 38, "all others have their turn at once"


def test_an_item_is_set_aside_when_others_arrive_and_it_does_not() -> None:
    schedule = offered((1, "a"), (2, "b"), (5, "a"))
    fail_first(schedule)
    schedule.start(at(60))
    schedule.start(at(60))
    schedule.delivered("b", 2, at(60))
    late = START + PATIENCE
    assert schedule.failed("a", 1, DOWN, late, 0.5) == "set_aside"
    held = schedule.held("a")
    assert held is not None
    assert (held.position, held.tries) == (2, 0)
    assert [one.position for one in schedule.changes().set_aside] == [1]


def test_nothing_is_set_aside_while_the_endpoint_takes_nothing_at_all() -> None:
    schedule = offered((1, "a"))
    fail_first(schedule)
    assert fail_first(schedule, START + PATIENCE) == "again"
    assert fail_first(schedule, START + GIVEN_UP_AFTER) == "given_up"
    assert schedule.changes().held[0].position == 1


def test_an_endpoint_that_is_gone_keeps_its_place() -> None:
    schedule = offered((3, "a"))
    assert fail_first(schedule, failure=Failure(error="answered_410", status=410)) == "gone"
    assert schedule.changes().held[0].position == 3


ACCOUNTS = ("a", "b", "c", "d", "e", "f", "g")


class Deliveries(RuleBasedStateMachine):
    """One endpoint, told of seven accounts, with receivers that fail and a process that dies."""

    def __init__(self) -> None:
        super().__init__()
        self.log: list[Item] = []
        self.offered = 0
        self.now = START
        self.broken: set[str] = set()
        self.arrived: list[Item] = []
        self.schedule: Schedule[Item] = Schedule(0)
        self.stored: tuple[int, dict[str, Held]] = (0, {})
        self.set_aside: set[int] = set()

    @initialize(accounts=st.lists(st.sampled_from(ACCOUNTS), min_size=1, max_size=30))
    def things_have_happened(self, accounts: list[str]) -> None:
        for account in accounts:
            self.something_happens(account)

    @rule(account=st.sampled_from(ACCOUNTS))
    def something_happens(self, account: str) -> None:
        self.log.append(Item(len(self.log) + 1, account))

    @rule()
    def the_reader_reads_on(self) -> None:
        for item in self.log[self.offered :]:
            if self.schedule.has_room:
                self.schedule.offer(item, self.now)
                self.offered = item.id

    @rule(accounts=st.sets(st.sampled_from(ACCOUNTS), min_size=1))
    def the_receiver_takes_nothing_of(self, accounts: set[str]) -> None:
        self.broken = accounts

    @rule(seconds=st.sampled_from([1.0, 60.0, 7200.0, 90_000.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(lanes=st.integers(1, 4), chance=st.sampled_from([0.0, 0.5, 0.99]), again=st.booleans())
    def lanes_are_worked_on(self, lanes: int, chance: float, *, again: bool) -> None:
        works = [w for _ in range(lanes) if (w := self.schedule.start(self.now)) is not None]
        for work in works:
            items = [
                item
                for item in self.log
                if work.held
                and item.account_id == work.account_id
                and work.held.position <= item.id <= work.until
            ]
            goes_on = self._carry(work, items, chance, again=again)
            if work.held and goes_on:
                self.schedule.pass_over(work.account_id, work.until, self.now)
            self.schedule.finish(work.account_id)

    def _carry(self, work: Work, items: list[Item], chance: float, *, again: bool) -> bool:
        """Try items until one fails, or only the first; tells whether all there were arrived."""
        while item := items.pop(0) if items else self.schedule.waiting(work.account_id):
            if not self._try(item, chance):
                return False
            if not again:
                return not items
        return True

    def _try(self, item: Item, chance: float) -> bool:
        if item.account_id not in self.broken:
            self.schedule.delivered(item.account_id, item.id, self.now)
            self.arrived.append(item)
            return True
        verdict = self.schedule.failed(item.account_id, item.id, DOWN, self.now, chance)
        if verdict == "set_aside":
            self.set_aside.add(item.id)
        return verdict == "set_aside"

    @rule()
    def what_changed_is_stored(self) -> None:
        changes = self.schedule.changes()
        held = {name: one for name, one in self.stored[1].items() if name not in changes.freed}
        held |= {one.account_id: one for one in changes.held}
        self.stored = (max(self.stored[0], changes.cursor), held)

    @rule()
    def the_process_is_killed(self) -> None:
        cursor, held = self.stored
        self.schedule = Schedule(cursor, held.values(), delivered_at=self.schedule.delivered_at)
        self.offered = cursor

    def teardown(self) -> None:
        """Whatever has happened: once the receiver is mended all arrives that was not set aside."""
        self.broken = set()
        for _ in range(20 * len(self.log) + 20):
            self.the_reader_reads_on()
            self.lanes_are_worked_on(4, 0.5, again=True)
            self.time_passes(3600.0)
        missing = {item.id for item in self.log} - {item.id for item in self.arrived}
        assert missing <= self.set_aside
        assert self.schedule.cursor == len(self.log)
        assert list(self.schedule.changes().held) == []

    @invariant()
    def each_account_hears_its_story_in_order(self) -> None:
        for account in ACCOUNTS:
            told = [item.id for item in self.arrived if item.account_id == account]
            story = [item.id for item in self.log if item.account_id == account]
            highest = 0
            for position in told:
                between = {p for p in story if highest < p < position}
                assert between <= self.set_aside, "an item was passed over"
                highest = max(highest, position)

    @invariant()
    def what_is_stored_lacks_nothing(self) -> None:
        """Every item up to the stored cursor has arrived, was set aside, or is of a held lane."""
        cursor, held = self.stored
        dealt_with = {item.id for item in self.arrived} | self.set_aside
        for item in self.log[:cursor]:
            lane = held.get(item.account_id)
            assert item.id in dealt_with or (lane is not None and lane.position <= item.id)

    @invariant()
    def the_next_turn_is_told(self) -> None:
        """Whoever waits for `next_at` misses no turn."""
        if self.schedule.next_at(self.now) is None:
            assert self.schedule.cursor == self.schedule.seen
            assert all(self.schedule.held(account) is None for account in ACCOUNTS)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
