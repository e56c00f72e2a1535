"""Follows the log and keeps one account host for every account with a page open.

The worker has one for the primary's pages, the standby process one for those it has taken over.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

import structlog

from adapters.event_log.errors import StorageUnavailable, UnreadableEvent
from adapters.event_log.interface import EventLog
from adapters.vault import Vault
from app.account_host import AccountHost
from app.causes import cause_of, following
from app.dispatch import Dispatch, TooBusy
from app.orders import (
    ENDS_CODE,
    WAKES_SENDING,
    Close,
    Open,
    Order,
    order_for,
    order_to_resume,
    was_held,
)
from app.projecting.parking import Parking
from app.projecting.registry import BROWSERS, STANDBYS
from app.projecting.told_position import ToldPosition
from app.tail import follow
from domain.account import Account, Holder, holder
from domain.events import AccountEvent, LinkCompleted
from domain.facts import AccountErased
from domain.log import Origin, RecordedEvent
from domain.message_events import MessageQueued
from domain.observations import RecordProblem
from domain.reasons import Reason
from domain.refusals import Refused

PARKED_AS: dict[Holder, str] = {"primary": BROWSERS, "standby": STANDBYS}
POLL_S = 1.0
PAGE = 500
CLOSED_AT_ONCE = 8
"""Of hundreds of browsers that all close at once none would within its limit. Each mostly waits."""

_logger = structlog.get_logger()


class Fleet:
    """All browser sessions of this process."""

    def __init__(
        self,
        *,
        log: EventLog,
        dispatch: Dispatch,
        vault: Vault,
        host_of: Callable[[str, Account], AccountHost],
        now: Callable[[], datetime],
        origin: Origin,
        holder: Holder = "primary",
        heard: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`heard` is told of every account that something has happened to."""
        self._log = log
        self._dispatch = dispatch
        self._vault = vault
        self._host_of = host_of
        self._now = now
        self._origin = origin
        self._holder = holder
        self._heard = heard
        self._hosts: dict[str, tuple[AccountHost, asyncio.Task[None]]] = {}
        self._followed = -1
        self._unheard = False
        """The database was away when a link was to be told as lost, while closing."""
        self._parking = Parking(log, PARKED_AS[holder])
        self._told = ToldPosition(log, BROWSERS)

    async def run(self) -> None:
        """Take over what another worker left, then obey the log until cancelled.

        StorageUnavailable ends it with every page still open; run it again to go on.
        """
        if self._followed < 0:
            head = await self._log.head()
            await self._take_over()
            self._followed = head
        async for batch in follow(self._log, self._followed, POLL_S, self._pass_over):
            await self._parking.prepare([recorded.stream for recorded in batch])
            for recorded in batch:
                if not self._parking.stops(recorded.stream):
                    async with self._parking.guarding(recorded.stream, recorded):
                        await self._obey(recorded)
                self._followed = recorded.position
            if self._holder == "primary":
                await self._told.tell(self._followed)
            self._forget_idle()

    async def _pass_over(self, error: UnreadableEvent) -> None:
        await self._parking.park_unreadable(error)
        self._followed = error.position

    async def close(self) -> None:
        """Say of each link that it is down and close its page, keeping the session."""
        hosts, self._hosts = self._hosts, {}
        turns = asyncio.Semaphore(CLOSED_AT_ONCE)
        closing = [
            asyncio.create_task(self._close_host(account_id, host, task, turns))
            for account_id, (host, task) in hosts.items()
        ]
        if closing:
            await asyncio.wait(closing)

    async def _close_host(
        self,
        account_id: str,
        host: AccountHost,
        task: asyncio.Task[None],
        turns: asyncio.Semaphore,
    ) -> None:
        async with turns:
            try:
                if not self._unheard:
                    await self._tell_lost(
                        account_id, "the worker was stopped", opened=host.attempt_id
                    )
            except (StorageUnavailable, TooBusy) as error:
                # The database is away, which may be why we stop. The next worker tells it.
                self._unheard = True
                _logger.warning("links not told as lost", error=str(error))
            finally:
                task.cancel()
                await asyncio.wait([task])

    async def _take_over(self) -> None:
        """Resume attempts that still can be; tell the domain of links whose browser is gone."""
        after = ""
        while rows := await self._log.account_rows(None, after, PAGE):
            await self._parking.prepare([str(row["account_id"]) for row in rows])
            for row in rows:
                after = str(row["account_id"])
                if not self._parking.stops(after):
                    async with self._parking.guarding(after):
                        await self._take_over_account(after)
            if len(rows) < PAGE:
                break

    async def _take_over_account(self, account_id: str) -> None:
        held = await self._dispatch.load(account_id)
        order = order_to_resume(held.account)
        if order is not None:
            cause = await cause_of(self._log, account_id, held.version)
            await self._give(account_id, order, cause)
        if not self._is_open(account_id, held.account):
            await self._tell_lost(account_id, "a new worker has taken over")
        self._heard(account_id)

    def _is_open(self, account_id: str, account: Account) -> bool:
        """Tell whether it was opened here: after an outage a take-over begins anew."""
        host, _ = self._hosts.get(account_id, (None, None))
        attempt = account.attempt
        return host is not None and attempt is not None and host.attempt_id == attempt.id

    async def _tell_lost(self, account_id: str, detail: str, *, opened: str | None = None) -> None:
        """Tell the domain of a link whose browser is gone; it makes the next appointment.

        Only if it is that of the attempt that was `opened` here: whoever lost the lease may close
        its pages when its successor has opened others already.
        """
        held = await self._dispatch.load(account_id)
        account = held.account
        if not was_held(account) or account.attempt is None:
            return
        if opened is not None and account.attempt.id != opened:
            return
        if holder(account) != self._holder:
            return  # the other process holds it
        lost = RecordProblem(
            at=self._now(),
            attempt=account.attempt.id,
            reason=Reason.WORKER_LOST,
            detail=detail,
            jitter=0.0,
        )
        cause = await cause_of(self._log, account_id, held.version)
        with contextlib.suppress(Refused):  # it is in the log as refused; the account moved on
            await self._dispatch.submit(account_id, lost, following(cause, self._origin.actor))

    async def _obey(self, recorded: RecordedEvent) -> None:
        event = recorded.event
        if not isinstance(event, AccountEvent):
            return
        if isinstance(event, ENDS_CODE) and self._holder == "primary":
            await self._vault.clear(recorded.stream)
        order = order_for(event)
        if order is not None:
            await self._give(recorded.stream, order, recorded.origin)
        if isinstance(event, WAKES_SENDING):
            self._wake_sending(recorded.stream, event, recorded.origin)
        if isinstance(event, AccountErased):
            self._dispatch.forget(recorded.stream)
        self._heard(recorded.stream)

    def _wake_sending(
        self, account_id: str, event: MessageQueued | LinkCompleted, cause: Origin
    ) -> None:
        if account_id in self._hosts:
            message_id = event.message if isinstance(event, MessageQueued) else ""
            self._hosts[account_id][0].poke(message_id, cause)

    async def _give(self, account_id: str, order: Order, cause: Origin) -> None:
        if isinstance(order, Open) and order.holder != self._holder:
            order = Close()
        if account_id not in self._hosts:
            if self._holder == "standby" and not isinstance(order, Open):
                return  # it has nothing of this account; the worker keeps what there is
            account = (await self._dispatch.load(account_id)).account
            host = self._host_of(account_id, account)
            task = asyncio.create_task(host.run(), name=f"account {account_id}")
            self._hosts[account_id] = (host, task)
        await self._hosts[account_id][0].give(order, cause)

    def _forget_idle(self) -> None:
        """Let go of hosts that have nothing open, and of those that broke."""
        for account_id, (host, task) in list(self._hosts.items()):
            if task.done() or host.idle:
                task.cancel()
                del self._hosts[account_id]
