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
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

EVERY_S = 60.0
"""One look takes 200 ms where 5,000 readers are connected."""
OF_PAGES_EVERY_S = 10.0
"""Where browsers are held: each page that is closed leaves 2 MB, and a look takes milliseconds."""
M_MMAP_THRESHOLD = -3
"""mallopt(3), of glibc."""
LARGE_BYTES = 256 * 1024
"""What is as large, as wa-js, a packed session or a picture is, goes back to the system when it is
freed. By itself glibc takes the second such piece from its heap, where it leaves a hole."""
SELDOM = 1_000_000
"""Looks among younger objects before Python looks at the old ones by itself: we do before."""


@contextmanager
def none_looked_for() -> Generator[None]:
    """Import and build without a look at what has come so far: it stays, and there is much of it.

    A start looked through it a dozen times, which was a twentieth of its CPU.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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

    By itself glibc returns only the end of its heap. After half an hour of coming and going the
    holes everywhere else were 10 MB of a worker. Other libraries have no such calls, and do
    without.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return int
    library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
    return partial(library.malloc_trim, 0)
