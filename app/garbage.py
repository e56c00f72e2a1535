"""Looks for objects that only hold each other, at times that are ours and not Python's.

Playwright's objects do, so that those of a closed page go only when Python looks among objects as
old as they are. By itself it does so once a quarter more have come: in a soak of an hour the worker
grew from 68 to 97 MB and held little but closed pages. And in the process that answers it did so
several times while a thousand readers came, each time through every reader: 100 to 280 ms in which
nobody is told anything (`bench feed`).
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable
from functools import partial

EVERY_S = 60.0
"""One look takes a worker some milliseconds, and 200 where 5,000 readers are connected."""
SELDOM = 1_000_000
"""Looks among younger objects before Python looks at the old ones by itself: we do before."""


async def collect_garbage(every_s: float = EVERY_S) -> None:
    """Look for cycles now and then; whatever was there at the start is never looked at again."""
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, SELDOM)
    gc.collect()
    gc.freeze()
    give_back = _give_back()
    while True:
        await asyncio.sleep(every_s)
        gc.collect()
        give_back()


def _give_back() -> Callable[[], object]:
    """Give what has the C library return freed memory to the system.

    By itself glibc returns only the end of its heap. Packed sessions and pictures leave holes
    everywhere else: after half an hour of coming and going they were 10 MB of a worker. Other
    libraries have no such call, and do without.
    """
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return partial(trim, 0) if trim else int
