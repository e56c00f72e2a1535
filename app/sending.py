"""Sends what is queued for one account, one after the other, while its page is open here and READY.

The queue is the account's own story, so it outlives this process. A message goes under one id of
WhatsApp's at every try: whoever crashes between sending and recording sends nothing twice.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
import structlog

from adapters.browser.spec import SendFailed, SpecFile, SpecMessage
from adapters.event_log.errors import StorageUnavailable
from adapters.event_log.interface import EventLog
from adapters.message_contents import MessageContent, MessageContents
from app.causes import cause_of_message, following
from app.dispatch import Answer, Dispatch, TooBusy
from app.identifiers import new_id
from domain.account import Account, Holder
from domain.commands import AnyCommand
from domain.log import Origin
from domain.message_observations import (
    RecordMessageFailed,
    RecordMessageNotSent,
    RecordMessageSent,
)
from domain.message_reasons import MessageReason
from domain.message_state import QueuedMessage
from domain.policy import Policy
from domain.refusals import Refused
from domain.status import Status
from domain.wishes import PromoteStandby

WINDOW_S = 60.0
RETRY_S = 5.0
"""Before a second try on the same page, or another look at a page that has gone away."""
RECORD_AGAIN_S = 1.0
"""Pause before something that the log could not take is handed over again."""
LAST_START = timedelta(seconds=180)
"""A message whose time runs out sooner is not begun: the longest send takes 120 s
(`Limits.send_file_s`), and one that is told as expired must not go after all."""
MOST_ORIGINS = 1000
"""As many as may be queued for an account."""
NOT_A_TRY = frozenset({MessageReason.CONNECTION_LOST, MessageReason.NOT_READY})
"""The link itself is in trouble, and the account's own story sees to that: the message waits."""

_logger = structlog.get_logger()


class SendingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment says about sending."""

    per_minute: int
    wait_limit: timedelta
    """How long a message waits before it has failed."""
    keeps_content: bool
    policy: Policy
    """For the attempt of a standby that takes over."""


class Pace:
    """So many in any minute, and none of them later than it has to be."""

    def __init__(self, per_minute: int) -> None:
        self._begun_s: deque[float] = deque(maxlen=per_minute)

    def wait_s(self, now_s: float) -> float:
        """Tell how long the next one has to wait."""
        if len(self._begun_s) < (self._begun_s.maxlen or 0):
            return 0.0
        return max(0.0, self._begun_s[0] + WINDOW_S - now_s)

    def begin(self, now_s: float) -> None:
        """Count one."""
        self._begun_s.append(now_s)


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """What all sending of one process works with."""

    dispatch: Dispatch
    contents: MessageContents
    settings: SendingPolicy
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    log: EventLog


class Page(Protocol):
    """What messages go through: a session of the browser adapter."""

    async def send(self, message: SpecMessage) -> str:
        """Send it, once however often it is asked for; give WhatsApp's id. Raises SendFailed."""
        ...


class Sending:
    """Of one session. It looks whenever it is poked, and once at its beginning."""

    def __init__(
        self,
        account_id: str,
        attempt_id: str,
        page: Page,
        *,
        outbox: Outbox,
        pace: Pace,
        origin: Origin,
        by: Holder,
    ) -> None:
        self._account_id = account_id
        self._attempt_id = attempt_id
        self._page = page
        self._outbox = outbox
        self._pace = pace
        self._origin = origin
        self._by: Holder = by
        self._poked = asyncio.Event()
        self._origins: dict[str, Origin] = {}
        self._version = 0

    def poke(self, message_id: str = "", origin: Origin | None = None) -> None:
        """Have the queue looked at; `origin` is of the message that has just been queued."""
        if message_id and origin is not None:
            if len(self._origins) >= MOST_ORIGINS:  # of some that have failed without us
                del self._origins[next(iter(self._origins))]
            self._origins[message_id] = origin
        self._poked.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            self._poked.clear()
            try:
                wait_s = await self._send_next()
            except (StorageUnavailable, TooBusy):
                wait_s = RETRY_S
            except Exception:
                _logger.exception("sending broke", account=self._account_id)
                wait_s = RETRY_S
            await self._sleep(wait_s)

    async def _sleep(self, wait_s: float | None) -> None:
        """A poke brings nothing forward that waits for its time."""
        if wait_s is None:
            await self._poked.wait()
        else:
            await asyncio.sleep(wait_s)

    async def _send_next(self) -> float | None:
        """Send the oldest that waits; gives how long to wait then, None until poked."""
        held = await self._outbox.dispatch.load(self._account_id)
        self._version = held.version
        account = held.account
        if not self._may_send(account) or not account.messages.queued:
            return None
        wait_s = self._pace.wait_s(self._outbox.monotonic_s())
        if wait_s > 0:
            return wait_s
        return await self._send(account.messages.queued[0])

    def _may_send(self, account: Account) -> bool:
        attempt = account.attempt
        is_ready = account.status is Status.READY and not account.logout_requested
        return is_ready and attempt is not None and attempt.id == self._attempt_id

    async def _send(self, queued: QueuedMessage) -> float:
        outbox = self._outbox
        if outbox.now() - queued.queued_at > outbox.settings.wait_limit - LAST_START:
            return await self._fail(queued, MessageReason.EXPIRED)
        content = await outbox.contents.find(self._account_id, queued.id)
        if content is None:
            return await self._fail(queued, MessageReason.CONTENT_GONE)
        self._pace.begin(outbox.monotonic_s())
        try:
            whatsapp_id = await self._page.send(_specified(queued, content))
        except SendFailed as failure:
            return await self._failed(queued, failure)
        except Exception as error:  # whatever is wrong with it, those behind it are to go
            _logger.exception("send broke", account=self._account_id, message=queued.id)
            broken = SendFailed(MessageReason.PAGE_REFUSED, type(error).__name__)
            return await self._failed(queued, broken)
        sent = RecordMessageSent(
            at=outbox.now(), message=queued.id, whatsapp_id=whatsapp_id, by=self._by
        )
        await self._record(sent, queued)
        await self._let_go(queued)
        return 0

    async def _failed(self, queued: QueuedMessage, failure: SendFailed) -> float:
        if failure.reason in NOT_A_TRY:
            return RETRY_S
        if not failure.retryable:
            return await self._fail(queued, failure.reason, failure.detail)
        not_sent = RecordMessageNotSent(
            at=self._outbox.now(),
            message=queued.id,
            reason=failure.reason,
            detail=failure.detail,
            by=self._by,
        )
        answer = await self._record(not_sent, queued)
        account = None if answer is None else answer.held.account
        if account is None or account.messages.queued_as(queued.id) is None:
            await self._let_go(queued)
            return 0
        if account.standby.stage == "ready":  # it may have become so while this was tried
            await self._promote(queued)
        return RETRY_S

    async def _promote(self, queued: QueuedMessage) -> None:
        """The primary could not send: let the standby take the session over, and send."""
        now = self._outbox.now()
        promote = PromoteStandby(
            at=now,
            attempt=new_id("att", now),
            because="send_failed",
            policy=self._outbox.settings.policy,
        )
        await self._record(promote, queued)

    async def _fail(self, queued: QueuedMessage, reason: MessageReason, detail: str = "") -> float:
        failed = RecordMessageFailed(
            at=self._outbox.now(), message=queued.id, reason=reason, detail=detail
        )
        await self._record(failed, queued)
        await self._let_go(queued)
        return 0

    async def _record(self, command: AnyCommand, queued: QueuedMessage) -> Answer | None:
        """Hand it to the domain until the log has it; None when the account has moved on."""
        origin = following(await self._cause(queued), self._origin.actor)
        while True:
            try:
                return await self._outbox.dispatch.submit(self._account_id, command, origin)
            except Refused as refusal:
                _logger.info("not recorded", account=self._account_id, rule=refusal.rule)
                return None
            except (StorageUnavailable, TooBusy):
                await asyncio.sleep(RECORD_AGAIN_S)

    async def _cause(self, queued: QueuedMessage) -> Origin:
        known = self._origins.get(queued.id)
        if known is None:
            known = await cause_of_message(
                self._outbox.log, self._account_id, self._version, queued.id
            )
            self._origins[queued.id] = known
        return known

    async def _let_go(self, queued: QueuedMessage) -> None:
        """It has left the queue: nothing of it is needed here any more."""
        self._origins.pop(queued.id, None)
        if not self._outbox.settings.keeps_content:
            await self._outbox.contents.delete(self._account_id, queued.id)


def _specified(queued: QueuedMessage, content: MessageContent) -> SpecMessage:
    file = content.file
    return SpecMessage(
        message_id=queued.id,
        whatsapp_id=queued.whatsapp_id,
        recipient=content.peer,
        text="" if file else content.text,
        file=file
        and SpecFile(
            name=file.name,
            media_type=file.media_type,
            content=file.content,
            caption=content.text,
        ),
    )
