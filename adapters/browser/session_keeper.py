"""Keeps one account's session: brings it into the profile, seals it while it lives, puts it away.

The folder of a browser that was killed may hold more than the last sealed copy does. It is the
newest exactly when nobody has opened the account since it was filled: every opening claims the
session in the store under a random word, and the word is noted beside the folder.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from playwright.async_api import BrowserContext

from adapters import clock
from adapters.browser.profile import Profile
from adapters.browser.session_flush import flush
from adapters.browser.session_pack import (
    Look,
    SessionDamaged,
    SessionTooLarge,
    SessionUnsettled,
    look_at,
    pack,
    unpack,
)
from adapters.browser.spec import Limits, NotHeld, NotRecorded, SessionStore
from domain.observations import (
    Observation,
    RecordLogout,
    RecordPairingCode,
    RecordProblem,
    RecordQr,
    RecordReady,
    RecordScan,
    RecordSession,
    RecordSynced,
    RecordSyncProgress,
)
from domain.reasons import Reason

T = TypeVar("T")

MOST_TRIES = 5
TRY_AGAIN_S = 0.1
LATEST_FACTOR = 1.2
"""A session that never comes to rest is sealed this much later than one that does."""


class SessionKeeper:
    """One for each LinkSession. Without a store the session stays where the browser has it."""

    def __init__(
        self,
        store: SessionStore | None,
        limits: Limits,
        *,
        turn: asyncio.Semaphore,
        lost: Callable[[], None],
        start_over: Callable[[], None],
    ) -> None:
        """`turn` limits how many sessions are packed at once in this process.

        `lost` is called when somebody else has opened the account, `start_over` when the folder of
        a killed browser was no good and the sealed copy is to be tried.
        """
        self._store = store
        self._limits = limits
        self._turn = turn
        self._lost = lost
        self._start_over = start_over
        self._holder = secrets.token_hex(16)
        self._profile: Profile | None = None
        self._context: BrowserContext | None = None
        self._unjudged = False
        """Something was brought, and the page has not said yet whether it is a session."""
        self._promised = False
        """As `_unjudged`, and it was sealed as one: if it is none, somebody must be told."""
        self._holds = False
        """The page has a session that is worth keeping."""
        self._copied = False
        """The store has a copy of this very session."""
        self._second_copy = False
        """The folder was used as it was found, and the store has a copy too."""
        self._starting_over = False
        self._digest: bytes = b""
        self._look: Look = {}
        self._ready = asyncio.Event()
        self._too_large = False

    # --- opening --------------------------------------------------------------------------

    async def bring(self, profile: Profile) -> None:
        """Put the newest session into the profile. Raises NotRecorded, OSError."""
        if self._store is None:
            self._unjudged = await asyncio.to_thread(_has_session, profile)
            return
        # The process may die anywhere here, and the answer to the claim may be lost. So a stale
        # folder goes before the claim, and the newest is marked with our word before it.
        noted, before = profile.holders(), await self._store.holder()
        is_newest = before is None or before in noted
        if not is_newest:
            await _undisturbed(profile.wipe)
            noted = []
        profile.note_holders([*noted, self._holder])
        inherited = await self._store.claim(self._holder)
        self._copied = inherited.packed is not None
        is_newest = is_newest and inherited.earlier_holder == before
        found = is_newest and await asyncio.to_thread(_has_session, profile)
        if not found:
            await self._restore(profile, inherited.packed)
        self._second_copy = found and self._copied
        self._promised = self._copied or inherited.unreadable
        self._unjudged = found or self._promised
        profile.note_holders([self._holder])
        self._profile = profile

    async def is_newest(self, profile: Profile, digest: bytes) -> bool:
        """Claim the session for a profile that holds the copy with this digest already.

        False: a newer one is kept, or none any more; `bring_newest` is due. Raises NotRecorded.
        """
        if self._store is None:
            return True
        profile.note_holders([self._holder])
        inherited = await self._store.claim(self._holder)
        packed = inherited.packed
        if packed is None or hashlib.sha256(packed).digest() != digest:
            return False
        self._copied = self._promised = self._unjudged = True
        self._profile = profile
        return True

    async def bring_newest(self, profile: Profile) -> None:
        """Put the sealed copy into the profile, whatever it holds. Raises NotRecorded, OSError."""
        if self._store is None:
            return
        inherited = await self._store.claim(self._holder)
        await self._restore(profile, inherited.packed)
        profile.note_holders([self._holder])
        self._copied = inherited.packed is not None
        self._promised = self._unjudged = self._copied or inherited.unreadable
        self._profile = profile

    async def bring_second_copy(self) -> None:
        """Put the sealed copy in place of a folder that was no good."""
        if self._profile is not None:
            await self.bring_newest(self._profile)
            self._second_copy = self._starting_over = False

    async def _restore(self, profile: Profile, packed: bytes | None) -> None:
        async with self._turn:
            await _undisturbed(lambda: _start_from(packed, profile))

    @property
    def may_hold(self) -> bool:
        """Tell whether the page may have a session, and so may show somebody's chats."""
        return self._holds or self._unjudged

    def opened(self, context: BrowserContext) -> None:
        """Learn of the browser that runs on the profile now."""
        self._context = context

    # --- what the page shows --------------------------------------------------------------

    async def before(self, seen: Observation) -> list[Observation]:
        """Do what has to be done before this is recorded; give what is to be recorded first.

        READY is told once the session is kept: from then on no crash loses the link.
        """
        if self._store is None:
            return []
        if isinstance(seen, RecordReady) and not self._copied:
            await self._keep_now()
        if self._unjudged and self._second_copy and _found_nothing(seen):
            if not self._starting_over:
                self._starting_over = True
                self._start_over()
            raise NotRecorded("the sealed copy is being opened instead")
        if self._promised and isinstance(seen, RecordQr | RecordPairingCode):
            # What was kept is no session any more; the domain hears so before it hears of a code.
            return [RecordSession(at=seen.at, attempt=seen.attempt)]
        return []

    def after(self, seen: Observation) -> None:
        """Learn that this was recorded."""
        match seen:
            case RecordQr() | RecordPairingCode() | RecordLogout():
                self._judge(holds=False)
                self._copied = False
            case RecordScan():
                self._copied = False
            case RecordSession() | RecordSyncProgress() | RecordSynced():
                self._judge(holds=True)
            case RecordReady():
                self._judge(holds=True)
                self._ready.set()
            case _:
                pass

    def logged_in(self) -> None:
        """Learn that WhatsApp counts this device as linked, recorded or not."""
        self._holds = True

    def _judge(self, *, holds: bool) -> None:
        self._holds = holds
        self._unjudged = self._promised = False

    async def _keep_now(self) -> None:
        """Have everything written, and sealed. Raises NotRecorded: then READY is not told yet."""
        profile, context = self._profile, self._context
        if profile is None or context is None:
            return
        if not await flush(context, profile.folder, self._limits.flush_s):
            await asyncio.sleep(self._limits.written_after_s)
        try:
            await self._seal(profile)
        except (SessionTooLarge, SessionUnsettled) as error:
            # It is on this machine's disk, and READY is true. `watch` tries again.
            await self._tell_too_large(error)
        except NotHeld:
            self._lost()
            raise NotRecorded("the account was opened by somebody else") from None

    # --- while it lives -------------------------------------------------------------------

    async def watch(self) -> None:
        """Seal the session whenever it has changed and settled, until cancelled."""
        if self._store is None:
            return
        await self._ready.wait()
        profile, limits = self._profile, self._limits
        if profile is None:
            return
        last: Look = {}
        due_s = 0.0
        while True:
            await asyncio.sleep(limits.settle_s)
            try:
                look = await asyncio.to_thread(look_at, profile.folder)
                settled, last = look == last, look
                latest_s = due_s + limits.seal_every_s * (LATEST_FACTOR - 1)
                now_s = clock.monotonic_s()
                if look == self._look or now_s < (due_s if settled else latest_s):
                    continue
                due_s = now_s + limits.next_seal_s(await self._seal(profile))
            except SessionTooLarge as error:
                await self._tell_too_large(error)
            except (SessionUnsettled, NotRecorded, OSError):
                continue  # the next look is near
            except NotHeld:
                self._lost()
                return

    async def _seal(self, profile: Profile) -> int:
        """Pack and put, unless the store has these very bytes; give how many they are."""
        if self._store is None:
            return 0
        async with self._turn:
            packed, look = await _consistent_copy(profile)
            digest = hashlib.sha256(packed).digest()
            if digest != self._digest or not self._copied:
                await self._store.put(packed)
        self._digest, self._look, self._copied = digest, look, True
        return len(packed)

    async def _tell_too_large(self, error: Exception) -> None:
        if not isinstance(error, SessionTooLarge) or self._too_large or self._store is None:
            return
        with suppress(NotRecorded):  # the next look tells it
            await self._store.not_kept(str(error))
            self._too_large = True

    # --- closing --------------------------------------------------------------------------

    async def put_away(self, *, keep: bool) -> None:
        """Seal the session of a browser that has ended, and wipe its folder.

        The folder stays when it holds the only, or the only newest, copy: the store was away, the
        session is too large for it, or the page never came so far as to look at it.
        """
        profile, self._context = self._profile, None
        if self._store is None or profile is None:
            return
        if keep and self._holds and not await self._sealed_at_last(profile):
            return
        copy_is_newest = self._copied and not self._second_copy
        if keep and self._unjudged and not copy_is_newest:
            return
        await _undisturbed(profile.wipe)

    async def _sealed_at_last(self, profile: Profile) -> bool:
        try:
            async with asyncio.timeout(self._limits.put_away_s):
                await self._seal(profile)
        except SessionTooLarge as error:
            await self._tell_too_large(error)
            return False
        except (TimeoutError, NotRecorded, SessionUnsettled):
            return False
        except NotHeld:
            return True  # somebody else has a newer one
        return True


def _found_nothing(seen: Observation) -> bool:
    """Tell whether the page says that there is no session, or none that it can read."""
    if isinstance(seen, RecordProblem):
        return seen.reason is Reason.STORAGE_UNAVAILABLE
    return isinstance(seen, RecordQr | RecordPairingCode)


def _has_session(profile: Profile) -> bool:
    try:
        return bool(look_at(profile.folder))
    except SessionTooLarge:
        return True


def _start_from(packed: bytes | None, profile: Profile) -> None:
    """Start from the copy alone; without one, or with one that is damaged, from nothing."""
    profile.wipe()
    profile.make_folder()
    try:
        if packed is not None:
            unpack(packed, profile.folder)
    except SessionDamaged:
        profile.wipe()
        profile.make_folder()


async def _consistent_copy(profile: Profile) -> tuple[bytes, Look]:
    """Pack what did not change meanwhile. Raises SessionTooLarge, SessionUnsettled."""
    for _ in range(MOST_TRIES):
        with suppress(SessionUnsettled, OSError):
            return await _undisturbed(lambda: pack(profile.folder))
        await asyncio.sleep(TRY_AGAIN_S)
    raise SessionUnsettled(f"{MOST_TRIES} copies were spoilt")


async def _undisturbed(work: Callable[[], T]) -> T:
    """Run in a thread to its end, also when cancelled: the lock must not go before it."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise
