"""Fails messages that have waited for too long, of accounts that cannot send. Any number may run.

(Whoever sends an account's queue looks at the time itself, and gives up a little earlier.)
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.event_log.interface import EventLog
from adapters.event_log.message_rows import MessageTable
from app.causes import cause_of_message, following
from app.dispatch import Dispatch
from app.projecting.parking import Parking
from app.projecting.registry import QUEUE_CLOCK
from domain.message_observations import RecordMessageFailed
from domain.message_reasons import MessageReason

LOOK_S = 15.0
"""Messages wait for an hour at least: seconds do not matter."""
AT_ONCE = 200


class QueueClock:
    """Looks at the table, which knows of each message that waits."""

    def __init__(
        self,
        log: EventLog,
        dispatch: Dispatch,
        table: MessageTable,
        *,
        limit: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._dispatch = dispatch
        self._table = table
        self._limit = limit
        self._now = now
        self._parking = Parking(log, QUEUE_CLOCK)

    async def run(self) -> None:
        """Fail them until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.fail_expired()
            await asyncio.sleep(LOOK_S)

    async def fail_expired(self) -> int:
        """Fail what has waited for too long; gives how many."""
        now = self._now()
        expired = await self._table.waiting_since(now - self._limit, AT_ONCE)
        await self._parking.prepare([account_id for account_id, _ in expired])
        for account_id, message_id in expired:
            if not self._parking.stops(account_id):
                async with self._parking.guarding(account_id):
                    await self._fail(account_id, message_id, now)
        return len(expired)

    async def _fail(self, account_id: str, message_id: str, now: datetime) -> None:
        command = RecordMessageFailed(at=now, message=message_id, reason=MessageReason.EXPIRED)
        held = await self._dispatch.load(account_id)
        cause = await cause_of_message(self._log, account_id, held.version, message_id)
        await self._dispatch.submit(account_id, command, following(cause, "clock"))
