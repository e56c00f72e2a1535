"""Which of an endpoint's items goes out next, and when. Pure: time and chance are given.

Of each account the items go out one after the other in the log's order. An account whose item
fails is held up: the schedule keeps only where it stands, and the items behind are read from the
log again. All others go on. `cursor` and the held-up accounts say all that has to survive a crash.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Generic, Literal

import msgspec
from msgspec.structs import replace

from adapters.webhook_outbox import Held, SetAside
from app.webhooks.lane import ItemT, Lane
from app.webhooks.patience import (
    GIVEN_UP_AFTER,
    LONGEST_RETRY_AFTER_S,
    PATIENCE,
    STRUGGLING,
    delay_s,
)

MOST_WAITING = 1000
"""Items of one endpoint in memory: about a megabyte. More are left in the log."""
MOST_HELD = 10_000
"""Accounts of one endpoint that may be held up; then its reader waits, and its cursor with it."""

Verdict = Literal["again", "set_aside", "gone", "given_up"]
"""What becomes of an item that failed. gone and given_up are of the endpoint: it is disabled."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why one try failed."""

    error: str
    """A name, never what the receiver said."""
    status: int | None = None
    retry_after_s: float | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A lane to be worked on. `held` None: its items are in memory."""

    account_id: str
    held: Held | None
    until: int
    """Of a held lane: its last position that is to be read from the log."""


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be stored so that nothing is lost."""

    cursor: int
    held: tuple[Held, ...]
    freed: tuple[str, ...]
    set_aside: tuple[SetAside, ...]


class Schedule(Generic[ItemT]):
    """Everything that one endpoint still has to be told."""

    def __init__(
        self,
        cursor: int,
        held: Iterable[Held] = (),
        *,
        failing_since: datetime | None = None,
        delivered_at: datetime | None = None,
    ) -> None:
        self.seen = cursor
        """Everything up to here has been offered, or is of a lane that is held."""
        self.failing_since = failing_since
        self.delivered_at = delivered_at
        self.last_error = ""
        self.struggling = False
        self._probes = 0
        self._probe_at: datetime | None = None
        self._not_before: datetime | None = None
        self._failing: set[str] = set()
        self._lanes: dict[str, Lane[ItemT]] = {}
        self._ready: deque[str] = deque()
        self._due: list[tuple[datetime, str]] = []
        self._waiting = 0
        self._held = 0
        self._busy = 0
        self._changed: set[str] = set()
        self._set_aside: list[SetAside] = []
        for one in held:
            lane = self._lanes[one.account_id] = Lane()
            self._hold(lane, one, until=cursor)
        self._changed.clear()

    @property
    def cursor(self) -> int:
        """Up to here nothing is missing but what held lanes have to tell."""
        firsts = [lane.waiting[0].id for lane in self._lanes.values() if lane.waiting]
        return min(firsts) - 1 if firsts else self.seen

    @property
    def has_room(self) -> bool:
        """Tell whether another item may be offered."""
        return self._waiting < MOST_WAITING and self._held < MOST_HELD

    def newest(self, account_id: str) -> ItemT | None:
        """Give the account's last item, if it waits behind one that is held up."""
        lane = self._lanes.get(account_id)
        return lane.newest if lane else None

    def held(self, account_id: str) -> Held | None:
        """Give where the account stands, if it is held up."""
        lane = self._lanes.get(account_id)
        return lane.held if lane else None

    def offer(self, item: ItemT, now: datetime) -> None:
        """Take in the next item of the log that the endpoint wants."""
        self.seen = max(self.seen, item.id)
        lane = self._lanes.get(item.account_id)
        if lane is None:
            lane = self._lanes[item.account_id] = Lane()
            if self.struggling:
                self._hold(lane, self._untried(item, now), until=item.id)
        lane.newest = item
        if lane.held is not None:
            lane.until = max(lane.until, item.id)
            return
        lane.waiting.append(item)
        self._waiting += 1
        if not lane.busy and len(lane.waiting) == 1:
            self._ready.append(item.account_id)

    def _untried(self, item: ItemT, now: datetime) -> Held:
        """Hold an account up because the endpoint takes nothing: it is not asked for each."""
        return Held(
            account_id=item.account_id, position=item.id, next_at=now, error=self.last_error
        )

    def start(self, now: datetime) -> Work | None:
        """Choose a lane to work on, and mark it busy until `finish`; None: there is none now."""
        if self._not_before is not None and now < self._not_before:
            return None
        account_id = self._probe(now) if self.struggling else self._next(now)
        if account_id is None:
            return None
        lane = self._lanes[account_id]
        lane.busy = True
        lane.tried_at = now
        self._busy += 1
        return Work(account_id=account_id, held=lane.held, until=lane.until)

    def waiting(self, account_id: str) -> ItemT | None:
        """Give the next item in memory of a lane that is not held."""
        lane = self._lanes[account_id]
        return lane.waiting[0] if lane.waiting and lane.held is None else None

    def delivered(self, account_id: str, position: int, now: datetime) -> None:
        """Note that an item has arrived, and that the endpoint works."""
        lane = self._lanes[account_id]
        self._deal(lane, position, now)
        self.delivered_at, self.failing_since, self.last_error = now, None, ""
        self._failing.clear()
        self._not_before = None
        if self.struggling:
            self.struggling, self._probes, self._probe_at = False, 0, None
            for one in self._lanes.values():
                if one.held is not None and not one.busy:
                    self._put_off(one, one.held, min(one.held.next_at, now))

    def pass_over(self, account_id: str, through: int, now: datetime) -> None:
        """Note that nothing of the account up to here is for this endpoint."""
        self._deal(self._lanes[account_id], through, now)

    def failed(
        self, account_id: str, position: int, failure: Failure, now: datetime, chance: float
    ) -> Verdict:
        """Note that a try failed; the item's account is held up now, whatever the verdict."""
        lane = self._lanes[account_id]
        before = lane.held
        tries = before.tries + 1 if before else 1
        first = (before.first_tried_at if before else None) or now
        self.failing_since = self.failing_since or now
        self.last_error = failure.error
        self._failing.add(account_id)
        pause_s = delay_s(tries, chance)
        if failure.retry_after_s is not None:
            pause_s = max(pause_s, min(failure.retry_after_s, LONGEST_RETRY_AFTER_S))
        held = Held(
            account_id=account_id,
            position=position,
            tries=tries,
            first_tried_at=first,
            next_at=now + timedelta(seconds=pause_s),
            told=before.told if before else False,
            error=failure.error,
        )
        until = max(lane.until, position, lane.waiting[-1].id if lane.waiting else 0)
        self._hold(lane, held, until=until)
        if failure.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) and (
            failure.retry_after_s is not None
        ):
            self._not_before = held.next_at
        if len(self._failing) >= STRUGGLING:
            self._struggle(now, chance)
        return self._judge(lane, held, failure, now)

    def tell(self, account_id: str, *, told: bool) -> None:
        """Note what the account's log says of a lane that is held."""
        lane = self._lanes.get(account_id)
        if lane is not None and lane.held is not None:
            lane.held = replace(lane.held, told=told)
            self._changed.add(account_id)

    def finish(self, account_id: str) -> None:
        """Let go of a lane that was worked on: it is free, or has its next turn."""
        lane = self._lanes[account_id]
        lane.busy = False
        self._busy -= 1
        if lane.held is not None:
            if lane.held.position > lane.until:
                lane.held = None
                self._held -= 1
                self._changed.add(account_id)
            else:
                heapq.heappush(self._due, (lane.held.next_at, account_id))
        if lane.held is None:
            if lane.waiting:
                self._ready.append(account_id)
            else:
                del self._lanes[account_id]

    def next_at(self, now: datetime) -> datetime | None:
        """Tell when `start` may have something; None: not before something else happens."""
        if self.struggling:
            at = None if self._busy else self._probe_at
        elif self._ready:
            at = now
        else:
            at = self._due[0][0] if self._due else None
        if at is not None and self._not_before is not None:
            at = max(at, self._not_before)
        return at

    def changes(self) -> Changes:
        """Give what changed since the last time, to be stored together."""
        lanes = {name: self._lanes.get(name) for name in self._changed}
        held = [lane.held for lane in lanes.values() if lane and lane.held]
        kept = {one.account_id for one in held}
        changes = Changes(
            cursor=self.cursor,
            held=tuple(held),
            freed=tuple(name for name in lanes if name not in kept),
            set_aside=tuple(self._set_aside),
        )
        self._changed.clear()
        self._set_aside.clear()
        return changes

    def _next(self, now: datetime) -> str | None:
        """Held lanes that are due come first: what they have is older."""
        while self._due and self._due[0][0] <= now:
            at, account_id = heapq.heappop(self._due)
            lane = self._lanes.get(account_id)
            if lane and lane.held and not lane.busy and lane.held.next_at == at:
                return account_id
        while self._ready:
            account_id = self._ready.popleft()
            lane = self._lanes.get(account_id)
            if lane and lane.waiting and not lane.busy:
                return account_id
        return None

    def _probe(self, now: datetime) -> str | None:
        """Ask with the lane that has waited longest, so that none is asked with for ever."""
        if self._busy or (self._probe_at is not None and now < self._probe_at):
            return None
        lanes = [(name, lane.tried_at) for name, lane in self._lanes.items() if lane.held]
        untried = next((name for name, tried_at in lanes if tried_at is None), None)
        if untried is not None or not lanes:
            return untried
        return min(lanes, key=lambda pair: pair[1] or now)[0]

    def _struggle(self, now: datetime, chance: float) -> None:
        self._probes += 1
        self._probe_at = now + timedelta(seconds=delay_s(self._probes, chance))
        if not self.struggling:
            self.struggling = True
            for lane in self._lanes.values():
                if lane.waiting and not lane.busy:
                    held = self._untried(lane.waiting[0], now)
                    self._hold(lane, held, until=lane.waiting[-1].id)

    def _judge(self, lane: Lane[ItemT], held: Held, failure: Failure, now: datetime) -> Verdict:
        if failure.status == HTTPStatus.GONE:
            return "gone"
        if self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER:
            return "given_up"
        first = held.first_tried_at or now
        if now - first < PATIENCE or self.delivered_at is None or self.delivered_at < first:
            # It is the endpoint that takes nothing, not this item that it does not take.
            return "again"
        self._set_aside.append(
            SetAside(
                account_id=held.account_id,
                position=held.position,
                at=now,
                tries=held.tries,
                error=held.error,
            )
        )
        self._deal(lane, held.position, now)
        return "set_aside"

    def _deal(self, lane: Lane[ItemT], position: int, now: datetime) -> None:
        """Everything of the lane up to the position is dealt with."""
        if lane.held is None:
            lane.waiting.popleft()
            self._waiting -= 1
            return
        lane.held = Held(
            account_id=lane.held.account_id,
            position=position + 1,
            next_at=now,
            told=lane.held.told,
        )
        self._changed.add(lane.held.account_id)

    def _hold(self, lane: Lane[ItemT], held: Held, *, until: int) -> None:
        self._waiting -= len(lane.waiting)
        self._held += lane.held is None
        lane.waiting.clear()
        lane.until = until
        lane.held = held
        self._changed.add(held.account_id)
        if not lane.busy:
            heapq.heappush(self._due, (held.next_at, held.account_id))

    def _put_off(self, lane: Lane[ItemT], held: Held, next_at: datetime) -> None:
        lane.held = replace(held, next_at=next_at)
        heapq.heappush(self._due, (next_at, held.account_id))
