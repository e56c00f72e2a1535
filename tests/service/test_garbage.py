"""What holds itself goes soon, also when it is old."""

import asyncio
import gc
import weakref

from app.garbage import collect_garbage
from tests.waiting import eventually, settle


class Held:
    """Something that may hold itself."""

    def __init__(self) -> None:
        self.itself: Held | None = None


async def test_a_cycle_that_has_grown_old_is_found():
    collecting = asyncio.create_task(collect_garbage(every_s=0.01))
    gc.disable()  # Python's own looks at young objects find it sooner or later
    try:
        await settle()  # what is there by now is frozen
        held = Held()
        held.itself = held
        gone = weakref.ref(held)
        del held

        async def is_gone() -> bool:
            return gone() is None

        await eventually(is_gone)
    finally:
        gc.enable()
        collecting.cancel()
        gc.unfreeze()
