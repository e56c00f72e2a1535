"""Deletes evidence that is older than the setting says, and what is left of erased accounts."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.evidence_store import SWEPT_AT_ONCE, EvidenceStore

EVERY_S = 300.0
"""Evidence is kept for days: minutes more do not matter. That of an erased account is unreadable
at once, because its key is gone."""
MOST_ROUNDS = 100
"""Of one sweep: a hundred thousand pieces."""
PAUSE_S = 0.05


class EvidenceSweep:
    """Sweeps until cancelled. Any number of them may run."""

    def __init__(
        self,
        store: EvidenceStore,
        days: int,
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._store = store
        self._kept_for = timedelta(days=days)
        self._now = now
        self._every_s = every_s

    async def run(self) -> None:
        """StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.sweep()
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> int:
        """Sweep once; gives how many pieces were deleted."""
        deleted = 0
        for _ in range(MOST_ROUNDS):
            swept = await self._store.sweep(self._now() - self._kept_for)
            deleted += swept
            if swept < SWEPT_AT_ONCE:
                break
            await asyncio.sleep(PAUSE_S)
        return deleted
