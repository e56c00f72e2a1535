"""Fires deadlines. They are data in the log, so a restart loses none: overdue ones fire at once."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime
from functools import partial

from adapters.event_log.interface import DueDeadline, EventLog
from app.causes import cause_of, following
from app.dispatch import Dispatch
from app.identifiers import new_id
from app.projecting.parking import Parking
from app.projecting.registry import DEADLINES
from domain.account import Account
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.refusals import Refused

LOOK_S = 0.25
"""How late a deadline may fire; one indexed query each time."""
AWAITED = tuple(awaited.value for awaited in Awaited)
AT_ONCE = 200
"""Deadlines fired per look, so that a great many overdue ones do not starve the rest."""


class DeadlineClock:
    """Looks for passed deadlines and submits them. Any number of clocks may run: one wins."""

    def __init__(
        self,
        log: EventLog,
        dispatch: Dispatch,
        now: Callable[[], datetime],
        *,
        new_attempt: Callable[[datetime], str] | None = None,
        jitter: Callable[[], float] | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        """Take what a simulation must be able to repeat: `jitter` is in [0, 1), at random."""
        self._log = log
        self._dispatch = dispatch
        self._now = now
        self._new_attempt = new_attempt or partial(new_id, "att")
        self._jitter = jitter or random.SystemRandom().random
        self._look_s = look_s
        self._parking = Parking(log, DEADLINES)

    async def run(self) -> None:
        """Fire until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.fire_due()
            await asyncio.sleep(self._look_s)

    async def fire_due(self) -> int:
        """Submit every deadline that has passed; returns how many."""
        now = self._now()
        # What a newer build awaits, only a newer build can give up.
        due = await self._log.due_deadlines(now, AT_ONCE, AWAITED)
        due += await self._due_without_row(now)
        await self._parking.prepare([deadline.account_id for deadline in due])
        for deadline in due:
            if not self._parking.stops(deadline.account_id):
                async with self._parking.guarding(deadline.account_id):
                    await self._fire(deadline, now)
        return len(due)

    async def _due_without_row(self, now: datetime) -> list[DueDeadline]:
        """Ask the accounts themselves whose rows are parked: no row tells of their deadlines."""
        due: list[DueDeadline] = []
        parked = [one.stream for one in (await self._log.parked("accounts"))[:AT_ONCE]]
        await self._parking.prepare(parked)
        for stream in parked:
            if not self._parking.stops(stream):
                async with self._parking.guarding(stream):
                    due += _deadline_of(stream, (await self._dispatch.load(stream)).account, now)
        return due

    async def _fire(self, deadline: DueDeadline, now: datetime) -> None:
        command = ExpireDeadline(
            at=now,
            awaited=Awaited(deadline.awaited),
            due=deadline.due,
            attempt=self._new_attempt(now),
            jitter=self._jitter(),
        )
        held = await self._dispatch.load(deadline.account_id)
        cause = await cause_of(self._log, deadline.account_id, held.version)
        try:
            await self._dispatch.submit(deadline.account_id, command, following(cause, "clock"))
        except Refused:
            return  # the account moved on between the look and the decision


def _deadline_of(account_id: str, account: Account, now: datetime) -> list[DueDeadline]:
    deadline = account.deadline
    if deadline is None or deadline.at > now:
        return []
    return [
        DueDeadline(
            account_id=account_id,
            attempt_id=account.attempt and account.attempt.id,
            awaited=deadline.awaited.value,
            due=deadline.at,
        )
    ]
