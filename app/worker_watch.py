"""Notices that no worker or standby process lives any more, so that no status lies."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from adapters.event_log.interface import EventLog
from app.causes import cause_of, following
from app.dispatch import Dispatch
from app.orders import was_held
from app.projecting.parking import Parking
from app.projecting.registry import STANDBY_WATCH, WORKER_WATCH
from domain.account import Account, Holder
from domain.commands import AnyCommand
from domain.observations import RecordProblem, RecordStandby
from domain.reasons import Reason
from domain.refusals import Refused

LOOK_S = 2.0
SILENT_S = 10.0
"""A worker beats every second; ten missed beats are no hiccup."""
PAGE = 500


def lost_with_worker(account: Account, at: datetime) -> AnyCommand | None:
    """Say what to tell of an account when no worker lives."""
    if account.attempt is None or not was_held(account) or account.attempt.holder != "primary":
        return None
    return RecordProblem(
        at=at,
        attempt=account.attempt.id,
        reason=Reason.WORKER_LOST,
        detail="no worker has been heard of",
    )


def lost_with_standby(account: Account, at: datetime) -> AnyCommand | None:
    """Say what to tell of an account when no standby process lives: its link, or its standby."""
    if account.attempt is None:
        return None
    if account.attempt.holder == "standby" and was_held(account):
        return RecordProblem(
            at=at,
            attempt=account.attempt.id,
            reason=Reason.WORKER_LOST,
            detail="the standby process has not been heard of",
        )
    if account.standby.stage not in ("requested", "ready"):
        return None
    return RecordStandby(
        at=at,
        attempt=account.attempt.id,
        stage="failed",
        digest=account.standby.digest,
        reason=Reason.WORKER_LOST,
    )


Lost = Callable[[Account, datetime], AnyCommand | None]
LOST: dict[Holder, Lost] = {"primary": lost_with_worker, "standby": lost_with_standby}
WATCHES: dict[Holder, str] = {"primary": WORKER_WATCH, "standby": STANDBY_WATCH}


class WorkerWatch:
    """Tells the domain what was lost with a worker, or a standby process, that fell silent."""

    def __init__(
        self,
        log: EventLog,
        dispatch: Dispatch,
        *,
        silent_s: Callable[[], Awaitable[float | None]],
        now: Callable[[], datetime],
        holder: Holder = "primary",
    ) -> None:
        self._log = log
        self._silent_s = silent_s
        self._dispatch = dispatch
        self._now = now
        self._told = False
        self._lost = LOST[holder]
        self._parking = Parking(log, WATCHES[holder])

    async def run(self) -> None:
        """Watch until cancelled; StorageUnavailable ends it, and the caller starts it again.

        Nobody can be heard of while the database is away: silence counts from when it is back.
        """
        await asyncio.sleep(SILENT_S)
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Tell once for each silence. None that was ever heard of is one: it holds nothing."""
        silent_s = await self._silent_s()
        if silent_s is not None and silent_s < SILENT_S:
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
        """Tell it of the attempt that is current, also if that has just begun."""
        while True:
            held = await self._dispatch.load(account_id)
            lost = self._lost(held.account, self._now())
            if lost is None:
                return
            origin = following(await cause_of(self._log, account_id, held.version), "watch")
            try:
                answer = await self._dispatch.submit(account_id, lost, origin)
            except Refused:
                return
            if answer.rule != "foreign_attempt":
                return
