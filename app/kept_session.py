"""One account's session in the database, in the hands of the attempt that has its browser open."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from adapters.browser.spec import Inherited, NotHeld, NotRecorded
from adapters.event_log.errors import StorageUnavailable
from adapters.kept_sessions import KeptSessions
from adapters.kept_sessions import NotHeld as HeldByAnother
from domain.observations import Observation, RecordSealedSession, RecordUnsealedSession
from domain.reasons import Reason


class KeptSession:
    """The store of one LinkSession: seals what it is given, and has the log say so."""

    def __init__(
        self,
        account_id: str,
        attempt: str,
        *,
        sessions: KeptSessions,
        record: Callable[[Observation], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._account_id = account_id
        self._attempt = attempt
        self._sessions = sessions
        self._record = record
        self._now = now
        self._holder = ""

    async def holder(self) -> str | None:
        """Tell under which word the account was opened last. Raises NotRecorded."""
        try:
            holders = await self._sessions.holders([self._account_id])
        except StorageUnavailable as error:
            raise NotRecorded(error.sentence) from error
        return holders.get(self._account_id)

    async def claim(self, holder: str) -> Inherited:
        """Become the only one who may `put`. Raises NotRecorded."""
        try:
            claimed = await self._sessions.claim(self._account_id, holder)
        except StorageUnavailable as error:
            raise NotRecorded(error.sentence) from error
        self._holder = holder
        return Inherited(
            earlier_holder=claimed.earlier_holder,
            packed=claimed.packed,
            unreadable=claimed.unreadable,
        )

    async def put(self, packed: bytes) -> None:
        """Seal and keep it, then record that it was. Raises NotRecorded, NotHeld."""
        at = self._now()
        try:
            kept = await self._sessions.put(
                self._account_id, self._holder, self._attempt, packed, at
            )
        except StorageUnavailable as error:
            raise NotRecorded(error.sentence) from error
        except HeldByAnother as error:
            raise NotHeld(str(error)) from error
        await self._record(
            RecordSealedSession(
                at=at, attempt=self._attempt, digest=kept.digest, size_bytes=kept.size_bytes
            )
        )

    async def not_kept(self, detail: str) -> None:
        """Record that the session is too large to be kept."""
        await self._record(
            RecordUnsealedSession(
                at=self._now(),
                attempt=self._attempt,
                reason=Reason.SESSION_TOO_LARGE,
                detail=detail,
            )
        )
