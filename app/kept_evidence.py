"""What was seen of a failed attempt: stored beside the log, which then says so."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from adapters.browser.spec import Evidence, NotRecorded
from adapters.event_log.errors import StorageUnavailable
from adapters.evidence_store import EvidenceStore, Kind
from domain.observations import Observation, RecordEvidence

KEEP_LIMIT_S = 10.0
"""Three statements and three appends, of some milliseconds each. The account's next order waits
for them."""

_logger = structlog.get_logger()


class KeptEvidence:
    """The evidence of one account's attempts, in the hands of its host."""

    def __init__(
        self,
        account_id: str,
        *,
        store: EvidenceStore,
        record: Callable[[Observation], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._account_id = account_id
        self._store = store
        self._record = record
        self._now = now

    async def keep(self, attempt: str, evidence: Evidence) -> None:
        """Keep what there is. Without it the account goes on all the same: that is only logged."""
        pieces: dict[Kind, bytes | None] = {
            "screenshot": evidence.screenshot,
            "console": evidence.records,
            "browser": evidence.browser,
        }
        try:
            async with asyncio.timeout(KEEP_LIMIT_S):
                for kind, content in pieces.items():
                    if content is not None:
                        await self._keep(attempt, kind, content)
        except (StorageUnavailable, NotRecorded, TimeoutError) as error:
            _logger.warning(
                "evidence not kept",
                account=self._account_id,
                attempt=attempt,
                error=str(error) or type(error).__name__,
            )

    async def _keep(self, attempt: str, kind: Kind, content: bytes) -> None:
        now = self._now()
        digest = await self._store.keep(self._account_id, attempt, kind, content, now)
        if digest is None:  # larger than may be kept, or the account was erased meanwhile
            return
        await self._record(
            RecordEvidence(
                at=now, attempt=attempt, kind=kind, digest=digest, size_bytes=len(content)
            )
        )
