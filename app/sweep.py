"""Deletes what is too old, a few at a time, so that no request waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from adapters import evidence_store, idempotency_keys, message_contents
from adapters.evidence_store import EvidenceStore
from adapters.idempotency_keys import IdempotencyKeys
from adapters.message_contents import MessageContents

EVERY_S = 300.0
"""What is swept lives for a day or more: minutes do not matter."""
MOST_ROUNDS = 1000
"""Of one sweep: half a million Idempotency-Keys, a day's at five requests a second."""
PAUSE_S = 0.05


class Sweep:
    """Sweeps until cancelled. Any number of them may run."""

    def __init__(self, once: Callable[[], Awaitable[int]], at_once: int) -> None:
        """`once` deletes at most `at_once` and gives how many."""
        self._once = once
        self._at_once = at_once

    async def run(self) -> None:
        """StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.sweep()
            await asyncio.sleep(EVERY_S)

    async def sweep(self) -> int:
        """Sweep to the end; gives how many were deleted."""
        deleted = 0
        for _ in range(MOST_ROUNDS):
            swept = await self._once()
            deleted += swept
            if swept < self._at_once:
                break
            await asyncio.sleep(PAUSE_S)
        return deleted


def key_sweep(keys: IdempotencyKeys) -> Sweep:
    """Free Idempotency-Keys that are too old."""
    return Sweep(keys.sweep, idempotency_keys.SWEPT_AT_ONCE)


def evidence_sweep(store: EvidenceStore, days: int, now: Callable[[], datetime]) -> Sweep:
    """Delete evidence that is older than the setting says, and what is left of erased accounts."""
    kept_for = timedelta(days=days)

    async def once() -> int:
        return await store.sweep(now() - kept_for)

    return Sweep(once, evidence_store.SWEPT_AT_ONCE)


WITHOUT_MESSAGE = timedelta(hours=1)
"""A content is written some milliseconds before its message; one that is an hour old has none."""


def content_sweep(store: MessageContents, days: int, now: Callable[[], datetime]) -> Sweep:
    """Delete what messages said that are over and older than the setting says."""
    kept_for = timedelta(days=days)

    async def once() -> int:
        return await store.sweep(now() - kept_for, now() - WITHOUT_MESSAGE)

    return Sweep(once, message_contents.SWEPT_AT_ONCE)
