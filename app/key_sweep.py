"""Frees Idempotency-Keys that are too old, a few at a time, so that no request waits for it."""

import asyncio

from adapters.idempotency_keys import SWEPT_AT_ONCE, IdempotencyKeys

EVERY_S = 300.0
"""A key lives for a day: minutes more do not matter, and one too old counts as free anyway."""
MOST_ROUNDS = 1000
"""Of one sweep: half a million keys, more than a day leaves behind at five requests a second."""
PAUSE_S = 0.05


class KeySweep:
    """Sweeps until cancelled. Any number of them may run."""

    def __init__(self, keys: IdempotencyKeys, every_s: float = EVERY_S) -> None:
        self._keys = keys
        self._every_s = every_s

    async def run(self) -> None:
        """StorageUnavailable ends it, and the caller starts it again."""
        while True:
            await self.sweep()
            await asyncio.sleep(self._every_s)

    async def sweep(self) -> int:
        """Sweep once; gives how many keys were freed."""
        freed = 0
        for _ in range(MOST_ROUNDS):
            swept = await self._keys.sweep()
            freed += swept
            if swept < SWEPT_AT_ONCE:
                break
            await asyncio.sleep(PAUSE_S)
        return freed
