"""Fires deadlines. They are data in the log, so a restart loses none: overdue ones fire at once."""

import asyncio
import random
from collections.abc import Callable
from datetime import datetime

import structlog

from adapters.event_log.errors import UnreadableEvent
from adapters.event_log.interface import DueDeadline, EventLog
from app.dispatch import Dispatch
from app.identifiers import new_id
from domain.commands import ExpireDeadline
from domain.deadlines import Awaited
from domain.log import Origin
from domain.refusals import Refused

_logger = structlog.get_logger()

LOOK_S = 0.25
"""How late a deadline may fire; one indexed query each time."""
AWAITED = frozenset(awaited.value for awaited in Awaited)
AT_ONCE = 200
"""Deadlines fired per look, so that a great many overdue ones do not starve the rest."""


class DeadlineClock:
    """Looks for passed deadlines and submits them. Any number of clocks may run: one wins."""

    def __init__(self, log: EventLog, dispatch: Dispatch, now: Callable[[], datetime]) -> None:
        self._log = log
        self._dispatch = dispatch
        self._now = now
        self._random = random.SystemRandom()
        self._unreadable: set[str] = set()

    async def run(self) -> None:
        """Fire until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.fire_due()
            await asyncio.sleep(LOOK_S)

    async def fire_due(self) -> int:
        """Submit every deadline that has passed; returns how many."""
        now = self._now()
        due = await self._log.due_deadlines(now, AT_ONCE)
        for deadline in due:
            # What a newer build awaits, only a newer build can give up.
            if deadline.awaited in AWAITED and deadline.account_id not in self._unreadable:
                await self._fire(deadline, now)
        return len(due)

    async def _fire(self, deadline: DueDeadline, now: datetime) -> None:
        command = ExpireDeadline(
            at=now,
            awaited=Awaited(deadline.awaited),
            due=deadline.due,
            attempt=new_id("att", now),
            jitter=self._random.random(),
        )
        try:
            await self._dispatch.submit(deadline.account_id, command, Origin(actor="clock"))
        except Refused:
            return  # the account moved on between the look and the decision
        except UnreadableEvent as error:  # a newer build wrote it; all others go on
            self._unreadable.add(deadline.account_id)
            _logger.warning("deadlines passed over", stream=error.stream, error=str(error))
