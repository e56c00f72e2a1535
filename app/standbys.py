"""Keeps a standby for every linked account: prepared, refreshed, tried again, offered, put away.

Each account has a keeper that compares what its story asks for with what there is; so it does not
matter which event it missed, or that the process was started anew.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import structlog

from adapters.account_keys import SealBroken
from adapters.browser.host import BrowserHost
from adapters.browser.launch_failures import LaunchFailed
from adapters.browser.profile import ProfileLocked
from adapters.browser.spec import SessionSpec
from adapters.browser.warm import WarmBrowser, warm_up
from adapters.event_log.errors import StorageUnavailable
from adapters.kept_sessions import KeptSessions
from app.causes import cause_of, following
from app.dispatch import TooBusy
from app.identifiers import new_id
from app.services import Services
from domain.account import Account, holder
from domain.commands import AnyCommand
from domain.log import Origin
from domain.observations import RecordStandby
from domain.reasons import UNLINKED, Reason
from domain.refusals import Refused
from domain.standby import primary_lost, unattended
from domain.status import Status
from domain.wishes import PromoteStandby

Readiness = Literal["proved", "warm"]
"""warm: the browser stays open. proved: it is closed again once it has opened the session."""
PROVED_FOR = timedelta(hours=1)
"""A live session is sealed anew every 5 min, and a proof is a launch of a browser: for hundreds of
accounts one a second. What is taken over is the newest copy, whichever was proved."""
RETRY_S = 1.0
"""Pause while the database is away."""
BROKEN_RETRY_S = 300.0
"""As for one that failed by name (Policy.standby_retry_s)."""
CLOSE_S = 5.0

_logger = structlog.get_logger()


def wanted(account: Account) -> Literal["none", "kept", "prepared"]:
    """Tell what an account's story asks for; `kept`: what there is stays, but none is made."""
    ended = account.status in (Status.NOT_CREATED, Status.FAILED) or account.reason in UNLINKED
    resting = account.reason in (Reason.SUPERSEDED, Reason.STOPPED)
    if ended or resting or account.session_digest is None:
        return "none"
    if account.attempt is None or account.attempt.holder == "standby":
        return "none"
    # Where no worker comes to it, a standby that was not ready in time is the only way back.
    needed = account.status is Status.READY or unattended(account)
    return "prepared" if needed else "kept"


class Standbys:
    """The keepers of all accounts."""

    def __init__(
        self,
        parts: Services,
        *,
        browsers: BrowserHost,
        sessions: KeptSessions,
        spec: Callable[[str, Account], SessionSpec],
        readiness: Readiness,
        now: Callable[[], datetime],
        origin: Origin,
    ) -> None:
        self.parts = parts
        self.browsers = browsers
        self.sessions = sessions
        self.spec = spec
        self.readiness = readiness
        self.now = now
        self.origin = origin
        self._keepers: dict[str, tuple[Keeper, asyncio.Task[None]]] = {}

    def look(self, account_id: str) -> None:
        """Have an account looked at: something has happened to it."""
        keeper, task = self._keepers.get(account_id, (None, None))
        if keeper is None or task is None or task.done():
            keeper = Keeper(account_id, self)
            task = asyncio.create_task(keeper.run(), name=f"standby {account_id}")
            self._keepers[account_id] = (keeper, task)
        keeper.poke()

    def forget(self, account_id: str) -> None:
        """Let go of a keeper that has nothing to keep."""
        self._keepers.pop(account_id, None)

    async def hand_over(self, account_id: str) -> WarmBrowser | None:
        """Give away the browser that stands by; None when none is open."""
        keeper, _ = self._keepers.get(account_id, (None, None))
        return None if keeper is None else await keeper.hand_over()

    async def close(self) -> None:
        """Close every browser that stands by."""
        keepers, self._keepers = self._keepers, {}
        tasks = [task for _, task in keepers.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


class Keeper:
    """Of one account. Ends by itself when there is nothing to keep."""

    def __init__(self, account_id: str, standbys: Standbys) -> None:
        self._account_id = account_id
        self._all = standbys
        self._version = 0
        """Of the account as it was looked at."""
        self._poked = asyncio.Event()
        self._busy = asyncio.Lock()
        self._warm: WarmBrowser | None = None
        self._digest: str | None = None
        """Of the sealed session that was proved; None: none is."""
        self._proved_at: datetime | None = None
        self._gone = False
        """The browser that stood by has ended by itself."""
        self._warming: asyncio.Task[WarmBrowser] | None = None
        """Proves a session just now."""
        self._is_asked_for = False
        """The page is to be opened: there is nothing left to prove."""

    def poke(self) -> None:
        """Have the account looked at again."""
        self._poked.set()

    async def run(self) -> None:
        """Look whenever it is poked, or a failed standby is due, until there is nothing to do."""
        try:
            while True:
                self._poked.clear()
                wait_s = await self._look_or_wait()
                if wait_s == 0 and not self._poked.is_set():
                    self._all.forget(self._account_id)
                    return
                await self._sleep(wait_s)
        finally:
            await self._close()

    async def hand_over(self) -> WarmBrowser | None:
        """Give away the browser; a proof under way is broken off, for the page itself waits."""
        self._is_asked_for = True
        if self._warming is not None:
            self._warming.cancel()
        try:
            async with self._busy:
                warm, self._warm, self._digest = self._warm, None, None
                return warm
        finally:
            self._is_asked_for = False

    async def _sleep(self, wait_s: float | None) -> None:
        try:
            async with asyncio.timeout(wait_s or None):
                await self._poked.wait()
        except TimeoutError:
            return

    async def _look_or_wait(self) -> float | None:
        """Give how long to sleep: None until it is poked, 0 for ever."""
        try:
            async with self._busy:
                return await self._look()
        except (StorageUnavailable, TooBusy):
            return RETRY_S
        except Exception:
            _logger.exception("standby broke", account=self._account_id)
            await self._close()
            return BROKEN_RETRY_S

    async def _look(self) -> float | None:
        held = await self._all.parts.dispatch.load(self._account_id)
        account, self._version = held.account, held.version
        if holder(account) == "standby":
            return None  # its page is open, or about to be; `hand_over` gives the browser away
        if wanted(account) == "none":
            return 0 if await self._put_away() else RETRY_S
        if self._gone:
            self._gone = False
            await self._close()
            await self._tell_failed(account, Reason.BROWSER_CRASHED, "the browser ended")
            self.poke()
            return None
        if primary_lost(account) and self._digest and account.standby.stage == "ready":
            await self._offer()
            return None
        if wanted(account) == "prepared":
            return await self._keep_prepared(account)
        return None

    async def _keep_prepared(self, account: Account) -> float | None:
        standby = account.standby
        digest = account.session_digest or ""
        if self._digest != digest:
            wait_s = self._due_in_s(account)
            if wait_s > 0:
                return wait_s
            return await self._prepare(account, digest)
        if (standby.stage, standby.digest) != ("ready", digest):
            await self._tell(account, "ready", digest)
        return None

    def _due_in_s(self, account: Account) -> float:
        """A failed one waits for its time, unless it failed because nobody kept it.

        A newer session waits until the proof of an older one is old. A warm browser holds what it
        has proved, and gets the newer one at once.
        """
        standby, now = account.standby, self._all.now()
        if standby.stage == "ready" and self._digest is not None and self._proved_at is not None:
            waits = self._all.readiness == "proved"
            return (self._proved_at + PROVED_FOR - now).total_seconds() if waits else 0.0
        if standby.stage != "failed" or standby.retry_at is None:
            return 0.0
        if standby.reason is Reason.WORKER_LOST:
            return 0.0
        return (standby.retry_at - now).total_seconds()

    async def _prepare(self, account: Account, digest: str) -> None:
        """Prove that the sealed session opens, and tell how that went."""
        renews = account.standby.stage == "ready" and self._digest is not None
        if not renews:
            await self._tell(account, "requested", digest)
        await self._close()
        try:
            proved = await self._open(account)
        except SealBroken:
            await self._tell_failed(account, Reason.SESSION_UNREADABLE, "it does not unseal")
        except LaunchFailed as error:
            await self._tell_failed(account, error.reason, error.detail)
        else:
            if proved:
                self._digest, self._proved_at = digest, self._all.now()
                await self._tell(account, "ready", digest)

    async def _open(self, account: Account) -> bool:
        """Prove that the session opens. False: that was broken off by `hand_over`."""
        everything = self._all
        packed = await everything.sessions.read(self._account_id)
        if packed is None:
            raise LaunchFailed(Reason.SESSION_UNREADABLE, "no sealed session is kept")
        spec = everything.spec(self._account_id, account)
        warm = await self._warm_up(spec, packed)
        if warm is None:
            return False
        if everything.readiness == "proved":
            await warm.close(CLOSE_S)
            return True
        self._warm = warm
        warm.on_gone(lambda: self._hear_of_end(warm))
        return True

    async def _warm_up(self, spec: SessionSpec, packed: bytes) -> WarmBrowser | None:
        if self._is_asked_for:
            return None
        self._warming = asyncio.create_task(warm_up(self._all.browsers, spec, packed))
        try:
            return await self._warming
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # it is the keeper that is to end
                raise
            return None
        finally:
            self._warming = None

    def _hear_of_end(self, warm: WarmBrowser) -> None:
        if warm is self._warm:
            self._gone = True
            self.poke()

    async def _offer(self) -> None:
        """The primary is lost: offer to take over. The domain decides."""
        now = self._all.now()
        offer = PromoteStandby(
            at=now,
            attempt=new_id("att", now),
            because="connection_lost",
            policy=self._all.parts.settings.policy,
        )
        await self._submit(offer)

    async def _tell(
        self, account: Account, stage: Literal["requested", "ready"], digest: str
    ) -> None:
        if account.attempt is not None:
            told = RecordStandby(
                at=self._all.now(), attempt=account.attempt.id, stage=stage, digest=digest
            )
            await self._submit(told)

    async def _tell_failed(self, account: Account, reason: Reason, detail: str) -> None:
        self._digest = None
        if account.attempt is not None:
            failed = RecordStandby(
                at=self._all.now(),
                attempt=account.attempt.id,
                stage="failed",
                digest=account.session_digest or "",
                reason=reason,
                detail=detail,
            )
            await self._submit(failed)

    async def _submit(self, command: AnyCommand) -> None:
        parts = self._all.parts
        cause = await cause_of(parts.log, self._account_id, self._version)
        origin = following(cause, self._all.origin.actor)
        try:
            await parts.dispatch.submit(self._account_id, command, origin)
        except Refused as refusal:  # it is in the log as refused; the account has moved on
            _logger.info("standby not recorded", account=self._account_id, rule=refusal.rule)

    async def _put_away(self) -> bool:
        """Leave nothing of the account on disk. False: the page that it had is still closing."""
        await self._close()
        if self._all.browsers.profiles.has(self._account_id):
            try:
                await self._all.browsers.erase(self._account_id)
            except ProfileLocked:
                return False
        return True

    async def _close(self) -> None:
        warm, self._warm, self._digest = self._warm, None, None
        if warm is not None:
            await warm.close(CLOSE_S)
