"""An account that a newer build has written to: it waits for that build, and holds up nobody."""

import asyncio

import pytest

from adapters.event_log.codec import Codec, StoredAs
from adapters.event_log.errors import UnknownTopic, UnreadableEvent
from adapters.event_log.memory import MemoryEventLog
from app.deadline_clock import DeadlineClock
from app.dispatch import Dispatch
from app.reactor import CURSOR, Reactor
from app.worker_watch import WorkerWatch
from app.workspace_dispatch import WorkspaceDispatch
from domain.log import RecordedEvent
from domain.reasons import Reason
from domain.status import Status
from tests.examples import at
from tests.service.test_loops import ONE, TWO, status, steps_to_ready, submit_all
from tests.waiting import eventually

NEWER = "acc_newer"


class OlderCodec(Codec):
    """Knows everything but what was written to one account since it was told to forget."""

    forgetful = False

    def decode_event(self, row: StoredAs, state: bytes) -> RecordedEvent:
        if self.forgetful and row.stream == NEWER and row.topic == "QrIssued":
            raise UnknownTopic(
                "its name is unknown", row.topic, row.stream, row.version, row.position
            )
        return super().decode_event(row, state)


async def a_log_with_an_unreadable_account() -> MemoryEventLog:
    codec = OlderCodec()
    log = MemoryEventLog(codec=codec)
    dispatch = Dispatch(log)
    await submit_all(dispatch, NEWER, steps_to_ready("attempt-newer"))
    await submit_all(dispatch, ONE, steps_to_ready("attempt-one", 10))
    codec.forgetful = True
    return log


async def test_it_cannot_be_loaded_and_says_which_event_is_why():
    log = await a_log_with_an_unreadable_account()
    with pytest.raises(UnreadableEvent, match="QrIssued at position 3"):
        await Dispatch(log).load(NEWER)


async def test_the_reactor_goes_on_to_the_end_of_the_log():
    log = await a_log_with_an_unreadable_account()
    dispatch = Dispatch(log)
    running = asyncio.create_task(Reactor(log, dispatch, WorkspaceDispatch(log)).run())

    async def at_the_end() -> bool:
        return await log.load_cursor(CURSOR) == await log.head()

    await eventually(at_the_end)
    running.cancel()
    await asyncio.wait([running])
    assert (await dispatch.load(ONE)).account.primary


async def test_the_deadlines_of_others_fire():
    log = await a_log_with_an_unreadable_account()
    dispatch = Dispatch(log)
    await submit_all(dispatch, TWO, steps_to_ready("attempt-two", 20)[:2])
    clock = DeadlineClock(log, dispatch, lambda: at(1000))
    assert await clock.fire_due() == 1
    assert await status(dispatch, TWO) is Status.FAILED


async def test_a_passed_deadline_of_its_own_is_tried_once():
    codec = OlderCodec()
    log = MemoryEventLog(codec=codec)
    await submit_all(Dispatch(log), NEWER, steps_to_ready("attempt-newer")[:3])
    codec.forgetful = True
    clock = DeadlineClock(log, Dispatch(log), lambda: at(1000))
    await clock.fire_due()
    await clock.fire_due()
    assert [i.kind for i in await log.read_inputs(NEWER)].count("ExpireDeadline") == 0


async def test_the_watch_tells_the_others():
    log = await a_log_with_an_unreadable_account()
    dispatch = Dispatch(log)

    async def silent_s() -> float:
        return 60.0

    await WorkerWatch(log, dispatch, silent_s=silent_s, now=lambda: at(50)).look()
    assert (await dispatch.load(ONE)).account.reason is Reason.WORKER_LOST
