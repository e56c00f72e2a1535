"""Commands on one account wait for each other, but not behind a database that hangs."""

import asyncio

import pytest

from adapters.event_log.interface import Append, Appended
from adapters.event_log.memory import MemoryEventLog
from app import dispatch
from app.dispatch import Dispatch, TooBusy
from domain.commands import CancelLink, RegisterAccount, RequestLink
from domain.log import Origin
from tests.examples import ATTEMPT, at

ORIGIN = Origin(actor="key:test")


class HangingLog(MemoryEventLog):
    """Appends while `answers` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = asyncio.Event()
        self.asked = 0

    async def append(self, append: Append) -> Appended:
        self.asked += 1
        await self.answers.wait()
        return await super().append(append)


async def test_a_crowd_at_one_account_is_told_within_one_limit_that_it_is_busy(
    monkeypatch: pytest.MonkeyPatch,
):
    log = HangingLog()
    log.answers.set()
    door = Dispatch(log)
    await door.submit("acc_one", RegisterAccount(at=at(0), workspace="shop"), ORIGIN)
    log.answers.clear()
    monkeypatch.setattr(dispatch, "DOOR_LIMIT_S", 0.01)

    link = RequestLink(at=at(1), attempt=ATTEMPT)
    first = asyncio.create_task(door.submit("acc_one", link, ORIGIN))
    crowd = [asyncio.create_task(door.submit("acc_one", link, ORIGIN)) for _ in range(5)]
    told = await asyncio.gather(*crowd, return_exceptions=True)

    assert [type(error) for error in told] == [TooBusy] * 5
    assert not first.done()
    assert log.asked == 2  # of the crowd nothing reached the log, not even later
    log.answers.set()
    assert (await first).outcome == "accepted"
    assert (await door.submit("acc_one", CancelLink(at=at(2)), ORIGIN)).outcome == "accepted"
    assert len(await log.read_inputs("acc_one")) == 3
    await log.close()
