"""What holds itself goes soon, also when it is old."""

import asyncio
import gc
import json
import resource
import sys
import weakref
from collections.abc import AsyncGenerator
from ctypes import CDLL
from pathlib import Path
from subprocess import run

import pytest

from app.garbage import collect_garbage
from tests.waiting import eventually, settle

PIECE, PIECES = 1_000, 60_000
"""Larger than what Python's own allocator takes (512 bytes), and 60 MB in all."""
AS_DELIVERED = 10
"""Python's third threshold: so many looks at the middle ones bring one at the old ones."""
LARGE_PIECES = """
import asyncio, ctypes, json
from app.garbage import LARGE_BYTES, collect_garbage

class Mallinfo(ctypes.Structure):
    _fields_ = [(f"field_{place}", ctypes.c_size_t) for place in range(10)]

mallinfo = ctypes.CDLL(None).mallinfo2
mallinfo.restype = Mallinfo

def mapped():
    return mallinfo().field_4  # hblkhd: in pieces of their own

async def main():
    collecting = asyncio.create_task(collect_garbage())
    await asyncio.sleep(0)
    told = []
    for _ in range(3):
        before = mapped()
        large = bytes(4 * LARGE_BYTES)
        held = mapped()
        del large
        told.append([(held - before) // LARGE_BYTES, (mapped() - before) // LARGE_BYTES])
    print(json.dumps(told))

asyncio.run(main())
"""


class Held:
    """Something that may hold itself."""

    def __init__(self) -> None:
        self.itself: Held | None = None


@pytest.fixture
async def collecting() -> AsyncGenerator[None]:
    """Collect all the while; afterwards Python looks when it did before."""
    before = gc.get_threshold()
    task = asyncio.create_task(collect_garbage(every_s=0.01))
    await settle()  # what is there by now is frozen
    try:
        yield
    finally:
        task.cancel()
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.mark.usefixtures("collecting")
async def test_a_cycle_that_has_grown_old_is_found():
    gc.disable()  # Python's own looks at young objects find it sooner or later
    try:
        held = Held()
        held.itself = held
        gone = weakref.ref(held)
        del held

        async def is_gone() -> bool:
            return gone() is None

        await eventually(is_gone)
    finally:
        gc.enable()


@pytest.mark.usefixtures("collecting")
async def test_python_looks_at_old_objects_only_when_it_is_told_to():
    """Each such look goes through every reader of the feed, and nobody is told anything then."""
    young, middle, _ = gc.get_threshold()
    before = collections()
    growing = [Held() for _ in range(young * middle * AS_DELIVERED * 2)]
    after = collections()
    assert growing
    assert after[1] >= before[1] + AS_DELIVERED
    assert after[2] == before[2]


@pytest.mark.skipif(not hasattr(CDLL(None), "malloc_trim"), reason="not glibc")
@pytest.mark.usefixtures("collecting")
async def test_memory_that_was_freed_goes_back_to_the_system():
    before = resident_bytes()
    packed = [bytes(PIECE) for _ in range(PIECES)]
    held = resident_bytes()
    assert held - before > PIECE * PIECES / 2
    last = packed[-1]  # the heap cannot become shorter than this
    packed.clear()
    gc.collect()
    assert last
    assert resident_bytes() > held - PIECE * PIECES / 4

    async def given_back() -> bool:
        return resident_bytes() < held - PIECE * PIECES / 2

    await eventually(given_back)


@pytest.mark.skipif(not hasattr(CDLL(None), "mallinfo2"), reason="not glibc")
def test_a_large_piece_is_the_systems_again_at_once_however_many_there_were():
    """In a process of its own: in an older one a hole may be found that takes the piece."""
    told = run([sys.executable, "-c", LARGE_PIECES], capture_output=True, text=True, check=True)
    mapped: list[list[int]] = json.loads(told.stdout)
    assert mapped == [[4, 0]] * 3


def resident_bytes() -> int:
    """Tell how much of the system's memory this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def collections() -> list[int]:
    """How often Python has looked, at the youngest first."""
    return [generation["collections"] for generation in gc.get_stats()]
