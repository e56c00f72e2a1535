"""Notices that no worker lives any more, so that no account says READY without a browser."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from adapters.event_log.interface import EventLog
from app.causes import cause_of, following
from app.dispatch import Dispatch
from app.orders import was_held
from app.projecting.parking import Parking
from app.projecting.registry import WORKER_WATCH
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.refusals import Refused

LOOK_S = 2.0
SILENT_S = 10.0
"""A worker beats every second; ten missed beats are no hiccup."""
PAGE = 500


class WorkerWatch:
    """Tells the domain of every link whose worker has been silent for too long."""

    def __init__(
        self,
        log: EventLog,
        dispatch: Dispatch,
        *,
        silent_s: Callable[[], Awaitable[float | None]],
        now: Callable[[], datetime],
    ) -> None:
        self._log = log
        self._silent_s = silent_s
        self._dispatch = dispatch
        self._now = now
        self._told = False
        self._parking = Parking(log, WORKER_WATCH)

    async def run(self) -> None:
        """Watch until cancelled; StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell once for each silence."""
        silent_s = await self._silent_s()
        if silent_s is None or silent_s < SILENT_S:
            self._told = False
            return
        if not self._told:
            await self._tell_all()
            self._told = True

    async def _tell_all(self) -> None:
        after = ""
        while rows := await self._log.account_rows(None, after, PAGE):
            await self._parking.prepare([str(row["account_id"]) for row in rows])
            for row in rows:
                after = str(row["account_id"])
                if not self._parking.stops(after):
                    async with self._parking.guarding(after):
                        await self._tell(after)
            if len(rows) < PAGE:
                return

    async def _tell(self, account_id: str) -> None:
        held = await self._dispatch.load(account_id)
        account = held.account
        if account.attempt is None or not was_held(account):
            return
        lost = RecordProblem(
            at=self._now(),
            attempt=account.attempt.id,
            reason=Reason.WORKER_LOST,
            detail="no worker has been heard of",
        )
        origin = following(await cause_of(self._log, account_id, held.version), "watch")
        try:
            await self._dispatch.submit(account_id, lost, origin)
        except Refused:
            return
